package station

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/footage-custody/custody/internal/custody"
)

// MarkFile keeps the mark in one small file, replaced as a whole: temporary file, fsync, rename, fsync of the directory. It is
// not safe for use by two processes.
type MarkFile string

// Load implements Marks. A file that does not hold a mark is Corrupt.
func (f MarkFile) Load() (Mark, error) {
	b, err := os.ReadFile(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return Mark{}, nil
	}
	if err != nil {
		return Mark{}, custody.Wrap(custody.Unavailable, err, "the clock mark could not be read")
	}
	return parseMark(b)
}

func parseMark(b []byte) (Mark, error) {
	var m Mark
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil || d.More() || m.Now <= 0 || m.Mono < 0 || m.Now > maxNow {
		return Mark{}, custody.Errorf(custody.Corrupt, "the clock mark is damaged")
	}
	return m, nil
}

// maxNow bounds a mark to the instants whose nanoseconds fit 64 bits, with room for years of running.
const maxNow custody.Instant = 9_000_000_000_000_000 // the year 2255

// Store implements Marks.
func (f MarkFile) Store(m Mark) (err error) {
	b, err := json.Marshal(m)
	if err != nil {
		return custody.Wrap(custody.Internal, err, "the clock mark could not be written")
	}
	defer func() { err = custody.Wrap(custody.Unavailable, err, "the clock mark could not be written") }()
	next := string(f) + ".next"
	if err := writeSynced(next, b); err != nil {
		return err
	}
	if err := os.Rename(next, string(f)); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(string(f)))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

func writeSynced(path string, b []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(b)
	return errors.Join(err, file.Sync(), file.Close())
}
