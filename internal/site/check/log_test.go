package check_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/proof/seal"
	"github.com/footage-custody/custody/internal/site/check"
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
	ahead.say(3)
	ahead.sign()
	ahead.close()
	back := old.copied(t) // the old database beside the newer copies
	back.must(os.CopyFS(filepath.Join(back.dir, "newer"), os.DirFS(ahead.path("checkpoints"))))
	back.must(os.RemoveAll(back.path("checkpoints")))
	back.must(os.Rename(back.path("newer"), back.path("checkpoints")))
	wantNamed(t, back, check.Options{Quick: true}, "cut short")

	fork := back.copied(t) // and then it went on
	fork.open(false)
	fork.say(5)
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

func TestEveryEntryOfTheLogIsWatched(t *testing.T) {
	s := recorded(t)
	s.open(false)
	size := must(s.db.Head(t.Context())).Size
	s.close()
	for n := uint64(0); n < size; n += 5 {
		wantNamed(t, tampered(t, s, func(raw *dbtest.Raw) {
			raw.Do(fmt.Sprintf("UPDATE event_body SET body = CAST(replace(body, '2026', '2025') AS BLOB) WHERE idx = %d", n))
		}), check.Options{Quick: true}, fmt.Sprintf("entry %d", n))
		wantNamed(t, tampered(t, s, func(raw *dbtest.Raw) { raw.Do(fmt.Sprintf("DELETE FROM log_entry WHERE idx = %d", n)) }),
			check.Options{Quick: true}, fmt.Sprintf("entry %d", n))
	}
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
