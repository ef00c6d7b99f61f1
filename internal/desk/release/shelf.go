package release

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/proof/manifest"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/vault"
)

// MaxDocument is the largest document that Document returns, in bytes.
const MaxDocument = 16 << 20

// Stored is the vault as the Shelf uses it; *vault.Vault is one.
type Stored interface {
	OpenPackage(ctx context.Context, g access.Grant, id custody.PackageID, sealed vault.SealedPackage) (*vault.Package, error)
}

// Shelf is where packages are looked up and taken out. It is safe for concurrent use.
type Shelf struct {
	store Store
	vault Stored
	diary access.Diary
	clock custody.Clock
}

// NewShelf returns the shelf of a site.
func NewShelf(store Store, v Stored, diary access.Diary, clock custody.Clock) *Shelf {
	return &Shelf{store: store, vault: v, diary: diary, clock: clock}
}

// Of lists a request's packages under a Scope of access.RequestView, the first first; nothing under any other.
func (s *Shelf) Of(ctx context.Context, scope access.Scope, request custody.RequestID) ([]Package, error) {
	if !scope.Shows(request) {
		return nil, nil
	}
	return s.store.Of(ctx, request)
}

// ByID is one package with its files, under a Grant of access.RequestView about it.
func (s *Shelf) ByID(ctx context.Context, g access.Grant, id custody.PackageID) (Package, error) {
	if err := about(g, access.RequestView, id); err != nil {
		return Package{}, err
	}
	return s.store.ByID(ctx, id)
}

// Files lists the files of a package that was made, under a Grant of access.RequestView about it, by path.
func (s *Shelf) Files(ctx context.Context, g access.Grant, id custody.PackageID) ([]File, error) {
	p, err := s.ByID(ctx, g, id)
	if err == nil && p.Made == 0 {
		err = custody.Errorf(custody.NotFound, "the package is not made: there is nothing in it")
	}
	return p.Files, err
}

// Document is one file of a package that is no footage - package.json, certificate.pdf, VERIFY.html, custody.jsonl - under a Grant of
// access.RequestView about it. Denied for what lies below data/, NotFound for what is not there, Exhausted above MaxDocument.
func (s *Shelf) Document(ctx context.Context, g access.Grant, id custody.PackageID, path string) ([]byte, error) {
	if err := about(g, access.RequestView, id); err != nil {
		return nil, err
	}
	if strings.HasPrefix(strings.ToLower(path), "data/") {
		return nil, custody.Errorf(custody.Denied, "the footage of a package is handed over as a whole, never looked at here")
	}
	p, err := s.open(ctx, g, id)
	if err != nil {
		return nil, err
	}
	f, err := p.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if f.Size() > MaxDocument {
		return nil, custody.Errorf(custody.Exhausted, "%s has more than %d bytes: it is in the package that is handed over", path, MaxDocument)
	}
	b := make([]byte, f.Size())
	if n, err := f.ReadAt(b, 0); n < len(b) {
		return nil, err
	}
	return b, nil
}

// open opens a stored package.
func (s *Shelf) open(ctx context.Context, g access.Grant, id custody.PackageID) (*vault.Package, error) {
	key, err := s.store.Key(ctx, id)
	if err != nil {
		return nil, err
	}
	return s.vault.OpenPackage(ctx, g, id, key)
}

// Verify verifies a stored package again, every byte of it, as the program did before it was ready. It takes a Grant of
// access.PackageHandOver about it, since the footage is read. The report says what is wrong; an error that it could not be read.
func (s *Shelf) Verify(ctx context.Context, g access.Grant, id custody.PackageID, progress func(done, total int64)) (manifest.Report, error) {
	if err := about(g, access.PackageHandOver, id); err != nil {
		return manifest.Report{}, err
	}
	p, err := s.open(ctx, g, id)
	if err != nil {
		return manifest.Report{}, err
	}
	return manifest.Verify(ctx, asSource{p}, manifest.Options{Progress: progress})
}

