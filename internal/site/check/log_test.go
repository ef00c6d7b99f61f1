package check_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/proof/seal"
	"github.com/footage-custody/custody/internal/site/check"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/internal/trust/identity/identitytest"
	"github.com/footage-custody/custody/storage/db"
	"github.com/footage-custody/custody/storage/db/dbtest"
)

func quarantined(key string) db.Quarantined {
	return db.Quarantined{Key: key, Seen: 1, Reason: "a test"}
}

// say writes events into the diary of the open site.
func (s *site) say(n int) {
	s.t.Helper()
	for range n {
		s.must(s.db.Append(s.t.Context(), must(custody.NewEvent(custody.EventRecordingStarted, s.clock.Now(), "system", "", "", nil))))
	}
}

func TestACopyOffTheBoxThatWasChangedIsNamed(t *testing.T) {
	s := recorded(t)
	files := must(filepath.Glob(s.path("checkpoints", "*")))
	if len(files) != 2 {
		t.Fatalf("copies %v", files)
	}
	note := must(os.ReadFile(files[0]))
	for at := 0; at < len(note); at += 11 {
		bad := append([]byte(nil), note...)
		bad[at] ^= 0x01
		s.must(os.WriteFile(files[0], bad, 0o600))
		wantNamed(t, s, check.Options{Quick: true}, "the copy at the second disk")
	}
}

func TestADatabaseThatWasRolledBackIsBetrayed(t *testing.T) {
	old := recorded(t)
	ahead := old.copied(t)
	ahead.open(false)
	h := ahead.staffed() // somebody signs in and looks, and the day before is put back
	in := must(h.register.SignIn(t.Context(), identity.Attempt{Login: "clerk", Proof: identity.Proof{Password: identitytest.Password, Address: "192.0.2.3"}}))
	h.watch(in.Actor, custody.Span{Start: ahead.clock.Now().Add(-3 * time.Minute), End: ahead.clock.Now()})
	ahead.sign()
	ahead.close()
	back := old.copied(t) // the old database beside the newer copies
	back.must(os.CopyFS(filepath.Join(back.dir, "newer"), os.DirFS(ahead.path("checkpoints"))))
	back.must(os.RemoveAll(back.path("checkpoints")))
	back.must(os.Rename(back.path("newer"), back.path("checkpoints")))
	wantNamed(t, back, check.Options{Quick: true}, "cut short")

	fork := back.copied(t) // and then it went on
	fork.open(false)
	fork.say(20)
	wantNamedOpen(t, fork, "signed for another log")
	fork.close()
}

func wantNamedOpen(t *testing.T, s *site, what string) {
	t.Helper()
	c := s.copied(t)
	wantNamed(t, c, check.Options{Quick: true}, what)
}

// cut removes the last n entries with everything that would betray them in the database: bodies, hashes, checkpoints, head.
func (s *site) cut(t *testing.T, n uint64) *site {
	t.Helper()
	c := s.copied(t)
	c.open(false)
	head := must(c.db.Head(t.Context()))
	size := head.Size - n
	root := must(seal.RootOf(size, seal.HashReaderFunc(func(x []int64) ([]seal.Hash, error) { return c.db.Hashes(t.Context(), head.Epoch, x) })))
	c.close()
	raw := dbtest.OpenRaw(t, c.config())
	defer raw.Close()
	raw.Do(fmt.Sprintf("DELETE FROM event_body WHERE idx >= %d", size))
	raw.Do(fmt.Sprintf("DELETE FROM log_entry WHERE idx >= %d", size))
	raw.Do(fmt.Sprintf("DELETE FROM log_node WHERE idx >= %d", seal.StoredCount(size)))
	raw.Do(fmt.Sprintf("DELETE FROM checkpoint WHERE size > %d", size))
	raw.Do(fmt.Sprintf("UPDATE log_head SET size = %d, root = x'%x'", size, root[:]))
	return c
}

func TestALogThatWasCutCleanlyIsBetrayedOffTheBox(t *testing.T) {
	s := recorded(t)
	wantNamed(t, s.cut(t, 1), check.Options{Quick: true}, "the copy at the second disk of the checkpoint of")
	s.open(false)
	s.say(2) // after the last checkpoint: nothing off the box knows them yet
	s.close()
	head := s.cut(t, 0)
	head.open(false)
	wantClean(t, "cut by nothing", head.check(check.Options{Quick: true}))
	at := must(head.db.Head(t.Context()))
	root := must(seal.RootOf(at.Size-1, seal.HashReaderFunc(func(x []int64) ([]seal.Hash, error) { return head.db.Hashes(t.Context(), at.Epoch, x) })))
	head.close()
	raw := dbtest.OpenRaw(t, head.config())
	raw.Do(fmt.Sprintf("UPDATE log_head SET size = size - 1, root = x'%x'", root[:]))
	raw.Close()
	wantNamed(t, head, check.Options{Quick: true}, fmt.Sprintf("entry %d", at.Size-1))
}

