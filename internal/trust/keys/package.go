package keys

import (
	"crypto"

	"github.com/footage-custody/custody/internal/custody"
)

// WrapPackage draws a fresh random key for a package at rest and wraps it under the package-wrap key in use, bound to the package's
// id. It fails with NotFound if the site has no such key yet.
func (r *Ring) WrapPackage(id custody.PackageID) (key [32]byte, wrapped []byte, by custody.KeyID, err error) {
	o, err := r.current(PackageWrap)
	if err != nil {
		return key, nil, "", err
	}
	defer o.key.wipe()
	k := NewKey()
	defer k.wipe()
	if wrapped, err = o.key.seal(k.raw()[:], packagePlace(id)); err != nil {
		return key, nil, "", err
	}
	return k.Bytes(), wrapped, o.rec.ID, nil
}

// UnwrapPackage opens a wrapped key. It fails with Corrupt if the bytes were not wrapped for this package under that key, NotFound if
// the key is unknown or of another purpose.
func (r *Ring) UnwrapPackage(id custody.PackageID, by custody.KeyID, wrapped []byte) ([32]byte, error) {
	o, err := r.byID(PackageWrap, by)
	if err != nil {
		return [32]byte{}, err
	}
	defer o.key.wipe()
	plain, err := o.key.open(wrapped, packagePlace(id))
	if err != nil || len(plain) != 32 {
		return [32]byte{}, &custody.Error{Kind: custody.Corrupt, Public: "the wrapped key of package " + string(id) + " is not what was stored", Cause: err}
	}
	return [32]byte(plain), nil
}

func packagePlace(id custody.PackageID) string { return "package-key|" + string(id) }

// PackageSigner signs packages with the package-signing key in use (Ed25519, crypto.Hash(0) only) and names that key: the subject of the
// key.created or key.rotated entry whose detail has the public half. It keeps the key after a rotation, so ask again for each
// package, and works until the Ring is closed.
func (r *Ring) PackageSigner() (custody.KeyID, crypto.Signer, error) {
	o, err := r.current(PackageSigning)
	if err != nil {
		return "", nil, err
	}
	defer o.key.wipe()
	return o.rec.ID, signer{ring: r, purpose: PackageSigning, id: o.rec.ID, pub: o.rec.Public}, nil
}
