package vault

import (
	"context"
	"errors"
	"io"

	"github.com/footage-custody/custody/internal/custody"
)

// sealedSuffix names the file beside a package's folder that becomes its object.
const sealedSuffix = ".sealed"

// Packing is a package on its way to the object store: its files are sealed into one object, those that it is given while they come to be
// first (Add), the others of its folder when it is stored (Vault.PutPackage). Not safe for concurrent use.
//
// Memory: 6 MiB from Pack to the end.
type Packing struct {
	v       *Vault
	id      custody.PackageID
	box     *packageBox
	key     SealedPackage // its wrapped key
	dir     string
	file    File
	out     *chainedWriter
	files   []packedEntry // in the order of the body; the last may be growing
	taken   map[string]bool
	body    int64  // sealed, or in part
	part    []byte // of the chunk that is not full
	number  uint32 // of the next chunk
	failed  error  // the first; then nothing more is sealed
	stopped bool
}

// Pack begins a package that is to be stored from the folder dir, which need not be there yet, under a fresh key. The object is made in the
// file dir+".sealed"; what an earlier attempt left of that name is removed. End it with PutPackage or Discard.
//
// Errors: Invalid (not a package id), Exhausted, Unavailable.
func (v *Vault) Pack(id custody.PackageID, dir string) (*Packing, error) {
	if _, err := id.Bytes(); err != nil {
		return nil, err
	}
	key, wrapped, by, err := v.keys.WrapPackage(id)
	if err != nil {
		return nil, custody.Wrap(custody.KindOf(err), err, "the package's key could not be made")
	}
	b, err := newPackageBox(id, key)
	if err != nil {
		return nil, err
	}
	if err := absentIsFine(v.disk.Remove(dir + sealedSuffix)); err != nil {
		return nil, packageError(err, "the file of an earlier attempt could not be removed")
	}
	file, err := v.disk.Create(dir + sealedSuffix)
	if err != nil {
		return nil, diskError(err, "the package's working file could not be made")
	}
	p := &Packing{v: v, id: id, box: b, key: SealedPackage{KeyID: by, Wrapped: wrapped}, dir: dir, file: file, out: newChainedWriter(file),
		taken: map[string]bool{}, part: make([]byte, 0, packageChunk)}
	p.out.write(appendPackageHeader(nil, b.id))
	return p, nil
}

// Add takes the next bytes of a file of the package, by its path in the folder. Give each file's bytes in order, all of them, before those
// of the next: what PutPackage then finds in the folder must be as long. The bytes are not kept. After an error the Packing can only be
// discarded.
//
// Errors: Invalid (the path is none, or its file was taken already), Exhausted, Unavailable.
func (p *Packing) Add(path string, b []byte) error {
	if n := len(p.files) - 1; p.failed == nil && (n < 0 || p.files[n].Path != path) {
		p.failed = p.begin(path)
	}
	if p.failed == nil {
		p.files[len(p.files)-1].Size += int64(len(b))
		p.write(b)
	}
	return p.failed
}

// begin takes the next file.
func (p *Packing) begin(path string) error {
	switch {
	case !validPackedPath(path) || p.taken[path]:
		return custody.Errorf(custody.Invalid, "a package has one file of each path, and none of %.80q", path)
	case len(p.files) == maxPackageFiles:
		return custody.Errorf(custody.Exhausted, "the package has more than %d files", maxPackageFiles)
	}
	p.taken[path] = true
	p.files = append(p.files, packedEntry{PackedFile{path, 0}, p.body})
	return nil
}

// write seals bytes of the body: whole chunks where they lie, the rest when a chunk of it is full.
func (p *Packing) write(b []byte) {
	p.body += int64(len(b))
	for len(b) > 0 && p.failed == nil {
		if len(p.part) == 0 && len(b) >= packageChunk {
			p.seal(b[:packageChunk])
			b = b[packageChunk:]
			continue
		}
		n := min(len(b), packageChunk-len(p.part))
		p.part, b = append(p.part, b[:n]...), b[n:]
		if len(p.part) == packageChunk {
			p.flush()
		}
	}
}

// flush seals what there is of a chunk.
func (p *Packing) flush() {
	if len(p.part) > 0 {
		p.seal(p.part)
		p.part = p.part[:0]
	}
}