// TestEntriesOfEveryTypeAreWatched edits, deletes or moves one entry of every type that a site writes, each time another way.
func TestEntriesOfEveryTypeAreWatched(t *testing.T) {
	s := recorded(t)
	s.open(false)
	at := map[custody.EventType]uint64{}
	for e, err := range s.db.Entries(t.Context(), 1, 0, must(s.db.Head(t.Context())).Size) {
		s.must(err)
		at[e.Event.Type] = e.Index
	}
	s.close()
	if len(at) < 25 {
		t.Errorf("only %d types are tried: %v", len(at), at)
	}
	for typ, n := range at {
		edit := []string{
			fmt.Sprintf("UPDATE event_body SET body = CAST(replace(body, '2026', '2025') AS BLOB) WHERE idx = %d", n),
			fmt.Sprintf("DELETE FROM log_entry WHERE idx = %d", n),
			fmt.Sprintf("UPDATE log_entry SET idx = 1000 - idx WHERE idx IN (%[1]d, 1000 - %[1]d)", n),
		}[rand.N(3)]
		wantNamed(t, tampered(t, s, func(raw *dbtest.Raw) {
			if raw.Do(edit) == 0 {
				t.Errorf("%s: %s changed nothing", typ, edit)
			}
		}), check.Options{Quick: true}, fmt.Sprintf("entry %d", n))
	}
}

// TestAViewingErasedWithItsEntriesIsBetrayedOffTheBox cuts the log back to before somebody looked, and takes the rows along.
func TestAViewingErasedWithItsEntriesIsBetrayedOffTheBox(t *testing.T) {
	s := recorded(t)
	s.open(false)
	var looked custody.ViewingID
	for v, err := range s.db.AllViewings(t.Context()) {
		if s.must(err); v.Closed == 0 {
			looked = v.ID
		}
	}
	head, first := must(s.db.Head(t.Context())).Size, uint64(0)
	for e, err := range s.db.Entries(t.Context(), 1, 0, head) {
		if s.must(err); first == 0 && bytes.Contains(e.Event.Body, []byte(looked)) {
			first = e.Index
		}
	}
	s.close()
	c := s.cut(t, head-first)
	raw := dbtest.OpenRaw(t, c.config())
	for _, table := range []string{"look WHERE viewing_id", "viewing_camera WHERE viewing_id", "viewing WHERE id"} {
		raw.Do("DELETE FROM " + table + " = '" + string(looked) + "'")
	}
	raw.Close()
	c.open(false)
	defer c.close()
	for _, f := range c.check(check.Options{Quick: true}).Findings {
		if f.Invariant != "A5" || !strings.Contains(f.What, "the second disk") {
			t.Errorf("the cut was not clean, the database betrays itself: %+v", f)
		}
	}
	wantFinding(t, c.check(check.Options{Quick: true}), "the second disk", nil)
}

func TestADatabaseFileWithAFlippedByteIsNamed(t *testing.T) {
	s := recorded(t)
	size := int(must(os.Stat(s.config().Path)).Size())
	found := 0
	for i := range 12 {
		c := s.copied(t)
		b := must(os.ReadFile(c.config().Path))
		at := 100 + (size-200)*i/12
		if b[at] == 0 {
			continue // free space in a page says nothing
		}
		b[at] ^= 0x40
		c.must(os.WriteFile(c.config().Path, b, 0o600))
		if c.broken() {
			found++
		}
	}
	if found < 3 {
		t.Errorf("only %d flipped bytes of the file were noticed", found)
	}
}

// broken reports whether the site does not open, or a check finds anything.
func (s *site) broken() bool {
	if d, err := db.Open(s.t.Context(), s.config()); err != nil || d.CheckSchema(s.t.Context()) != nil {
		return true
	} else {
		s.must(d.Close())
	}
	if s.tryOpen(false) != nil {
		return true
	}
	defer s.close()
	return !s.check(check.Options{}).Clean()
}
