package vault

import (
	"context"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// footageFolder is where a package keeps its films; everything else in it tells about them.
const footageFolder = "data/"

// Package is a package at rest, opened for reading under a Grant. Its methods are safe for concurrent use.
type Package struct {
	v     *Vault
	g     access.Grant
	id    custody.PackageID
	box   *packageBox
	ctx   context.Context // of all reads: io.ReaderAt has none
	files []packedEntry   // in byte order of their paths
	body  int64
}

// OpenPackage opens a package under a Grant of access.PackageHandOver or access.RequestView whose subject is the package's id, or of
// access.FootageExport: the system takes a film that was made for the item over into a later package. Every read asks the Grant
// again, and ends with ctx.
//
// Errors: Denied, NotFound (no object), Corrupt, Unavailable. Memory: the list of files, and 1 MiB for each that is open.
func (v *Vault) OpenPackage(ctx context.Context, g access.Grant, id custody.PackageID, sealed SealedPackage) (*Package, error) {
	p := &Package{v: v, g: g, id: id, ctx: ctx}
	if err := p.stands(""); err != nil {
		return nil, err
	}
	var err error
	if p.box, err = v.packageBox(id, sealed); err != nil {
		return nil, err
	}
	_, files, body, err := v.packageTable(ctx, p.box, id, sealed.Size)
	if err != nil {
		return nil, err
	}
	p.files, p.body = byPath(files), body
	return p, nil
}

// stands asks the Grant about a file, "" being none in particular.
func (p *Package) stands(path string) error {
	action := p.g.Action()
	switch {
	case action == access.FootageExport:
	case action != access.PackageHandOver && action != access.RequestView:
		action = access.PackageHandOver // which the Grant then refuses
	case p.g.Subject() != string(p.id):
		return custody.Errorf(custody.Denied, "the decision %s is about another package", p.g.ID())
	}
	if action == access.RequestView && strings.HasPrefix(path, footageFolder) {
		return custody.Errorf(custody.Denied, "the decision %s opens a package's papers, not its footage", p.g.ID())
	}
	return p.g.Allows(action)
}

// Files lists the package's files in byte order of their paths.
func (p *Package) Files() []PackedFile {
	out := make([]PackedFile, len(p.files))
	for i, f := range p.files {
		out[i] = f.PackedFile
	}
	return out
}

// Open opens one file; NotFound if there is none of that path. Under access.RequestView what lies below data/ is Denied: it is footage.
func (p *Package) Open(path string) (*PackedReader, error) {
	i, ok := slices.BinarySearchFunc(p.files, path, func(f packedEntry, path string) int { return strings.Compare(f.Path, path) })
	if !ok {
		return nil, custody.Errorf(custody.NotFound, "the package has no file %.80q", path)
	}
	if err := p.stands(path); err != nil {
		return nil, err
	}
	return &PackedReader{p: p, file: p.files[i]}, nil
}

// PackedReader reads one file of a package at any place; it is an io.ReaderAt and safe for concurrent use.
type PackedReader struct {
	p    *Package
	file packedEntry

	mu     sync.Mutex // held while one chunk is read and opened
	number int64      // of the chunk that is at hand, from 1; 0 for none
	chunk  []byte
}

// Size is the length of the file in bytes.
func (r *PackedReader) Size() int64 { return r.file.Size }

// Close gives the memory back.
func (r *PackedReader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.number, r.chunk = 0, nil
	return nil
}

// ReadAt implements io.ReaderAt. Errors are those of OpenPackage, and io.EOF.
func (r *PackedReader) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, custody.Errorf(custody.Invalid, "the offset %d is not valid: it must be 0 or more", off)
	}
	if err := r.p.stands(r.file.Path); err != nil {
		return 0, err
	}
	if off >= r.file.Size {
		return 0, io.EOF
	}
	want := int(min(int64(len(p)), r.file.Size-off))
	for n, at := 0, r.file.offset+off; n < want; {
		m, err := r.read(p[n:want], at)
		if err != nil {
			return n, custody.Wrap(kindOf(err), err, "package %s: %s is not what was stored, or cannot be read", r.p.id, r.file.Path)
		}
		n, at = n+m, at+int64(m)
	}
	if want < len(p) {
		return want, io.EOF
	}
	return want, nil
}

// chunksAtOnce is how many whole chunks are read in one ranged read.
const chunksAtOnce = 4

// read fills a part of dst with what the body has at that place: whole chunks directly, the rest from the chunk at hand.
func (r *PackedReader) read(dst []byte, at int64) (int, error) {
	first, in := at/packageChunk, at%packageChunk
	if whole := min(int64(len(dst))/packageChunk, chunksAtOnce); in == 0 && whole > 0 {
		return int(whole * packageChunk), r.p.chunks(dst, first, whole)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.number != first+1 {
		size := min(packageChunk, r.p.body-first*packageChunk)
		if cap(r.chunk) < int(size) {
			r.chunk = make([]byte, size)
		}
		r.number, r.chunk = 0, r.chunk[:size]
		if err := r.p.chunks(r.chunk, first, 1); err != nil {
			return 0, err
		}
		r.number = first + 1
	}
	return copy(dst, r.chunk[in:]), nil
}

// chunks reads count chunks from number first on in one ranged read and opens them into dst.
func (p *Package) chunks(dst []byte, first, count int64) error {
	release, err := p.v.reads.enter(p.ctx)
	if err != nil {
		return err
	}
	defer release()
	from := first * packageChunk
	end := min(from+count*packageChunk, p.body)
	buf := p.v.reads.get(int(end - from + count*sealOverhead))
	defer p.v.reads.put(buf)
	if err := p.v.objects.ReadAt(p.ctx, string(p.id), *buf, packageHeaderSize+first*sealedChunk); err != nil {
		return err
	}
	for n := range count {
		size := min(packageChunk, end-from-n*packageChunk)
		sealed := (*buf)[n*sealedChunk:][:size+sealOverhead]
		if _, err := p.box.open(dst[n*packageChunk:][:0:size], sealed, uint32(first+n), kindChunk); err != nil {
			return err
		}
	}
	return nil
}
