package manifest

import (
	"context"
	"crypto"
	"crypto/sha256"
	"errors"
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
	Copied     func(path string, n int64) // progress of writing, called after every block; may be nil

	Certificate []byte // certificate.pdf; nil if there is none
}

// Data is one file below data/.
type Data struct {
	Path string
	// Open yields its content, once.
	Open func() (io.ReadCloser, error)
}

// Write makes a package in the directory dir, which must not exist, and verifies it before it has that name. It is written under a
// temporary name beside dir, every file and directory is made durable, and only what verifies is renamed; after an error nothing is
// left of it. A process that is killed leaves the temporary name "<dir>.partial-*", which may be removed.
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
	w := &writer{ctx: ctx, dir: temp, copied: c.Copied, tags: sums{}, data: sums{}, dirs: map[string]bool{".": true}}
	report, err := w.all(c, key)
	err = errors.Join(err, w.settled())
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
	dirs       map[string]bool // that were made, to be synced
	settling   []chan error    // files that are being made durable
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
			wanted[r.Path] = true
		}
	}
	for _, d := range c.Data {
		if !wanted[d.Path] {
			return custody.Errorf(custody.Invalid, "no item has the rendition %s, or it is given twice", clip(d.Path, maxPath))
		}
		delete(wanted, d.Path)
		r, err := d.Open()
		if err != nil {
			return err
		}
		if err := errors.Join(w.media(d.Path, r), r.Close()); err != nil {
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
	if _, err := f.Write(b); err != nil {
		return errors.Join(diskError(err), f.Close())
	}
	return w.settle(f)
}

// media writes one file below data/.
func (w *writer) media(path string, r io.Reader) error {
	f, err := w.create(path)
	if err != nil {
		return err
	}
	n, sum, err := w.copy(path, f, r)
	if err != nil {
		return errors.Join(diskError(err), f.Close())
	}
	w.data[path], w.octets = sum, w.octets+n
	return w.settle(f)
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
	for d := filepath.Dir(filepath.FromSlash(path)); d != "."; d = filepath.Dir(d) {
		w.dirs[d] = true
	}
	f, err := os.OpenFile(full, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	return f, diskError(err)
}

// settle makes a file durable while the next is written.
func (w *writer) settle(f *os.File) (err error) {
	if len(w.settling) >= maxSettling {
		err = w.settled()
	}
	done := make(chan error, 1)
	w.settling = append(w.settling, done)
	go func() { done <- errors.Join(f.Sync(), f.Close()) }()
	return err
}

const maxSettling = 8

// settled waits until every file that was written is durable.
func (w *writer) settled() error {
	var all error
	for _, done := range w.settling {
		all = errors.Join(all, <-done)
	}
	w.settling = nil
	return diskError(all)
}

// copy writes a file, hashing it meanwhile. It can be stopped, and tells how far it is.
func (w *writer) copy(path string, to io.Writer, from io.Reader) (total int64, sum Digest, err error) {
	h := newSideHasher()
	defer func() { sum = h.finish() }()
	for {
		if err := w.ctx.Err(); err != nil {
			return total, sum, err
		}
		n, end := fill(h.block(), from, func(b []byte) error {
			h.put(b)
			_, err := to.Write(b)
			return err
		})
		if total += int64(n); w.copied != nil && n > 0 {
			w.copied(path, int64(n))
		}
		if end == io.EOF {
			return total, sum, nil
		}
		if end != nil {
			return total, sum, end
		}
	}
}

// fill reads until the block is full or the reader ends, and hands over what there is; io.EOF is the reader's end and nothing else.
func fill(block []byte, from io.Reader, take func([]byte) error) (n int, err error) {
	for n < len(block) && err == nil {
		var m int
		m, err = from.Read(block[n:])
		n += m
	}
	if terr := take(block[:n]); terr != nil {
		return n, terr
	}
	return n, err
}

func (w *writer) sync() error {
	for d := range w.dirs {
		if err := syncDir(filepath.Join(w.dir, d)); err != nil {
			return diskError(err)
		}
	}
	return nil
}

// verify reads the package back as a stranger would who has the log's key.
func (w *writer) verify(c Content) (Report, error) {
	src, err := OpenSource(w.dir)
	if err != nil {
		return Report{}, err
	}
	defer src.Close()
	report, err := Verify(w.ctx, src, Options{LogKeys: []string{c.LogKey}, Progress: c.Report})
	if err == nil && !report.Good() {
		err = custody.Errorf(custody.Corrupt, "the package does not verify and was not released: %s", report.Findings[0].Text)
	}
	return report, err
}

// publish makes the names durable and gives the package its own.
func (w *writer) publish(dir string) error {
	if err := w.sync(); err != nil {
		return err
	}
	if err := os.Chmod(w.dir, 0o755); err != nil {
		return diskError(err)
	}
	if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
		return custody.Errorf(custody.Exists, "%s is there already: a package is never written over", dir)
	}
	if err := os.Rename(w.dir, dir); err != nil {
		return diskError(err)
	}
	return diskError(syncDir(filepath.Dir(dir)))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
