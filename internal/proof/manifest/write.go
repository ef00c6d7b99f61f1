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
	"github.com/footage-custody/custody/internal/proof/mp4box"
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
	Copied     func(path string, n int64) // progress of writing: every byte counts when it is written, and when it is read back; may be nil

	Certificate []byte // certificate.pdf; nil if there is none
}

// Data is one file below data/.
type Data struct {
	Path string
	// Write writes its content, once.
	Write func(w io.Writer) error
}

// Write makes a package in the directory dir, which must not exist, and verifies it before it has that name. It is written under a
// temporary name beside dir, and only what verifies is renamed; after an error nothing is left of it. A process that is killed leaves the
// temporary name "<dir>.partial-*", which may be removed. Nothing is made durable: that is for whoever keeps the package.
//
// Every byte of a media file is read back once and hashed twice, as a part of the file and of its unit. What manifest-sha256.txt states is
// the digest of what was read back; a CRC-32C tells it apart from what was written.
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
	w := &writer{ctx: ctx, dir: temp, copied: c.Copied, tags: sums{}, data: sums{},
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

// media writes one file below data/ and reads it back.
func (w *writer) media(d Data) error {
	f, err := w.create(d.Path)
	if err != nil {
		return err
	}
	to := &mediaWriter{w: w, path: d.Path, file: f}
	err = d.Write(to)
	if to.failed != nil {
		err = to.failed // the disk's own, or ctx's, whatever the content makes of it
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return diskError(err)
	}
	read, crc, err := w.readBack(d.Path, to.size)
	if err != nil {
		return err
	}
	if crc != to.crc {
		return custody.Errorf(custody.Corrupt, "%s does not lie on the disk as it was written", d.Path)
	}
	w.data[d.Path], w.octets, w.hashed[d.Path] = read.sum, w.octets+to.size, read
	return nil
}

// tell reports progress.
func (w *writer) tell(path string, n int) {
	if w.copied != nil && n > 0 {
		w.copied(path, int64(n))
	}
}

// mediaWriter writes a media file. It can be stopped, and tells how far it is.
type mediaWriter struct {
	w      *writer
	path   string
	file   io.Writer
	size   int64
	crc    uint32
	failed error
}

// Write implements io.Writer.
func (m *mediaWriter) Write(b []byte) (int, error) {
	if m.failed = m.w.ctx.Err(); m.failed != nil {
		return 0, m.failed
	}
	n, err := m.file.Write(b)
	m.size, m.crc = m.size+int64(n), crc32.Update(m.crc, m.w.polynomial, b[:n])
	m.w.tell(m.path, n)
	m.failed = err
	return n, err
}

// keptUnits is of how many units in all the digests are kept from the reading back to the verification: 16 MiB. The files of the others are
// read twice.
const keptUnits = 1 << 19

// readBack hashes a file as the verification will want it.
func (w *writer) readBack(path string, size int64) (h hashedFile, crc uint32, err error) {
	f, err := os.Open(filepath.Join(w.dir, filepath.FromSlash(path)))
	if err != nil {
		return h, 0, diskError(err)
	}
	defer f.Close()
	var m *mp4box.File
	if w.original[path] {
		m = w.proper(f, size)
	}
	h, err = hashFile(w.ctx, f, size, m, func(b []byte) {
		crc = crc32.Update(crc, w.polynomial, b)
		w.tell(path, len(b))
	})
	return h, crc, diskError(err)
}

// proper reads the headers of an original that is to have digests of its units; nil leaves them, and what is wrong, to the verification.
func (w *writer) proper(f *os.File, size int64) *mp4box.File {
	m, err := mp4box.Read(f, size)
	if err != nil || !fills(m) {
		return nil
	}
	n := 0
	for _, t := range m.Tracks {
		n += len(t.Samples)
	}
	if w.units+n > keptUnits {
		return nil
	}
	w.units += n
	return m
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
