package backup

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/proof/seal"
	"github.com/footage-custody/custody/internal/trust/audit"
	"github.com/footage-custody/custody/internal/trust/keys"
)

// Source is the database that is backed up; storage/db implements it.
type Source interface {
	// Dump writes one consistent snapshot of everything, and returns nil only when it is whole.
	Dump(ctx context.Context, w io.Writer) error
	// Head is the state of the log.
	Head(ctx context.Context) (audit.Head, error)
	// Checkpoints yields every signed checkpoint in order of epoch and size.
	Checkpoints(ctx context.Context) iter.Seq2[audit.Checkpoint, error]
	// Append commits events that accompany no other change.
	Append(ctx context.Context, events ...custody.Event) error
}

// Options are what a Shelf is made of.
type Options struct {
	Dir    string // must exist: if its disk is not mounted nothing is written in its place
	Site   string // the log's origin; part of the names, so that sites may share a directory
	Keep   int    // how many backups stay; 0 keeps all
	Source Source
	// Key returns the key that SiteKey.BackupKey derives. It is asked each time, so that a site key that is gone
	// or was rotated is noticed.
	Key   func() (keys.Key, error)
	Clock custody.Clock
}

// Shelf is a directory of one site's backups. It is safe for concurrent use, also by several processes: one
// backup is made at a time.
type Shelf struct {
	o Options
}

// NewShelf returns the shelf; the directory is looked at only when a method is called. Invalid: the site cannot
// name a log, or Keep is negative.
func NewShelf(o Options) (*Shelf, error) {
	if _, err := seal.Origin(o.Site, 1); err != nil {
		return nil, err
	}
	if o.Keep < 0 {
		return nil, custody.Errorf(custody.Invalid, "backup.keep must not be negative")
	}
	return &Shelf{o}, nil
}

// Made is a backup that was made.
type Made struct {
	Path string
	Verified
	Removed []string // names of older backups that made room
	// Unremoved says why an older backup could not be removed; the new one is good all the same.
	Unremoved error
}

// Make makes a backup: write a temporary file, fsync, read it back whole and compare, rename, fsync the directory,
// record backup.made by that actor, and only then remove what is older than the Keep newest. After an error nothing was removed, and there is no
// new file unless only the event could not be recorded. Conflict: another backup of the site is being made here.
func (s *Shelf) Make(ctx context.Context, by string) (Made, error) {
	unlock, err := s.lock()
	if err != nil {
		return Made{}, err
	}
	defer unlock()
	s.sweep()
	key, err := s.o.Key()
	if err != nil {
		return Made{}, err
	}
	h, err := s.header(ctx, key)
	if err != nil {
		return Made{}, err
	}
	name := nameOf(s.o.Site, h.Created)
	made := Made{Path: filepath.Join(s.o.Dir, name)}
	if made.Verified, err = s.write(ctx, h, key, name); err != nil {
		return Made{}, err
	}
	old, err := s.superfluous(key, name)
	if err != nil {
		return made, err
	}
	if err := s.record(ctx, made, name, old, by); err != nil {
		return made, err
	}
	made.Removed, made.Unremoved = s.remove(old)
	return made, nil
}

func (s *Shelf) header(ctx context.Context, key keys.Key) (Header, error) {
	h := Header{Site: s.o.Site, Created: s.o.Clock.Now()}
	rand.Read(h.ID[:])
	head, err := s.o.Source.Head(ctx)
	if err != nil {
		return h, err
	}
	h.Epoch, h.Size, h.Root = head.Epoch, head.Size, head.Root
	for c, err := range s.o.Source.Checkpoints(ctx) {
		if err != nil {
			return h, err
		}
		if c.Epoch < h.Epoch || c.Size <= h.Size {
			h.Checkpoint = string(c.Note)
		}
	}
	h.KeyCheck, err = checkOf(key, h.ID)
	return h, err
}

// write returns when the file stands under its name, verified; on any error there is no trace of it.
func (s *Shelf) write(ctx context.Context, h Header, key keys.Key, name string) (v Verified, err error) {
	temp := filepath.Join(s.o.Dir, partial(name))
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return v, s.diskError(err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, absentIsFine(os.Remove(temp)))
		}
	}()
	sum := sha256.New()
	c, err := fill(ctx, io.MultiWriter(diskWriter{f}, sum), s.o.Source, key, h)
	if err = errors.Join(err, s.diskError(errors.Join(f.Sync(), f.Close()))); err != nil {
		return v, err
	}
	if v, err = Verify(ctx, temp, key); err != nil {
		return v, custody.Wrap(custody.KindOf(err), err, "the new backup could not be read back")
	}
	if v.Header != h || v.Dump != c.Length || v.digest != c.Digest || v.SHA256 != [32]byte(sum.Sum(nil)) {
		return v, custody.Errorf(custody.Corrupt, "the new backup reads back as something else than was written: suspect the disk or memory")
	}
	return v, s.settle(temp, name)
}

