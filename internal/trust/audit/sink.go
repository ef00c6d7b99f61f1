package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/proof/seal"
)

// CheckpointSink is a place off the main store that keeps signed checkpoints: a witness against whoever rewrites
// the log. Safe for concurrent use; every method returns soon after its context ends. Names are those of CheckpointName.
type CheckpointSink interface {
	// Put stores the note durably under the name. The same bytes again succeed; other bytes under the name are Exists, and
	// nothing changes.
	Put(ctx context.Context, name string, note []byte) error
	// Get returns a note. NotFound if there is none.
	Get(ctx context.Context, name string) ([]byte, error)
	// List yields the names of all notes, sorted.
	List(ctx context.Context) iter.Seq2[string, error]
}

const nameForm = "checkpoint_%010d_%020d"

// CheckpointName is the name under which a sink keeps the checkpoint of an epoch at a size. Names sort as
// (epoch, size) does and are valid object keys.
func CheckpointName(epoch uint32, size uint64) string { return fmt.Sprintf(nameForm, epoch, size) }

// ParseCheckpointName is the inverse of CheckpointName; ok is false for any other text.
func ParseCheckpointName(name string) (epoch uint32, size uint64, ok bool) {
	parts := strings.Split(name, "_")
	if len(parts) != 3 {
		return 0, 0, false
	}
	e, err1 := strconv.ParseUint(parts[1], 10, 32)
	s, err2 := strconv.ParseUint(parts[2], 10, 64)
	return uint32(e), s, err1 == nil && err2 == nil && CheckpointName(uint32(e), s) == name
}

// DirSink keeps checkpoints as files of a directory, which should lie on another disk or machine. The directory
// must exist: if its disk is not mounted nothing is written in its place.
type DirSink struct {
	dir string
}

// NewDirSink names the directory; it is looked at only when a method is called.
func NewDirSink(dir string) *DirSink { return &DirSink{dir} }

// Put implements CheckpointSink: temporary file, fsync, rename, fsync directory.
func (d *DirSink) Put(ctx context.Context, name string, note []byte) error {
	if _, _, ok := ParseCheckpointName(name); !ok {
		return custody.Errorf(custody.Invalid, "this is not the name of a checkpoint")
	}
	old, err := d.Get(ctx, name)
	switch {
	case err == nil && bytes.Equal(old, note):
		return nil
	case err == nil || custody.KindOf(err) == custody.Corrupt:
		return custody.Errorf(custody.Exists, "the directory %s holds another checkpoint named %s", d.dir, name)
	case custody.KindOf(err) != custody.NotFound:
		return err
	}
	return custody.Wrap(custody.Unavailable, d.write(name, note), "the checkpoint cannot be written to the directory %s", d.dir)
}

func (d *DirSink) write(name string, note []byte) error {
	f, err := os.CreateTemp(d.dir, ".checkpoint-*")
	if err != nil {
		return err
	}
	_, err = f.Write(note)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), filepath.Join(d.dir, name))
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	dir, err := os.Open(d.dir)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// Get implements CheckpointSink. A file that is too large to be a checkpoint is Corrupt.
func (d *DirSink) Get(ctx context.Context, name string) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, custody.Wrap(custody.Unavailable, err, "reading a checkpoint was abandoned")
	}
	f, err := os.Open(filepath.Join(d.dir, filepath.Base(name)))
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(d.dir); err != nil {
			return nil, custody.Wrap(custody.Unavailable, err, "the directory %s for checkpoints is not there", d.dir)
		}
		return nil, custody.Errorf(custody.NotFound, "the directory %s has no checkpoint of that name", d.dir)
	}
	if err != nil {
		return nil, custody.Wrap(custody.Unavailable, err, "a checkpoint in the directory %s cannot be read", d.dir)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, seal.MaxNote+1))
	if err != nil {
		return nil, custody.Wrap(custody.Unavailable, err, "a checkpoint in the directory %s cannot be read", d.dir)
	}
	if len(b) > seal.MaxNote {
		return nil, custody.Errorf(custody.Corrupt, "a checkpoint in the directory %s is too large", d.dir)
	}
	return b, nil
}

// List implements CheckpointSink. Files that are not named like a checkpoint are passed over.
func (d *DirSink) List(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		files, err := os.ReadDir(d.dir) // sorted by name
		if err != nil {
			yield("", custody.Wrap(custody.Unavailable, err, "the directory %s for checkpoints cannot be read", d.dir))
			return
		}
		for _, f := range files {
			if err := ctx.Err(); err != nil {
				yield("", custody.Wrap(custody.Unavailable, err, "listing checkpoints was abandoned"))
				return
			}
			if _, _, ok := ParseCheckpointName(f.Name()); ok && !yield(f.Name(), nil) {
				return
			}
		}
	}
}

// newest returns the last checkpoint of a sink; nil if it has none.
func newest(ctx context.Context, sink CheckpointSink, keys seal.Verifiers) (*seal.Checkpoint, []byte, error) {
	last := ""
	for name, err := range sink.List(ctx) {
		if err != nil {
			return nil, nil, err
		}
		last = name
	}
	if last == "" {
		return nil, nil, nil
	}
	note, err := sink.Get(ctx, last)
	if err != nil {
		return nil, nil, err
	}
	c, err := seal.OpenCheckpoint(note, keys)
	if err != nil {
		return nil, nil, custody.Wrap(custody.Corrupt, err, "the copy %s is not a checkpoint of this log", last)
	}
	if CheckpointName(c.Epoch(), c.Size) != last {
		return nil, nil, custody.Errorf(custody.Corrupt, "the copy %s holds the checkpoint of another size", last)
	}
	return &c, note, nil
}
