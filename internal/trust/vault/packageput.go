package vault

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/footage-custody/custody/internal/custody"
)

// folder is a package that lies as plain files. Nothing is followed out of it.
type folder struct {
	root  *os.Root
	files []packedEntry
	body  int64
}

// openFolder lists a folder's files in byte order of their paths. The caller closes the root.
func openFolder(dir string) (*folder, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, custody.Wrap(custody.Invalid, err, "there is no folder of a package to store")
	}
	d := &folder{root: root}
	if err := d.list(); err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return d, nil
}

func (d *folder) list() error {
	err := fs.WalkDir(d.root.FS(), ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		switch {
		case err != nil:
			return err
		case !info.Mode().IsRegular() || !validPackedPath(path):
			return custody.Errorf(custody.Invalid, "the package's folder holds something that is no plain file, or has too long a name: %.80q", path)
		case len(d.files) == maxPackageFiles:
			return custody.Errorf(custody.Exhausted, "the package has more than %d files", maxPackageFiles)
		}
		d.files = append(d.files, packedEntry{PackedFile: PackedFile{path, info.Size()}})
		return nil
	})
	if err != nil {
		return packageError(err, "the package's folder could not be listed")
	}
	if len(d.files) == 0 {
		return custody.Errorf(custody.Invalid, "the package's folder holds no files")
	}
	slices.SortFunc(d.files, func(a, b packedEntry) int { return cmp.Compare(a.Path, b.Path) })
	for i := range d.files {
		d.files[i].offset = d.body
		if d.body += d.files[i].Size; d.body > maxPackageBody {
			return custody.Errorf(custody.Exhausted, "the package is larger than %d bytes", int64(maxPackageBody))
		}
	}
	return nil
}

// body reads the files one after another. A file that is shorter or longer than it was is a Conflict.
type bodyReader struct {
	folder *folder
	next   int // of the files
	file   *os.File
	left   int64 // of it
}

// Read implements io.Reader.
func (r *bodyReader) Read(p []byte) (int, error) {
	for r.file == nil {
		if r.next == len(r.folder.files) {
			return 0, io.EOF
		}
		f, err := r.folder.root.Open(filepath.FromSlash(r.folder.files[r.next].Path))
		if err != nil {
			return 0, packageError(err, "a file of the package could not be opened")
		}
		r.file, r.left = f, r.folder.files[r.next].Size
		r.next++
	}
	if r.left == 0 {
		return 0, r.close()
	}
	n, err := r.file.Read(p[:min(int64(len(p)), r.left)])
	r.left -= int64(n)
	if errors.Is(err, io.EOF) {
		err = r.changed()
	}
	if n > 0 && err == nil {
		return n, nil
	}
	return n, packageError(err, "a file of the package could not be read")
}

// close closes a file that was read to its length, and looks whether it ends there.
func (r *bodyReader) close() error {
	n, err := r.file.Read(make([]byte, 1))
	if closing := r.file.Close(); err == io.EOF {
		err = closing
	}
	r.file = nil
	if n > 0 {
		err = r.changed()
	}
	return packageError(err, "a file of the package could not be read")
}

func (r *bodyReader) changed() error {
	return custody.Errorf(custody.Conflict, "the file %s changed while the package was stored", r.folder.files[r.next-1].Path)
}

// abandon closes what an error left open.
func (r *bodyReader) abandon() {
	if r.file != nil {
		_ = r.file.Close() // it was only read
	}
}

// without leaves out what was sealed already, which must be there and as long, and lays the rest out as a body of its own.
func (d *folder) without(sealed []packedEntry) error {
	sizes := make(map[string]int64, len(sealed))
	for _, f := range sealed {
		sizes[f.Path] = f.Size
	}
	rest := d.files[:0]
	d.body = 0
	for _, f := range d.files {
		size, taken := sizes[f.Path]
		if !taken {
			f.offset = d.body
			d.body += f.Size
			rest = append(rest, f)
			continue
		}
		if size != f.Size {
			return custody.Errorf(custody.Conflict, "the file %s changed while the package was stored", f.Path)
		}
		delete(sizes, f.Path)
	}
	if d.files = rest; len(sizes) > 0 {
		return custody.Errorf(custody.Conflict, "a file of the package went away while it was stored")
	}
	return nil
}

// chainedWriter writes what it is given in one goroutine and hashes it in another, in order.
type chainedWriter struct {
	file   File
	queue  chan []byte
	wrote  chan []byte
	empty  chan []byte // buffers that are done with; room for those that were none of them, too
	hashed chan [32]byte
	fault  chan error // the first
	size   int64      // written
	pushed int64      // of which the disk was told
}

const (
	chainedBuffers = 4       // chunks under way
	pushEvery      = 8 << 20 // bytes
)

func newChainedWriter(file File) *chainedWriter {
	w := &chainedWriter{file: file, queue: make(chan []byte, chainedBuffers), wrote: make(chan []byte, chainedBuffers),
		empty: make(chan []byte, chainedBuffers+2), hashed: make(chan [32]byte, 1), fault: make(chan error, 1)}
	for range chainedBuffers {
		w.empty <- make([]byte, 0, sealedChunk)
	}
	go w.writeAll()
	go w.hashAll()
	return w
}

func (w *chainedWriter) writeAll() {
	defer close(w.wrote)
	failed := false
	for b := range w.queue {
		if !failed {
			if _, err := w.file.WriteAt(b, w.size); err != nil {
				w.fault <- err
				failed = true
			}
		}
		w.size += int64(len(b))
		w.push()
		w.wrote <- b
	}
}

// push has the kernel begin to write to the disk what a later Sync would wait for. It is advice: a disk that cannot be told is not.
func (w *chainedWriter) push() {
	const begin = 2 // SYNC_FILE_RANGE_WRITE
	if f, ok := w.file.(interface{ Fd() uintptr }); ok && w.size-w.pushed >= pushEvery {
		_ = syscall.SyncFileRange(int(f.Fd()), w.pushed, w.size-w.pushed, begin) // Sync tells
		w.pushed = w.size
	}
}

func (w *chainedWriter) hashAll() {
	sum := sha256.New()
	for b := range w.wrote {
		sum.Write(b)
		if cap(b) == sealedChunk {
			w.empty <- b[:0]
		}
	}
	w.hashed <- [32]byte(sum.Sum(nil))
}

// buffer waits for an empty buffer.
func (w *chainedWriter) buffer() []byte { return <-w.empty }

// write takes b over.
func (w *chainedWriter) write(b []byte) { w.queue <- b }

// failure is the first error so far, told once.
func (w *chainedWriter) failure() error {
	select {
	case err := <-w.fault:
		return err
	default:
		return nil
	}
}

// finish waits until everything is written.
func (w *chainedWriter) finish() (Source, error) {
	close(w.queue)
	digest := <-w.hashed
	return Source{Size: w.size, Digest: digest}, w.failure()
}