// fill writes the whole file.
func fill(ctx context.Context, w io.Writer, source Source, key keys.Key, h Header) (content, error) {
	out, err := newStreamWriter(w, key, h)
	if err != nil {
		return content{}, err
	}
	if err := source.Dump(ctx, out); err != nil {
		return content{}, err
	}
	return out.close()
}

// settle gives the file its name. The lock keeps another process from taking the name meanwhile.
func (s *Shelf) settle(temp, name string) error {
	path := filepath.Join(s.o.Dir, name)
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		return errors.Join(custody.Errorf(custody.Exists, "there is a file %s already", path), err)
	}
	if err := os.Rename(temp, path); err != nil {
		return s.diskError(err)
	}
	return s.syncDir()
}

// backupDetail is the body of backup.made. Removes are the backups that are removed for it: who asks when an erased key was
// last in a backup finds the answer there.
type backupDetail struct {
	Name    string   `json:"name"`
	ID      FileID   `json:"id"`
	Size    int64    `json:"size"`
	SHA256  string   `json:"sha256"`
	Epoch   uint32   `json:"log_epoch"`
	LogSize uint64   `json:"log_size"`
	Removes []string `json:"removes,omitempty"`
}

func (s *Shelf) record(ctx context.Context, m Made, name string, removes []string, by string) error {
	ev, err := custody.NewEvent(custody.EventBackupMade, s.o.Clock.Now(), by, "", m.Header.ID.String(), backupDetail{
		Name: name, ID: m.Header.ID, Size: m.Size, SHA256: hex.EncodeToString(m.SHA256[:]), Epoch: m.Header.Epoch, LogSize: m.Header.Size, Removes: removes})
	if err != nil {
		return err
	}
	return s.o.Source.Append(ctx, ev)
}

// lock keeps other processes from making a backup of this site in the directory.
func (s *Shelf) lock() (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(s.o.Dir, "."+prefixOf(s.o.Site)+"lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, s.diskError(err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, custody.Errorf(custody.Conflict, "another backup is being made in %s: wait until it is done", s.o.Dir)
		}
		return nil, s.diskError(err)
	}
	return func() { f.Close() }, nil
}

// sweep removes what a backup that was killed left behind. Only the holder of the lock may call it.
func (s *Shelf) sweep() {
	left, err := os.ReadDir(s.o.Dir)
	if err != nil {
		return // said by the next step
	}
	for _, e := range left {
		name, ok := strings.CutSuffix(strings.TrimPrefix(e.Name(), "."), partialSuffix)
		if _, ours := parseName(s.o.Site, name); ok && ours && partial(name) == e.Name() {
			os.Remove(filepath.Join(s.o.Dir, e.Name()))
		}
	}
}

func (s *Shelf) syncDir() error {
	d, err := os.Open(s.o.Dir)
	if err != nil {
		return s.diskError(err)
	}
	return s.diskError(errors.Join(d.Sync(), d.Close()))
}

func (s *Shelf) diskError(err error) error {
	switch {
	case errors.Is(err, os.ErrNotExist):
		return custody.Wrap(custody.Unavailable, err, "the backup directory %s is not there: is its disk mounted?", s.o.Dir)
	case full(err):
		return custody.Wrap(custody.Exhausted, err, "the backup directory %s has no room for the backup", s.o.Dir)
	}
	return custody.Wrap(custody.Unavailable, err, "the backup directory %s cannot be written", s.o.Dir)
}

func full(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG)
}

// diskWriter marks the disk's errors, which come back through the database's Dump.
type diskWriter struct{ w io.Writer }

// Write implements io.Writer.
func (d diskWriter) Write(p []byte) (int, error) {
	n, err := d.w.Write(p)
	switch {
	case full(err):
		err = custody.Wrap(custody.Exhausted, err, "there is no room for the backup on its disk")
	case err != nil:
		err = custody.Wrap(custody.Unavailable, err, "the backup cannot be written to its disk")
	}
	return n, err
}

func absentIsFine(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}
