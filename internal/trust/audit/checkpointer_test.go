package audit_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/proof/seal"
	"github.com/footage-custody/custody/internal/trust/audit"
	"github.com/footage-custody/custody/internal/trust/audit/audittest"
)

func start(t *testing.T, s audit.Store, sink audit.CheckpointSink, k signKeys) (*audit.Checkpointer, *bells) {
	t.Helper()
	plan, b := audit.DefaultPlan(site), &bells{}
	if sink != nil {
		plan.Sinks = map[string]audit.CheckpointSink{"witness": sink}
	}
	c, err := audit.NewCheckpointer(plan, s, k, b, clock{})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Stop)
	return c, b
}

func sizes(s *audittest.Store) (out []uint64) {
	s.Change(func(st *audittest.State) {
		for _, c := range st.Checkpoints {
			out = append(out, c.Size)
		}
	})
	return out
}

// after lets the bubble's time pass and every goroutine settle.
func after(d time.Duration) {
	time.Sleep(d) // the bubble's clock, not the wall's
	synctest.Wait()
}

func wantSizes(t *testing.T, when string, s *audittest.Store, want ...uint64) {
	t.Helper()
	if got := sizes(s); !slices.Equal(got, want) {
		t.Fatalf("%s: checkpoints at %v, want %v", when, got, want)
	}
}

func TestCheckpointsFollowThePlan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, sink := newLog(t, 3), &memSink{}
		c, b := start(t, s, sink, 1)
		synctest.Wait()
		wantSizes(t, "at start", s, 3)
		after(10 * time.Minute)
		wantSizes(t, "while nothing happens", s, 3)
		grow(t, s, 2)
		after(5 * time.Second)
		wantSizes(t, "after idling, the interval is over", s, 3, 5)
		grow(t, s, 1)
		after(30 * time.Second)
		wantSizes(t, "before the interval is over", s, 3, 5)
		grow(t, s, 999)
		after(5 * time.Second)
		wantSizes(t, "after 1000 entries", s, 3, 5, 1005)
		grow(t, s, 1)
		c.Stop()
		c.Stop()
		wantSizes(t, "at stop", s, 3, 5, 1005, 1006)
		if last := sink.names()[len(sink.names())-1]; last != audit.CheckpointName(1, 1006) || len(b.ringing()) != 0 {
			t.Errorf("the last copy is %s; ringing %v", last, b.ringing())
		}
		wantsOnly(t, "afterwards", verify(t, s, sink))
	})
}

func TestTheLastCheckpointIsCopiedAgainAfterACrash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, sink := newLog(t, 3), &memSink{}
		checkpoint(t, s, 1) // signed, then killed before the copy
		start(t, s, sink, 1)
		synctest.Wait()
		if got := sink.names(); !slices.Equal(got, []string{audit.CheckpointName(1, 3)}) {
			t.Errorf("copies %v", got)
		}
	})
}

func TestAFailingSinkIsRetriedAndHoldsUpNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, sink := newLog(t, 1), &memSink{fail: errDown}
		c, b := start(t, s, sink, 1)
		synctest.Wait()
		wantSizes(t, "sink down", s, 1)
		if got := b.ringing(); !slices.Equal(got, []string{"checkpoint-copy/witness"}) {
			t.Fatalf("ringing %v", got)
		}
		grow(t, s, 1)
		after(2 * time.Minute)
		wantSizes(t, "sink still down", s, 1, 2)
		sink.set(nil, false)
		after(6 * time.Minute)
		if got := sink.names(); !slices.Equal(got, []string{audit.CheckpointName(1, 2)}) || len(b.ringing()) != 0 {
			t.Fatalf("copies %v, ringing %v", got, b.ringing())
		}
		sink.set(nil, true)
		grow(t, s, 1)
		after(2 * time.Minute)
		wantSizes(t, "sink hangs", s, 1, 2, 3)
		began := time.Now()
		c.Stop()
		if took := time.Since(began); took > 30*time.Second {
			t.Errorf("a sink that hangs held up the stop for %v", took)
		}
	})
}

func TestAStoreThatIsDownIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newLog(t, 1)
		s.Change(func(st *audittest.State) { st.Fail = custody.Errorf(custody.Unavailable, "down") })
		c, b := start(t, s, nil, 1)
		synctest.Wait()
		if got := b.ringing(); !slices.Equal(got, []string{"log-checkpoint/"}) || c.Refused() != nil {
			t.Fatalf("ringing %v, refused %v", got, c.Refused())
		}
		s.Change(func(st *audittest.State) { st.Fail = nil })
		after(5 * time.Second)
		wantSizes(t, "store back", s, 1)
		if len(b.ringing()) != 0 {
			t.Errorf("ringing %v", b.ringing())
		}
	})
}

