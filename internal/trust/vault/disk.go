package vault

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"github.com/footage-custody/custody/internal/custody"
)

// Disk is the part of a file system that the spool uses. The operating system's is OSDisk; tests put faults,
// delays and power cuts in between. A name is durable after SyncDir of its directory, a file's bytes after Sync.
// Errors are the operating system's: fs.ErrNotExist, syscall.ENOSPC and so on.
type Disk interface {
	MakeDir(dir string) error // with parents, mode 0700; an existing directory is success
	// Lock takes an exclusive lock on the file, making it if need be, until the closer is closed or the process
	// ends. It fails with Conflict if another holder exists.
	Lock(path string) (io.Closer, error)
	List(dir string) ([]string, error)   // names of everything but directories
	Create(path string) (File, error)    // for reading and writing, mode 0600; fails if the name exists
	Open(path string) (File, error)      // for reading
	OpenWrite(path string) (File, error) // for reading and writing
	Rename(from, to string) error
	Remove(path string) error
	SyncDir(dir string) error
}

// File is an open file of a Disk. ReadAt is safe beside everything but Close.
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	Truncate(size int64) error
	Sync() error
	// Stat returns the file's size and the number of names it has.
	Stat() (size int64, links uint64, err error)
}

// OSDisk is the operating system's file system.
type OSDisk struct{}

// MakeDir makes the directory and its parents.
func (OSDisk) MakeDir(dir string) error { return os.MkdirAll(dir, 0o700) }

// Lock uses flock(2): the kernel drops it with the process, however that ends.
func (OSDisk) Lock(path string) (io.Closer, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return f, nil
	}
	_ = f.Close() // nothing was written
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, custody.Errorf(custody.Conflict, "another process is recording into this spool directory; stop it first")
	}
	return nil, err
}

// List returns the names of everything in dir but directories, sorted.
func (OSDisk) List(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	var names []string
	for _, e := range entries {
		if !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names, err
}

// Create makes a new file.
func (OSDisk) Create(path string) (File, error) {
	return osOpen(path, os.O_CREATE|os.O_EXCL|os.O_RDWR)
}

// Open opens a file for reading.
func (OSDisk) Open(path string) (File, error) { return osOpen(path, os.O_RDONLY) }

// OpenWrite opens a file for reading and writing.
func (OSDisk) OpenWrite(path string) (File, error) { return osOpen(path, os.O_RDWR) }

// Rename renames a file, replacing the target.
func (OSDisk) Rename(from, to string) error { return os.Rename(from, to) }

// Remove removes one name.
func (OSDisk) Remove(path string) error { return os.Remove(path) }

// SyncDir makes the directory's names durable.
func (OSDisk) SyncDir(dir string) error {
	d, err := os.Open(filepath.Clean(dir))
	if err != nil {
		return err
	}
	err = d.Sync()
	return errors.Join(err, d.Close())
}

type osFile struct{ *os.File }

func osOpen(path string, flag int) (File, error) {
	f, err := os.OpenFile(path, flag|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}

func (f osFile) Stat() (int64, uint64, error) {
	info, err := f.File.Stat()
	if err != nil {
		return 0, 0, err
	}
	links := uint64(1)
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		links = uint64(s.Nlink)
	}
	return info.Size(), links, nil
}

// diskError puts the Kind of CONTRACTS 25's two cases before an error of the spool disk: a full disk is
// Exhausted, everything else Unavailable.
func diskError(err error, format string, args ...any) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return custody.Wrap(custody.Exhausted, err, "the spool disk is full: "+format, args...)
	}
	return custody.Wrap(custody.Unavailable, err, format, args...)
}
