package certificate

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/footage-custody/custody/internal/custody"
)

const maxFile = 1 << 20

// readFile reads a file of at most maxFile bytes. A private one must not be open to others: Denied, with the remedy.
func readFile(name string, private bool) ([]byte, error) {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, custody.Wrap(custody.NotFound, err, "%s is missing", name)
	}
	if err != nil {
		return nil, custody.Wrap(custody.Unavailable, err, "%s cannot be opened", name)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, custody.Wrap(custody.Unavailable, err, "%s cannot be looked at", name)
	}
	if private && info.Mode().Perm()&0o007 != 0 {
		return nil, custody.Errorf(custody.Denied, "%s holds a key and others may read it: chmod 0600", name)
	}
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, custody.Wrap(custody.Unavailable, err, "%s cannot be read", name)
	}
	if len(b) > maxFile {
		return nil, custody.Errorf(custody.Invalid, "%s is larger than any certificate", name)
	}
	return b, nil
}

// writeFile replaces a file durably: it is the old one or the new one at any time, and has its mode from the first byte.
func writeFile(name string, content []byte, mode fs.FileMode) (err error) {
	dir := filepath.Dir(name)
	f, err := os.CreateTemp(dir, "."+filepath.Base(name)+"-*") // 0600
	if err != nil {
		return custody.Wrap(custody.Unavailable, err, "%s cannot be written", name)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
			err = custody.Wrap(custody.Unavailable, err, "%s cannot be written", name)
		}
	}()
	_, err = f.Write(content)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	if err := os.Rename(f.Name(), name); err != nil {
		return err
	}
	return syncDir(dir)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
