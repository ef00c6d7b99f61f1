package backup

import (
	"cmp"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/keys"
)

const (
	nameSuffix    = ".backup"
	partialSuffix = ".partial"
	nameStamp     = "20060102T150405.000000Z"
)

func prefixOf(site string) string { return "custody-" + site + "-" }

// nameOf is a backup's file name. The names of one site sort by time.
func nameOf(site string, at custody.Instant) string {
	return prefixOf(site) + at.Time().Format(nameStamp) + nameSuffix
}

// partial is the name of a backup that is being written.
func partial(name string) string { return "." + name + partialSuffix }

// parseName is the inverse of nameOf.
func parseName(site, name string) (custody.Instant, bool) {
	stamp, ok := strings.CutPrefix(name, prefixOf(site))
	if !ok {
		return 0, false
	}
	if stamp, ok = strings.CutSuffix(stamp, nameSuffix); !ok {
		return 0, false
	}
	t, err := time.Parse(nameStamp, stamp)
	at := custody.InstantOf(t)
	return at, err == nil && nameOf(site, at) == name
}

// Entry is one file of the directory that has the name of a backup of this site.
type Entry struct {
	Name   string
	Size   int64
	Header Header // zero if it cannot be read
	// Trouble is nil if the header and the end of the file open under the site key. Invalid: it was made under another
	// site key. Corrupt: it is damaged or no backup of this site.
	Trouble error
}

// List looks at every backup of the site, the newest first. It reads the header and the end of each; Verify reads all of one.
func (s *Shelf) List() ([]Entry, error) {
	key, err := s.o.Key()
	if err != nil {
		return nil, err
	}
	return s.list(key)
}

func (s *Shelf) list(key keys.Key) ([]Entry, error) {
	files, err := os.ReadDir(s.o.Dir)
	if err != nil {
		return nil, s.diskError(err)
	}
	var out []Entry
	for _, f := range files {
		at, ok := parseName(s.o.Site, f.Name())
		if !ok || !f.Type().IsRegular() {
			continue
		}
		e := Entry{Name: f.Name()}
		e.Header, e.Size, e.Trouble = glance(filepath.Join(s.o.Dir, f.Name()), key)
		if e.Trouble == nil && (e.Header.Site != s.o.Site || e.Header.Created != at) {
			e.Trouble = custody.Errorf(custody.Corrupt, "the file was renamed: its header tells of another site or time")
		}
		if custody.KindOf(e.Trouble) != custody.NotFound || e.Trouble == nil { // not removed meanwhile
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(a, b Entry) int { return cmp.Compare(b.Name, a.Name) })
	return out, nil
}

// superfluous names what is older than the Keep newest good backups. A damaged one, and one of an earlier site key, does not
// count and goes when its time has come; a file whose header is not that of this site's backup stays for ever, and so does
// the one just made, whatever the clock said when the others were.
func (s *Shelf) superfluous(key keys.Key, made string) ([]string, error) {
	if s.o.Keep == 0 {
		return nil, nil
	}
	all, err := s.list(key)
	if err != nil {
		return nil, err
	}
	var names []string
	good := 0
	for _, e := range all {
		if good >= s.o.Keep && e.Name != made && e.Header.Site == s.o.Site && nameOf(s.o.Site, e.Header.Created) == e.Name {
			names = append(names, e.Name)
		}
		if e.Trouble == nil {
			good++
		}
	}
	return names, nil
}

func (s *Shelf) remove(names []string) (removed []string, err error) {
	for _, name := range names {
		rerr := absentIsFine(os.Remove(filepath.Join(s.o.Dir, name)))
		if rerr == nil {
			removed = append(removed, name)
		}
		err = errors.Join(err, rerr)
	}
	if len(removed) > 0 {
		err = errors.Join(err, s.syncDir())
	}
	return removed, custody.Wrap(custody.Unavailable, err, "old backups in %s cannot be removed", s.o.Dir)
}
