package vault

import (
	"bufio"
	"context"
	"crypto/sha256"
	"hash"
	"io"

	"github.com/footage-custody/custody/internal/custody"
)

// SealedPackage is what the row of a package at rest keeps: the key of its object, wrapped by the site's keys, and what the object is.
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

// storePackage puts the object and asks the store what it holds.
func (v *Vault) storePackage(ctx context.Context, id custody.PackageID, src Source) error {
	if err := v.objects.Put(ctx, string(id), src); err != nil {
		return err
	}
	st, err := v.objects.Stat(ctx, string(id))
	if err != nil {
		return err
	}
	if st.Size != src.Size || st.Digest != nil && *st.Digest != src.Digest {
		return custody.Errorf(custody.Corrupt, "package %s: the object store holds other bytes than were put", id)
	}
	return nil
}

// packageError is diskError for a package's own files, errors of ours kept as they are.
func packageError(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return spoolError(err, format, args...)
}

// PurgePackage removes a package's object with all its versions. No Grant and no row protects it here: the caller has made sure that nothing
// keeps its key any more, so that nothing is lost that could be opened. One that is absent is success, also for who may remove nothing.
// Invalid if it is no package's id; other errors are those of Objects.Purge.
func (v *Vault) PurgePackage(ctx context.Context, id custody.PackageID) error {
	if _, err := id.Bytes(); err != nil {
		return err
	}
	err := v.objects.Purge(ctx, string(id))
	if err != nil && custody.KindOf(err) == custody.Denied {
		if _, serr := v.objects.Stat(ctx, string(id)); serr != nil && custody.KindOf(serr) == custody.NotFound {
			return nil
		}
	}
	return err
}

// VerifyPackage proves that a package lies as it was put: the object has its size and SHA-256, and every part of it opens in its place. It
// yields a verdict and no bytes, so it needs no Grant. Corrupt and NotFound say what is broken; Unavailable that it could not be asked.
func (v *Vault) VerifyPackage(ctx context.Context, id custody.PackageID, sealed SealedPackage) error {
	b, err := v.packageBox(id, sealed)
	if err != nil {
		return err
	}
	foot, _, body, err := v.packageTable(ctx, b, id, sealed.Size)
	if err != nil {
		return err
	}
	r, err := v.objects.Open(ctx, string(id))
	if err != nil {
		return custody.Wrap(custody.KindOf(err), err, "package %s: its object cannot be read", id)
	}
	defer r.Close()
	sum := sha256.New()
	if err := provePackage(b, io.TeeReader(bufio.NewReaderSize(r, 64<<10), sum), body, sum, foot, sealed); err != nil {
		return custody.Wrap(kindOf(err), err, "package %s is not what was stored", id)
	}
	return nil
}

// provePackage reads a package object in order.
func provePackage(b *packageBox, r io.Reader, body int64, sum hash.Hash, foot packageFooter, want SealedPackage) error {
	header := make([]byte, packageHeaderSize)
	if _, err := io.ReadFull(r, header); err != nil {
		return spoolError(err, "the package could not be read")
	}
	if err := checkPackageHeader(header, b.id); err != nil {
		return err
	}
	sealed, plain := make([]byte, sealedChunk), make([]byte, 0, packageChunk)
	for n, left := uint32(0), body; left > 0; n++ {
		size := min(left, packageChunk)
		part := sealed[:size+sealOverhead]
		if _, err := io.ReadFull(r, part); err != nil {
			return spoolError(err, "the package could not be read")
		}
		if _, err := b.open(plain, part, n, kindChunk); err != nil {
			return err
		}
		left -= size
	}
	rest, err := io.Copy(io.Discard, io.LimitReader(r, int64(foot.length)+packageFooterSize+1)) // the table was opened already
	if err != nil {
		return spoolError(err, "the package could not be read")
	}
	if rest != int64(foot.length)+packageFooterSize || [32]byte(sum.Sum(nil)) != want.Digest {
		return custody.Errorf(custody.Corrupt, "its object does not have the SHA-256 that the row states")
	}
	return nil
}

// packageBox opens a package's key.
func (v *Vault) packageBox(id custody.PackageID, sealed SealedPackage) (*packageBox, error) {
	key, err := v.keys.UnwrapPackage(id, sealed.KeyID, sealed.Wrapped)
	if err != nil {
		return nil, custody.Wrap(custody.KindOf(err), err, "package %s: its key cannot be opened", id)
	}
	return newPackageBox(id, key)
}

// packageTable reads where everything lies from the end of a package object.
func (v *Vault) packageTable(ctx context.Context, b *packageBox, id custody.PackageID, size int64) (packageFooter, []packedEntry, int64, error) {
	foot, files, body, err := readPackageTable(ctx, v.objects, b, id, size)
	return foot, files, body, custody.Wrap(kindOf(err), err, "package %s cannot be opened", id)
}

func readPackageTable(ctx context.Context, o Objects, b *packageBox, id custody.PackageID, size int64) (packageFooter, []packedEntry, int64, error) {
	bad := func(err error) (packageFooter, []packedEntry, int64, error) { return packageFooter{}, nil, 0, err }
	st, err := o.Stat(ctx, string(id))
	if err != nil {
		return bad(err)
	}
	if st.Size != size || size < packageHeaderSize+packageFooterSize {
		return bad(custody.Errorf(custody.Corrupt, "its object has %d bytes, the row says %d", st.Size, size))
	}
	end := make([]byte, packageFooterSize)
	if err := o.ReadAt(ctx, string(id), end, size-packageFooterSize); err != nil {
		return bad(err)
	}
	foot, err := parsePackageFooter(end, b.id, size)
	if err != nil {
		return bad(err)
	}
	sealed := make([]byte, foot.length)
	if err := o.ReadAt(ctx, string(id), sealed, foot.table); err != nil {
		return bad(err)
	}
	plain, err := b.open(nil, sealed, 0, kindFiles)
	if err != nil {
		return bad(err)
	}
	files, body, err := parsePackageTable(plain)
	if err != nil {
		return bad(err)
	}
	if foot.table != packageHeaderSize+sealedBody(body) {
		return bad(custody.Errorf(custody.Corrupt, "its list of files does not describe the object"))
	}
	return foot, files, body, nil
}