// Number is what a package is called, under a Grant of access.PackageHandOver about it.
func (s *Shelf) Number(ctx context.Context, g access.Grant, id custody.PackageID) (string, error) {
	if err := about(g, access.PackageHandOver, id); err != nil {
		return "", err
	}
	p, err := s.store.ByID(ctx, id)
	return p.Number, err
}

// Write hands a ready package out: every file, in order of path, to the sink, under a Grant of access.PackageHandOver about it. The entry
// package.read is committed before the first byte. Every file is compared with its digest on the way; Corrupt if one is another, and then
// the sink is discarded, as after every error. A recall ends it within seconds (Denied).
func (s *Shelf) Write(ctx context.Context, g access.Grant, id custody.PackageID, to Sink) error {
	err := s.write(ctx, g, id, to)
	if err != nil {
		to.Discard()
	}
	return err
}

func (s *Shelf) write(ctx context.Context, g access.Grant, id custody.PackageID, to Sink) error {
	if err := about(g, access.PackageHandOver, id); err != nil {
		return err
	}
	p, err := s.store.ByID(ctx, id)
	if err != nil {
		return err
	}
	if p.State != Ready {
		return custody.Errorf(custody.Conflict, "the package is not ready, or was recalled")
	}
	stored, err := s.open(ctx, g, id)
	if err != nil {
		return err
	}
	ev, err := custody.NewEvent(custody.EventPackageRead, s.clock.Now(), g.Actor().String(), "", string(p.Request),
		readDetail{id, p.Number, hex.EncodeToString(p.Digest[:]), g.ID(), g.Actor().Session()})
	if err != nil {
		return err
	}
	if err := s.diary.Append(ctx, ev); err != nil {
		return custody.Wrap(custody.Unavailable, err, "nothing leaves while the diary cannot be written: try again")
	}
	block := make([]byte, copyBlock)
	for _, f := range p.Files {
		if err := s.file(ctx, g, stored, f, to, block); err != nil {
			return err
		}
	}
	if err := g.Standing(); err != nil {
		return err
	}
	return to.Close()
}

// copyBlock is how much is read at a time, and handful how much of it leaves before the decision is asked again: who takes a package
// slowly is given nothing more soon after a recall, as of every other footage.
const (
	copyBlock = 1 << 20
	handful   = 32 << 10
)

// file copies one file to the sink.
func (s *Shelf) file(ctx context.Context, g access.Grant, p *vault.Package, f File, to Sink, block []byte) error {
	r, err := p.Open(f.Path)
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := to.File(f.Path, f.Size)
	if err != nil {
		return err
	}
	sum := sha256.New()
	for at := int64(0); at < f.Size; {
		b := block[:min(int64(len(block)), f.Size-at)]
		if n, err := r.ReadAt(b, at); n < len(b) {
			return custody.Wrap(custody.KindOf(err), errors.Join(err, io.ErrUnexpectedEOF), "%s cannot be read", f.Path)
		}
		sum.Write(b)
		if err := send(ctx, g, w, b); err != nil {
			return err
		}
		at += int64(len(b))
	}
	if r.Size() != f.Size || [32]byte(sum.Sum(nil)) != f.SHA256 {
		return custody.Errorf(custody.Corrupt, "%s is not what was packed", f.Path)
	}
	return nil
}

// send writes a block by handfuls, each under the decision as it stands then.
func send(ctx context.Context, g access.Grant, w io.Writer, block []byte) error {
	for len(block) > 0 {
		if err := errors.Join(ctx.Err(), g.Standing()); err != nil {
			return err
		}
		n, err := w.Write(block[:min(len(block), handful)])
		if err != nil {
			return diskError(err)
		}
		block = block[n:]
	}
	return nil
}

// asSource shows a stored package to the verifier.
type asSource struct{ p *vault.Package }

// List implements manifest.Source.
func (s asSource) List() (out []manifest.Listed, err error) {
	for _, f := range s.p.Files() {
		out = append(out, manifest.Listed{Path: f.Path, Size: f.Size})
	}
	return out, nil
}

// Open implements manifest.Source.
func (s asSource) Open(path string) (manifest.File, error) { return s.p.Open(path) }

// Close implements manifest.Source.
func (s asSource) Close() error { return nil }