// TestAForkIsNeverSigned tampers after a first checkpoint, and expects no second one.
func TestAForkIsNeverSigned(t *testing.T) {
	for name, tamper := range map[string]func(*audittest.State){
		"root":              func(st *audittest.State) { st.Head.Root[0] ^= 1 },
		"old hash":          func(st *audittest.State) { flip(st, seal.StoredIndex(2, 0)) },
		"missing hash":      func(st *audittest.State) { delete(st.Hashes[1], seal.StoredIndex(2, 0)) },
		"shorter":           func(st *audittest.State) { st.Head.Size = 2 },
		"checkpoint edited": func(st *audittest.State) { flipByte(st, 0, 50) },
		"later epoch": func(st *audittest.State) {
			st.Checkpoints[0].Epoch = 2
			st.Checkpoints[0].Note = note(t, 1, 2, 4, seal.Hash{})
		},
		"another site": func(st *audittest.State) { st.Checkpoints[0].Note = noteOf(t, "elsewhere", 4, st.Head.Root) },
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newLog(t, 4)
			checkpoint(t, s, 1)
			grow(t, s, 3)
			s.Change(tamper)
			c, b := start(t, s, nil, 1)
			after(2 * time.Minute)
			if n := len(sizes(s)); n != 1 || custody.KindOf(c.Refused()) != custody.Corrupt || c.Refused() == nil {
				t.Errorf("%s: %d checkpoints, refused %v", name, n, c.Refused())
			}
			if got := b.ringing(); !slices.Equal(got, []string{"log-forked/"}) {
				t.Errorf("%s: ringing %v", name, got)
			}
		})
	}
}

func noteOf(t *testing.T, elsewhere string, size uint64, root seal.Hash) []byte {
	o, _ := seal.Origin(elsewhere, 1)
	signer, err := seal.NewSigner(o, signKeys(1).key())
	if err != nil {
		t.Fatal(err)
	}
	n, err := seal.Checkpoint{Origin: o, Size: size, Root: root}.Sign(signer)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestARolledBackDatabaseSignsNothing starts on yesterday's database while the witness remembers today's.
func TestARolledBackDatabaseSignsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		today, sink := newLog(t, 9), &memSink{}
		put(t, sink, checkpoint(t, today, 1))
		for name, n := range map[string]int{"older": 5, "rewritten": 9, "rewritten and longer": 12} {
			other := newLog(t, n)
			c, b := start(t, other, sink, 1)
			after(2 * time.Minute)
			c.Stop()
			if len(sizes(other)) != 0 || c.Refused() == nil || !slices.Contains(b.ringing(), "log-forked/") {
				t.Errorf("%s: checkpoints %v, refused %v, ringing %v", name, sizes(other), c.Refused(), b.ringing())
			}
		}
		if len(sink.names()) != 1 {
			t.Errorf("copies %v", sink.names())
		}
	})
}

func TestARestoreOpensANewEpochOpenly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := &memSink{}
		lost := newLog(t, 9)
		put(t, sink, checkpoint(t, lost, 1))
		restored := audittest.NewStore() // last night's backup: the first 5 entries
		lost.Change(func(st *audittest.State) {
			restored.Change(func(r *audittest.State) { copyPrefix(r, st, 5) })
		})
		epoch, err := audit.Resume(t.Context(), restored, []audit.CheckpointSink{sink}, signKeys(1).verifiers(), clock{}.Now(), "operator")
		if err != nil || epoch != 2 {
			t.Fatalf("epoch %d (%v)", epoch, err)
		}
		c, b := start(t, restored, sink, 1)
		after(time.Minute)
		grow(t, restored, 3)
		c.Stop()
		if c.Refused() != nil || len(b.ringing()) != 0 {
			t.Fatalf("refused %v, ringing %v", c.Refused(), b.ringing())
		}
		wantsOnly(t, "restored", verify(t, restored, sink))
		if last := sink.names()[len(sink.names())-1]; last != audit.CheckpointName(2, 4) {
			t.Errorf("the last copy is %s", last)
		}
		sink.set(errDown, false)
		if _, err := audit.Resume(t.Context(), restored, []audit.CheckpointSink{sink}, signKeys(1).verifiers(), 1, "operator"); err == nil {
			t.Error("a restore ignored a witness that cannot be read")
		}
		restored.Change(func(st *audittest.State) { st.Entries[2][0].Event.Type = "camera.added" })
		if r := verify(t, restored, nil); len(r.Problems) == 0 || !slices.ContainsFunc(r.Problems, func(p audit.Problem) bool { return p.Epoch == 2 && p.Entry == 0 }) {
			t.Errorf("an epoch without its first entry: %v", r.Problems)
		}
	})
}

// copyPrefix makes r the first n entries of the log in st.
func copyPrefix(r, st *audittest.State, n uint64) {
	var f seal.Frontier
	r.Entries[1] = slices.Clone(st.Entries[1][:n])
	for _, e := range r.Entries[1] {
		f.Add(e.Leaf, nil)
	}
	for i := range seal.StoredCount(n) {
		r.Hashes[1][i] = st.Hashes[1][i]
	}
	r.Head = audit.Head{Epoch: 1, Size: n, Root: f.Root()}
}

func TestBadPlansAreRefused(t *testing.T) {
	good := audit.DefaultPlan(site)
	for name, change := range map[string]func(*audit.Plan){
		"site":     func(p *audit.Plan) { p.Site = "Main Street" },
		"interval": func(p *audit.Plan) { p.Interval = 0 },
		"poll":     func(p *audit.Plan) { p.Poll = -1 },
		"copy":     func(p *audit.Plan) { p.Copy = 0 },
		"patience": func(p *audit.Plan) { p.Patience = 0 },
	} {
		p := good
		change(&p)
		if _, err := audit.NewCheckpointer(p, audittest.NewStore(), signKeys(1), &bells{}, clock{}); custody.KindOf(err) != custody.Invalid || err == nil {
			t.Errorf("%s: %v, want Invalid", name, err)
		}
	}
}
