package manifest

import (
	"archive/zip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
)

// Listed is one name that lies in a package, whatever it is.
type Listed struct {
	Path    string
	Size    int64
	Strange string // why it is no plain file: "a symbolic link" ...; empty if it is one
}

// File is an open file of a package.
type File interface {
	io.ReaderAt
	io.Closer
}

// Source is where a package lies. Its methods are not safe for concurrent use; the files it opens are.
type Source interface {
	// List returns every name but directories, at most MaxFiles and one; nothing is followed.
	List() ([]Listed, error)
	// Open opens a plain file of the list for reading at any place.
	Open(path string) (File, error)
	Close() error
}

// OpenSource opens a package for reading: a directory, or a .zip file whose entries are stored without compression or are small. It
// fails with NotFound or Invalid if the path is neither, Unavailable if it cannot be read.
func OpenSource(path string) (Source, error) {
	st, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, custody.Wrap(custody.NotFound, err, "there is no package at %s", path)
	case err != nil:
		return nil, custody.Wrap(custody.Unavailable, err, "%s cannot be read", path)
	case st.IsDir():
		root, err := os.OpenRoot(path)
		if err != nil {
			return nil, custody.Wrap(custody.Unavailable, err, "%s cannot be read", path)
		}
		return &folder{path: path, root: root}, nil
	case strings.EqualFold(filepath.Ext(path), ".zip"):
		return openArchive(path, st.Size())
	}
	return nil, custody.Errorf(custody.Invalid, "%s is no package: give the folder that holds bagit.txt, or a .zip file of it", path)
}

// folder is a package as a directory. Everything is opened below a root that no link leads out of.
type folder struct {
	path string
	root *os.Root
}

func (d *folder) Close() error { return d.root.Close() }

func (d *folder) List() ([]Listed, error) {
	var out []Listed
	err := fs.WalkDir(d.root.FS(), ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() {
			return nil
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		out = append(out, Listed{Path: path, Size: info.Size(), Strange: strangeness(info.Mode())})
		if len(out) > MaxFiles {
			return fs.SkipAll
		}
		return nil
	})
	return out, custody.Wrap(custody.Unavailable, err, "the package cannot be read")
}

func strangeness(m fs.FileMode) string {
	switch {
	case m.IsRegular():
		return ""
	case m&fs.ModeSymlink != 0:
		return "a symbolic link"
	}
	return "not a plain file"
}

func (d *folder) Open(path string) (File, error) {
	f, err := d.root.Open(filepath.FromSlash(path))
	if err != nil {
		return nil, custody.Wrap(custody.Unavailable, err, "%s cannot be opened", path)
	}
	return f, nil
}

// archive is a package inside a zip file. One folder around everything is looked through.
type archive struct {
	file  *os.File
	names map[string]*zip.File
	list  []Listed
}

// maxUnpacked bounds an entry that has to be unpacked into memory.
const maxUnpacked = MaxDocument

func openArchive(path string, size int64) (Source, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, custody.Wrap(custody.Unavailable, err, "%s cannot be read", path)
	}
	r, err := zip.NewReader(f, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		f.Close()
		return nil, custody.Wrap(custody.Invalid, err, "%s is no zip file that can be read", path)
	}
	a := &archive{file: f, names: map[string]*zip.File{}}
	around := commonFolder(r.File)
	for _, e := range r.File {
		if strings.HasSuffix(e.Name, "/") && e.UncompressedSize64 == 0 || len(a.list) > MaxFiles {
			continue
		}
		name := strings.TrimPrefix(e.Name, around)
		l := Listed{Path: name, Size: int64(min(e.UncompressedSize64, 1<<62)), Strange: strangeness(e.Mode())}
		if e.Method != zip.Store && e.UncompressedSize64 > maxUnpacked {
			l.Strange = "compressed and large: unpack the zip file and check the folder"
		}
		a.list = append(a.list, l)
		a.names[name] = e
	}
	return a, nil
}

// commonFolder is the one folder that every entry lies in, with its slash; empty if bagit.txt lies at the top.
func commonFolder(files []*zip.File) string {
	i := slices.IndexFunc(files, func(f *zip.File) bool { return strings.HasSuffix(f.Name, "/"+fileBagit) })
	if i < 0 || slices.ContainsFunc(files, func(f *zip.File) bool { return f.Name == fileBagit }) {
		return ""
	}
	folder := strings.TrimSuffix(files[i].Name, fileBagit)
	if strings.Count(folder, "/") != 1 || slices.ContainsFunc(files, func(f *zip.File) bool { return !strings.HasPrefix(f.Name, folder) }) {
		return ""
	}
	return folder
}

func (a *archive) Close() error            { return a.file.Close() }
func (a *archive) List() ([]Listed, error) { return a.list, nil }

func (a *archive) Open(path string) (File, error) {
	e := a.names[path]
	if e == nil {
		return nil, custody.Errorf(custody.NotFound, "%s is not in the zip file", path)
	}
	if e.Method == zip.Store && e.CompressedSize64 == e.UncompressedSize64 {
		at, err := e.DataOffset()
		if err != nil {
			return nil, custody.Wrap(custody.Unavailable, err, "%s cannot be read from the zip file", path)
		}
		return section{io.NewSectionReader(a.file, at, int64(e.CompressedSize64))}, nil
	}
	r, err := e.Open()
	if err != nil {
		return nil, custody.Wrap(custody.Unavailable, err, "%s cannot be read from the zip file", path)
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, maxUnpacked+1))
	if err != nil || len(b) > maxUnpacked {
		return nil, custody.Wrap(custody.Unavailable, errors.Join(err, fs.ErrInvalid), "%s cannot be unpacked", path)
	}
	return section{io.NewSectionReader(strings.NewReader(string(b)), 0, int64(len(b)))}, nil
}

type section struct{ io.ReaderAt }

func (section) Close() error { return nil }
