package vault

import (
	"context"
	"io"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// SealedPackage is a package at rest: the key of its object, wrapped by the site's keys, and what the object is. Its row keeps it.
type SealedPackage struct {
	KeyID   custody.KeyID
	Wrapped []byte
	Size    int64    // of the object
	Digest  [32]byte // SHA-256 of the object
}

// PackedFile is one file of a package at rest.
type PackedFile struct {
	Path string // with slashes
	Size int64
}

// PutPackage stores a folder of plain files as one encrypted object named by the package's id. progress, if not nil, is told how many
// bytes of the files are done. What it writes on the way lies in dir+".sealed", which it removes. Exists means that an earlier attempt left
// its bytes under the id: PurgePackage, and try again.
func (v *Vault) PutPackage(ctx context.Context, id custody.PackageID, dir string, progress func(done, total int64)) (SealedPackage, error) {
	return SealedPackage{}, custody.Errorf(custody.Unavailable, "not open yet")
}

// PurgePackage removes a package's object. Nothing but its row protects it: the caller has made sure that none has its key any more.
// One that is absent is success.
func (v *Vault) PurgePackage(ctx context.Context, id custody.PackageID) error {
	return custody.Errorf(custody.Unavailable, "not open yet")
}

// VerifyPackage proves that a package lies as it was put: it says so and yields no bytes, so it needs no Grant.
func (v *Vault) VerifyPackage(ctx context.Context, id custody.PackageID, sealed SealedPackage) error {
	return custody.Errorf(custody.Unavailable, "not open yet")
}

// Package is a package at rest, opened for reading under a Grant. Its methods are safe for concurrent use.
type Package struct{}

// OpenPackage opens a package under a Grant of access.PackageHandOver or access.RequestView whose subject is the package's id, or of
// access.FootageExport, under which the system takes a film over into a later package.
func (v *Vault) OpenPackage(ctx context.Context, g access.Grant, id custody.PackageID, sealed SealedPackage) (*Package, error) {
	return nil, custody.Errorf(custody.Unavailable, "not open yet")
}

// Files lists the package's files in byte order of their paths.
func (p *Package) Files() []PackedFile { return nil }

// Open opens one file; NotFound if there is none. Under access.RequestView what lies below data/ is Denied: it is the footage.
func (p *Package) Open(path string) (*PackedReader, error) { return nil, nil }

// PackedReader reads one file of a package at any place. Each read asks whether the Grant still stands.
type PackedReader struct{ io.ReaderAt }

// Size is the length of the file in bytes.
func (r *PackedReader) Size() int64 { return 0 }

// Close gives the memory back.
func (r *PackedReader) Close() error { return nil }
