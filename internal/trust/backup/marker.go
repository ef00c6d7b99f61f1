package backup

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/footage-custody/custody/internal/custody"
)

// Marker is the path of a file that exists from before a restore changes the database until the restored log's new
// epoch stands. A site with one must not be used: what it recorded would be a fork of the log.
type Marker string

const maxMarker = 4 << 10

// mark says which restore is under way.
type mark struct {
	File string `json:"backup"`
	ID   FileID `json:"id"`
}

// Check is for every other command: Conflict while a restore is unfinished.
func (m Marker) Check() error {
	k, err := m.read()
	switch {
	case err != nil:
		return err
	case k != nil:
		return custody.Errorf(custody.Conflict, "the restore of %s is unfinished: run custody restore with that file again", k.File)
	}
	return nil
}

func (m Marker) exists() bool {
	_, err := os.Lstat(string(m))
	return !errors.Is(err, fs.ErrNotExist)
}

// read returns nil if there is no marker.
func (m Marker) read() (*mark, error) {
	f, err := os.Open(string(m))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, custody.Wrap(custody.Unavailable, err, "the marker of an unfinished restore, %s, cannot be read", string(m))
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxMarker))
	var k mark
	if err == nil {
		err = json.Unmarshal(text, &k)
	}
	return &k, custody.Wrap(custody.Corrupt, err, "the marker of an unfinished restore, %s, cannot be read: restore into an empty database and another data directory", string(m))
}

func (m Marker) write(k mark) error {
	text, err := json.Marshal(k)
	if err == nil {
		err = m.replace(append(text, '\n'))
	}
	return custody.Wrap(custody.Unavailable, err, "the marker of the restore, %s, cannot be written", string(m))
}

func (m Marker) replace(text []byte) error {
	f, err := os.OpenFile(string(m)+".tmp", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), string(m)); err != nil {
		return err
	}
	return m.syncDir()
}

func (m Marker) remove() error {
	err := absentIsFine(os.Remove(string(m)))
	if err == nil {
		err = m.syncDir()
	}
	return custody.Wrap(custody.Unavailable, err, "the marker of the restore, %s, cannot be removed", string(m))
}

func (m Marker) syncDir() error {
	d, err := os.Open(filepath.Dir(string(m)))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
