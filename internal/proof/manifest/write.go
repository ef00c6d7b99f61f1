package manifest

import (
	"context"
	"crypto"
	"crypto/sha256"
	"errors"
	"hash/crc32"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"syscall"

	"github.com/footage-custody/custody/internal/custody"
)

// Content is everything that goes into a package.
type Content struct {
	Package    Package
	Custody    []Entry                    // in order of time
	Segments   iter.Seq2[Segment, error]  // one at a time, in any order; an error ends the writing
	Checkpoint []byte                     // a signed checkpoint under which every disclosed entry stands
	LogKey     string                     // the log's verifier string (seal.VerifierKey)
	SigningKey SigningKey                 // the package-signing key, and the log's entry that announces it
	Data       []Data                     // the files of every rendition
	Report     func(done, total int64)    // progress of the verification at the end; may be nil
	Copied     func(path string, n int64) // progress of writing: every byte counts when it is written, and when it is read back; calls may overlap; may be nil
	// Read gets every byte of the media files as it was read back, block by block, one file after the other. Its error ends the writing; may be
	// nil.
	Read func(path string, b []byte) error

	Certificate []byte // certificate.pdf; nil if there is none
}

// Data is one file below data/.
type Data struct {
	Path string
	// Size is how many bytes Write writes, if that is known: then the file is read back while it is written. 0 if not.
	Size int64
	// Write writes its content, once.
	Write func(w io.Writer) error
}

// Write makes a package in the directory dir, which must not exist, and verifies it before it has that name. It is written under a
// temporary name beside dir, and only what verifies is renamed; after an error nothing is left of it. A process that is killed leaves the
// temporary name "<dir>.partial-*", which may be removed. Nothing is made durable: that is for whoever keeps the package.
//
// Every byte of a media file is read back once and hashed twice, as a part of the file and of its unit. What manifest-sha256.txt states is
// the digest of what was read back; a CRC-32C tells it apart from what was written. The files are written in the order of Content.Data.
//
// key signs the package; its public half is the one in SigningKey. Errors: Invalid (the content is not a package), Exists (dir is there),
// Exhausted or Unavailable (the disk), Corrupt (the package does not verify: the first finding is told), ctx's, and those of the content's
// readers.
func Write(ctx context.Context, dir string, c Content, key crypto.Signer) (Report, error) {
	if _, err := os.Lstat(dir); err == nil {
		return Report{}, custody.Errorf(custody.Exists, "%s is there already: a package is never written over", dir)
	}
	temp, err := os.MkdirTemp(filepath.Dir(dir), filepath.Base(dir)+".partial-")
	if err != nil {
		return Report{}, diskError(err)
	}
	w := &writer{ctx: ctx, dir: temp, copied: c.Copied, read: c.Read, tags: sums{}, data: sums{},
		original: map[string]bool{}, hashed: map[string]hashedFile{}, polynomial: crc32.MakeTable(crc32.Castagnoli)}
	report, err := w.all(c, key)
	if err == nil {
		err = w.publish(dir)
	}
	if err != nil {
		return report, errors.Join(err, os.RemoveAll(temp))
	}
	return report, nil
}

func diskError(err error) error {
	if custody.KindOf(err) != custody.Internal || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return custody.Wrap(custody.Exhausted, err, "the disk is full: the package could not be written")
	}
	return custody.Wrap(custody.Unavailable, err, "the package could not be written")
}

type writer struct {
	ctx        context.Context
	dir        string
	copied     func(path string, n int64)
	read       func(path string, b []byte) error
	tags, data sums
	octets     int64
	original   map[string]bool       // media files whose units are proved
	hashed     map[string]hashedFile // media files as they were read back
	units      int                   // of which hashed has the digests
	polynomial *crc32.Table
}

func (w *writer) all(c Content, key crypto.Signer) (Report, error) {
	if err := c.Package.valid(); err != nil {
		return Report{}, custody.Wrap(custody.Invalid, err, "this is no package: %s", custody.PublicText(err))
	}
	k, err := parseVerifierKey(c.SigningKey.Verifier)
	if err != nil {
		return Report{}, custody.Wrap(custody.Invalid, err, "the package-signing key is not written as it should be")
	}
	for _, step := range []func(Content) error{w.payload, w.segments, w.documents} {
		if err := step(c); err != nil {
			return Report{}, err
		}
	}
	tags := w.tags.encode()
	signature, err := sign(key, k.name, c.Package.ID, sha256.Sum256(tags))
	if err != nil {
		return Report{}, err
	}
	for path, b := range map[string][]byte{fileTagManifest: tags, fileSignature: signature} {
		if err := w.document(path, b); err != nil {
			return Report{}, err
		}
	}
	return w.verify(c)
}

