package audit_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/proof/seal"
	"github.com/footage-custody/custody/internal/trust/audit"
	"github.com/footage-custody/custody/internal/trust/audit/audittest"
)

// wantAsked asks for an entry and checks what is given for it.
func wantAsked(t *testing.T, c *audit.Checkpointer, k signKeys, index, size uint64) {
	t.Helper()
	cp, note, err := c.Ask(t.Context(), index)
	if err != nil {
		t.Fatal(err)
	}
	read, err := seal.OpenCheckpoint(note, k.verifiers())
	if err != nil || read != cp || cp.Size != size {
		t.Fatalf("a checkpoint of %d entries, %v; want %d", cp.Size, err, size)
	}
}

func TestACheckpointIsMadeForWhoAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, sink := newLog(t, 3), &memSink{}
		c, _ := start(t, s, sink, 1)
		synctest.Wait()
		wantAsked(t, c, 1, 2, 3)
		wantSizes(t, "what is covered is not signed again", s, 3)
		grow(t, s, 4)
		begun := time.Now()
		wantAsked(t, c, 1, 6, 7)
		if waited := time.Since(begun); waited > 0 {
			t.Errorf("the first who asks waits %s", waited)
		}
		wantSizes(t, "asked for", s, 3, 7)
		grow(t, s, 1)
		after(55 * time.Second)
		wantSizes(t, "the interval begins anew", s, 3, 7)
		after(5 * time.Second)
		wantSizes(t, "and ends", s, 3, 7, 8)
		c.Stop()
		wantsOnly(t, "afterwards", verify(t, s, sink))
	})
}

// TestManyWhoAskShareACheckpoint lets fifty ask again and again for the newest entry.
func TestManyWhoAskShareACheckpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newLog(t, 1)
		c, _ := start(t, s, nil, 1)
		synctest.Wait()
		begun := time.Now()
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				for range 10 {
					grow(t, s, 1)
					head, err := s.Head(t.Context())
					if err != nil {
						t.Error(err)
						return
					}
					if cp, _, err := c.Ask(t.Context(), head.Size-1); err != nil || cp.Size < head.Size {
						t.Errorf("entry %d: a checkpoint of %d, %v", head.Size-1, cp.Size, err)
						return
					}
				}
			})
		}
		all.Wait()
		if took, n := time.Since(begun), len(sizes(s)); time.Duration(n-2)*time.Second > took || n < 3 {
			t.Errorf("%d checkpoints in %s", n, took)
		}
	})
}

func TestWhoAsksIsNeverKeptWaiting(t *testing.T) {
	unavailable := func(t *testing.T, c *audit.Checkpointer, ctx context.Context, index uint64, within time.Duration) {
		t.Helper()
		begun := time.Now()
		cp, note, err := c.Ask(ctx, index)
		if custody.KindOf(err) != custody.Unavailable || note != nil || cp.Size != 0 || time.Since(begun) > within {
			t.Errorf("%d entries, %v, after %s", cp.Size, err, time.Since(begun))
		}
	}
	for name, story := range map[string]func(*testing.T, *audittest.Store, *audit.Checkpointer){
		"no such entry": func(t *testing.T, _ *audittest.Store, c *audit.Checkpointer) {
			unavailable(t, c, t.Context(), 99, 0)
			unavailable(t, c, t.Context(), 99, time.Second)
		},
		"nobody waits any more": func(t *testing.T, s *audittest.Store, c *audit.Checkpointer) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			unavailable(t, c, ctx, 99, 0)
		},
		"stopped": func(t *testing.T, s *audittest.Store, c *audit.Checkpointer) {
			c.Stop()
			grow(t, s, 1)
			unavailable(t, c, t.Context(), 3, 0)
			wantAsked(t, c, 1, 2, 3)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newLog(t, 3)
				c, _ := start(t, s, nil, 1)
				synctest.Wait()
				story(t, s, c)
			})
		})
	}
	synctest.Test(t, func(t *testing.T) { // never started
		c, err := audit.NewCheckpointer(audit.DefaultPlan(site), newLog(t, 3), signKeys(1), &bells{}, clock{})
		if err != nil {
			t.Fatal(err)
		}
		unavailable(t, c, t.Context(), 0, time.Minute)
	})
}

// TestAForkedLogIsSignedForNobody rewrites the log under its last checkpoint.
func TestAForkedLogIsSignedForNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newLog(t, 3)
		checkpoint(t, s, 1)
		s.Change(func(st *audittest.State) { st.Checkpoints[0].Note = note(t, 1, 1, 3, seal.Hash{7}) })
		c, _ := start(t, s, nil, 1)
		synctest.Wait()
		grow(t, s, 1)
		if _, note, err := c.Ask(t.Context(), 3); custody.KindOf(err) != custody.Corrupt || note != nil {
			t.Errorf("%v", err)
		}
		wantSizes(t, "asked", s, 3)
	})
}