// seal encrypts a chunk, while the chunks before it are written and hashed.
func (p *Packing) seal(plain []byte) {
	if p.failed = packageError(p.out.failure(), "the package could not be written"); p.failed == nil {
		p.out.write(p.box.seal(p.out.buffer(), plain, p.number, kindChunk))
		p.number++
	}
}

// rest seals those files of the folder that were not taken, and compares the lengths of those that were.
func (p *Packing) rest(ctx context.Context, progress func(done, total int64)) error {
	d, err := openFolder(p.dir)
	if err != nil {
		return err
	}
	defer d.root.Close()
	total := d.body
	if err := d.without(p.files); err != nil {
		return err
	}
	r := &bodyReader{folder: d}
	defer r.abandon()
	for _, f := range d.files {
		if err := p.begin(f.Path); err != nil {
			return err
		}
		p.files[len(p.files)-1].Size = f.Size
		p.files[len(p.files)-1].offset = p.body + f.offset
	}
	block := make([]byte, packageChunk)
	for left := d.body; left > 0; {
		if err := ctx.Err(); err != nil {
			return custody.Wrap(custody.Unavailable, err, "storing the package was stopped")
		}
		b := block[:min(left, int64(len(block)))]
		if _, err := io.ReadFull(r, b); err != nil {
			return packageError(err, "a file of the package could not be read")
		}
		if p.write(b); p.failed != nil {
			return p.failed
		}
		if left -= int64(len(b)); progress != nil {
			progress(p.body, total)
		}
	}
	if _, err := io.ReadFull(r, block[:1]); err != io.EOF { // the last file ends where it should
		return packageError(err, "a file of the package could not be read")
	}
	return nil
}

// close seals the list of files and ends the object.
func (p *Packing) close(err error) (Source, error) {
	if p.failed == nil {
		p.failed = err
	}
	if p.failed == nil {
		p.flush()
	}
	if p.failed == nil {
		table := p.box.seal(nil, appendPackageTable(nil, p.files, p.body), 0, kindFiles)
		p.out.write(table)
		p.out.write(packageFooter{packageHeaderSize + sealedBody(p.body), uint32(len(table))}.append(nil, p.box.id))
	}
	p.stopped = true
	src, failed := p.out.finish()
	if closing := p.file.Close(); failed == nil {
		failed = closing
	}
	if p.failed == nil {
		p.failed = packageError(failed, "the package could not be written")
	}
	src.Path = p.dir + sealedSuffix
	return src, p.failed
}

// Discard ends a package that is not stored, and removes its file. It may follow PutPackage, and does nothing then.
func (p *Packing) Discard() {
	if p.stopped {
		return
	}
	_, _ = p.close(custody.Errorf(custody.Conflict, "the package was given up")) // nothing is to become of it
	_ = p.remove()                                                               // or the next Pack removes it
}

// remove removes the working file.
func (p *Packing) remove() error {
	return packageError(absentIsFine(p.v.disk.Remove(p.dir+sealedSuffix)), "the package's working file could not be removed")
}

// PutPackage stores a package as one encrypted object named by its id: what it was given already and every other file of its folder, which
// must be plain files. It ends the Packing, whatever it returns. progress, if not nil, is told by the caller's goroutine how many bytes of
// the files are done. A crash may leave the working file, and an object without a row, which nothing can open.
//
// Errors: Invalid (the folder is empty or holds what is no plain file), Exhausted (disk full, or too many files), Conflict (a file changed
// meanwhile, or the Packing was ended), Exists (an earlier attempt left its bytes under the id: PurgePackage, and try again), Unavailable,
// Corrupt (the store does not hold what was put).
func (v *Vault) PutPackage(ctx context.Context, p *Packing, progress func(done, total int64)) (SealedPackage, error) {
	if p.stopped {
		return SealedPackage{}, custody.Errorf(custody.Conflict, "the package was stored or given up already")
	}
	err := p.failed
	if err == nil {
		err = p.rest(ctx, progress)
	}
	src, err := p.close(err)
	if err == nil {
		err = v.storePackage(ctx, p.id, src)
	}
	if err = errors.Join(err, p.remove()); err != nil {
		return SealedPackage{}, err
	}
	out := p.key
	out.Size, out.Digest = src.Size, src.Digest
	return out, nil
}