// payload copies the renditions' files, each of which must be there.
func (w *writer) payload(c Content) error {
	wanted := map[string]bool{}
	for _, item := range c.Package.Items {
		for _, r := range item.Renditions {
			wanted[r.Path], w.original[r.Path] = true, r.Kind == Original
		}
	}
	for _, d := range c.Data {
		if !wanted[d.Path] {
			return custody.Errorf(custody.Invalid, "no item has the rendition %s, or it is given twice", clip(d.Path, maxPath))
		}
		delete(wanted, d.Path)
		if err := w.media(d); err != nil {
			return err
		}
	}
	for path := range wanted {
		return custody.Errorf(custody.Invalid, "the content of %s is not given", path)
	}
	return nil
}

func (w *writer) segments(c Content) error {
	for s, err := range c.Segments {
		if err != nil {
			return err
		}
		b, err := encode(&s.Proof)
		if err != nil {
			return err
		}
		if err := w.tag(segmentFile(s.Proof.Segment), b); err != nil {
			return err
		}
		if len(s.Proof.Units) == 0 {
			continue
		}
		rows := make([]byte, 0, len(s.Rows)*rowUnitSize)
		for _, r := range s.Rows {
			rows = appendRow(rows, r)
		}
		if len(rows) > MaxUnits {
			return custody.Errorf(custody.Exhausted, "segment %s has more units than a package takes", s.Proof.Segment)
		}
		if err := w.tag(segmentRowsFile(s.Proof.Segment), rows); err != nil {
			return err
		}
	}
	return nil
}

// documents writes everything but the payload, the proofs, the tag manifest and the signature.
func (w *writer) documents(c Content) error {
	pkg, err := encode(&c.Package)
	if err != nil {
		return err
	}
	chain, err := encodeCustody(c.Custody)
	if err != nil {
		return err
	}
	signer, err := encode(&c.SigningKey)
	if err != nil {
		return err
	}
	files := map[string][]byte{
		fileBagit: []byte(bagit), fileBagInfo: bagInfo(&c.Package, len(w.data), w.octets), fileManifest: w.data.encode(),
		filePackage: pkg, fileCustody: chain, fileCheckpoint: c.Checkpoint, fileLogKey: []byte(c.LogKey + "\n"),
		fileSigningKey: signer, filePage: page(&c.Package, c.LogKey),
	}
	if c.Certificate != nil {
		files[fileCertificate] = c.Certificate
	}
	for path, b := range files {
		if len(b) > MaxDocument {
			return custody.Errorf(custody.Exhausted, "%s has more than %d bytes", path, MaxDocument)
		}
		if err := w.tag(path, b); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) tag(path string, b []byte) error {
	w.tags[path] = sha(b)
	return w.document(path, b)
}

// document writes a small file.
func (w *writer) document(path string, b []byte) error {
	f, err := w.create(path)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return diskError(errors.Join(err, f.Close()))
}

// create opens a new file, whose folders it makes.
func (w *writer) create(path string) (*os.File, error) {
	if err := CheckPath(path); err != nil {
		return nil, custody.Wrap(custody.Invalid, err, "%s", custody.PublicText(err))
	}
	full := filepath.Join(w.dir, filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		return nil, diskError(err)
	}
	f, err := os.OpenFile(full, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	return f, diskError(err)
}

// verify reads the package back as a stranger would who has the log's key.
func (w *writer) verify(c Content) (Report, error) {
	src, err := OpenSource(w.dir)
	if err != nil {
		return Report{}, err
	}
	defer src.Close()
	report, err := verifyHashed(w.ctx, src, Options{LogKeys: []string{c.LogKey}, Progress: c.Report}, w.hashed)
	if err == nil && !report.Good() {
		err = custody.Errorf(custody.Corrupt, "the package does not verify and was not released: %s", report.Findings[0].Text)
	}
	return report, err
}

// publish gives the package its name.
func (w *writer) publish(dir string) error {
	if err := os.Chmod(w.dir, 0o755); err != nil {
		return diskError(err)
	}
	if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
		return custody.Errorf(custody.Exists, "%s is there already: a package is never written over", dir)
	}
	return diskError(os.Rename(w.dir, dir))
}
