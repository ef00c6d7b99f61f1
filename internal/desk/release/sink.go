package release

import (
	"archive/zip"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/proof/manifest"
)

// Sink takes a package's files one after another, each whole before the next is asked for. NewZip and NewFolder are two.
type Sink interface {
	// File begins the file of that path, which has exactly size bytes.
	File(path string, size int64) (io.Writer, error)
	// Close ends the package: everything is there. An error means that it is none.
	Close() error
	// Discard ends it when not everything could be written: what was written is no package. It may follow Close, and does nothing then.
	Discard()
}

// Zip writes a package as a zip archive of stored entries, with a folder around them. The same package gives the same archive: no
// clock, no name of a machine. Larger ones than 4 GiB are ZIP64. Not safe for concurrent use.
type Zip struct {
	w      *zip.Writer
	folder string
}

// NewZip writes to w. folder is the name of the folder around everything; empty for none.
func NewZip(w io.Writer, folder string) *Zip {
	if folder != "" {
		folder += "/"
	}
	return &Zip{w: zip.NewWriter(w), folder: folder}
}

// File implements Sink.
func (z *Zip) File(path string, _ int64) (io.Writer, error) {
	w, err := z.w.CreateHeader(&zip.FileHeader{Name: z.folder + path, Method: zip.Store})
	return w, custody.Wrap(custody.Unavailable, err, "the archive could not be written")
}

// Close implements Sink.
func (z *Zip) Close() error {
	return custody.Wrap(custody.Unavailable, z.w.Close(), "the archive could not be written")
}

// Discard implements Sink. An archive without its directory opens nowhere.
func (z *Zip) Discard() {}

// Folder writes a package as a folder of plain files, for a stick or a disc. It has its name when it is whole and durable; until then, and
// after Discard, there is nothing of that name. Not safe for concurrent use.
type Folder struct {
	dir, temp string
	open      *os.File
	left      int64 // bytes of it to come
	dirs      map[string]bool
}

// NewFolder makes the folder dir, which must not exist, in a directory that does. Errors: Exists, Exhausted, Unavailable.
func NewFolder(dir string) (*Folder, error) {
	if _, err := os.Lstat(dir); err == nil {
		return nil, custody.Errorf(custody.Exists, "there is a folder of that name already: a package is never written over")
	}
	temp, err := os.MkdirTemp(filepath.Dir(dir), filepath.Base(dir)+".partial-")
	if err != nil {
		return nil, diskError(err)
	}
	return &Folder{dir: dir, temp: temp, dirs: map[string]bool{temp: true}}, nil
}

// File implements Sink.
func (f *Folder) File(path string, size int64) (io.Writer, error) {
	if err := manifest.CheckPath(path); err != nil {
		return nil, err
	}
	if err := f.end(); err != nil {
		return nil, err
	}
	full := filepath.Join(f.temp, filepath.FromSlash(path))
	for d := filepath.Dir(full); d != f.temp; d = filepath.Dir(d) {
		f.dirs[d] = true
	}
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		return nil, diskError(err)
	}
	file, err := os.OpenFile(full, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, diskError(err)
	}
	f.open, f.left = file, size
	return folderFile{f}, nil
}

// folderFile is the file that is being written.
type folderFile struct{ f *Folder }

// Write implements io.Writer.
func (w folderFile) Write(b []byte) (int, error) {
	if w.f.open == nil || int64(len(b)) > w.f.left {
		return 0, custody.Errorf(custody.Corrupt, "a file of the package is longer than it should be")
	}
	n, err := w.f.open.Write(b)
	w.f.left -= int64(n)
	return n, diskError(err)
}

// end makes the open file durable.
func (f *Folder) end() error {
	if f.open == nil {
		return nil
	}
	file := f.open
	f.open = nil
	if f.left != 0 {
		return errors.Join(custody.Errorf(custody.Corrupt, "a file of the package is shorter than it should be"), file.Close())
	}
	return diskError(errors.Join(file.Sync(), file.Close()))
}

// Close implements Sink.
func (f *Folder) Close() error {
	if err := f.end(); err != nil {
		return err
	}
	for d := range f.dirs {
		if err := syncDir(d); err != nil {
			return diskError(err)
		}
	}
	if err := os.Chmod(f.temp, 0o755); err != nil {
		return diskError(err)
	}
	if _, err := os.Lstat(f.dir); err == nil {
		return custody.Errorf(custody.Exists, "there is a folder of that name already: a package is never written over")
	}
	if err := os.Rename(f.temp, f.dir); err != nil {
		return diskError(err)
	}
	f.temp = ""
	return diskError(syncDir(filepath.Dir(f.dir)))
}

// Discard implements Sink.
func (f *Folder) Discard() {
	if f.open != nil {
		f.open.Close()
		f.open = nil
	}
	if f.temp != "" {
		_ = os.RemoveAll(f.temp) // its name says that it is none
	}
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
