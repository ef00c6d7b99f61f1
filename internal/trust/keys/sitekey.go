package keys

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/footage-custody/custody/internal/custody"
)

// SiteKey is the one secret that is not in the database: 32 random bytes in a file of its own. Who has it and the
// database has the footage; who loses it has lost the footage, unless the recovery sheet is at hand.
type SiteKey struct {
	redacted
	key Key
}

// InitSiteKey creates the site key and its file, mode 0600, durably. It is the only way a site key comes into
// being. An existing file, whatever it holds, is Exists and stays untouched.
func InitSiteKey(path string) (*SiteKey, error) {
	k := &SiteKey{key: NewKey()}
	if err := k.WriteFile(path); err != nil {
		return nil, err
	}
	return k, nil
}

// WriteFile writes the key to a new file, mode 0600, durably: for a restore from the recovery sheet, or for the successor of
// a rotation. An existing file is Exists and stays untouched.
func (k *SiteKey) WriteFile(path string) (err error) {
	if k == nil || k.key.raw() == nil {
		return custody.Errorf(custody.Internal, "there is no site key to write")
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return custody.Errorf(custody.Exists, "the site key file %s exists already: a second site key would make the footage unreadable, so it is never overwritten", path)
	}
	if err != nil {
		return custody.Wrap(custody.Unavailable, err, "the site key file %s cannot be created", path)
	}
	_, werr := f.Write(k.key.raw()[:])
	err = errors.Join(werr, f.Sync(), f.Close())
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	if err != nil {
		err = errors.Join(err, os.Remove(path))
	}
	return custody.Wrap(custody.Unavailable, err, "the site key file %s could not be written", path)
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// LoadSiteKey reads the site key file. A missing file is NotFound; one that the group or others can reach is
// Denied; one that is not a regular file of exactly 32 bytes is Corrupt.
func LoadSiteKey(path string) (*SiteKey, error) {
	info, err := os.Stat(path) // before opening: opening a pipe would wait for ever
	if errors.Is(err, fs.ErrNotExist) {
		return nil, custody.Errorf(custody.NotFound, "there is no site key file %s: run custody init for a new site, or restore it from the recovery sheet", path)
	}
	if err != nil {
		return nil, custody.Wrap(custody.Unavailable, err, "the site key file %s cannot be read", path)
	}
	if !info.Mode().IsRegular() {
		return nil, custody.Errorf(custody.Corrupt, "the site key file %s is not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, custody.Wrap(custody.Unavailable, err, "the site key file %s cannot be read", path)
	}
	defer f.Close()
	return readSiteKey(f, path)
}

func readSiteKey(f *os.File, path string) (*SiteKey, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, custody.Wrap(custody.Unavailable, err, "the site key file %s cannot be read", path)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, custody.Errorf(custody.Denied, "the site key file %s has mode %04o, so others can reach it: set it to 0600, and rotate the site key if someone may have read it", path, mode)
	}
	var buf [33]byte
	n, err := io.ReadFull(f, buf[:])
	defer clear(buf[:])
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return nil, custody.Wrap(custody.Unavailable, err, "the site key file %s cannot be read", path)
	}
	if n != 32 {
		return nil, custody.Errorf(custody.Corrupt, "the site key file %s does not hold exactly 32 bytes: restore it from the recovery sheet", path)
	}
	return &SiteKey{key: KeyOf([32]byte(buf[:32]))}, nil
}

// BackupKey derives the key that encrypts backups: HKDF-SHA256 with the label "custody backup v1". A restore
// therefore needs the site key and the backup, nothing else.
func (k *SiteKey) BackupKey() (Key, error) { return k.key.derive("custody backup v1") }

// Wipe zeroes the key. Whatever was made from it stops working.
func (k *SiteKey) Wipe() { k.key.wipe() }
