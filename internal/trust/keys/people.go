package keys

import (
	"crypto"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"

	"github.com/footage-custody/custody/internal/custody"
)

// SealSecondFactor encrypts the secret behind a member's one-time codes under the second-factor key in use, bound to the
// member's id.
func (r *Ring) SealSecondFactor(id custody.StaffID, plain []byte) (sealed []byte, by custody.KeyID, err error) {
	o, err := r.current(SecondFactor)
	if err != nil {
		return nil, "", err
	}
	defer o.key.wipe()
	sealed, err = o.key.seal(plain, secondFactorPlace(id))
	return sealed, o.rec.ID, err
}

// OpenSecondFactor decrypts what SealSecondFactor made for that member. It fails with Corrupt if the bytes were not
// sealed for this member under that key, NotFound if the key is unknown or of another purpose.
func (r *Ring) OpenSecondFactor(id custody.StaffID, by custody.KeyID, sealed []byte) ([]byte, error) {
	o, err := r.byID(SecondFactor, by)
	if err != nil {
		return nil, err
	}
	defer o.key.wipe()
	plain, err := o.key.open(sealed, secondFactorPlace(id))
	return plain, custody.Wrap(custody.Corrupt, err, "the stored second factor of %s is not what was stored: invite this member again", id)
}

func secondFactorPlace(id custody.StaffID) string { return "second-factor|" + string(id) }

// TokenSigner signs session tokens with the token key in use (Ed25519, crypto.Hash(0) only) and names that key. It keeps
// the key after a rotation, so ask again for each token, and works until the Ring is closed.
func (r *Ring) TokenSigner() (custody.KeyID, crypto.Signer, error) {
	o, err := r.current(TokenSigning)
	if err != nil {
		return "", nil, err
	}
	defer o.key.wipe()
	return o.rec.ID, signer{ring: r, purpose: TokenSigning, id: o.rec.ID, pub: o.rec.Public}, nil
}

// TokenKey is the public half of a token key, in use or retired: what was signed before a rotation stays good until it
// expires. It fails with NotFound if there is no such key or it has another purpose.
func (r *Ring) TokenKey(id custody.KeyID) (ed25519.PublicKey, error) {
	o, err := r.byID(TokenSigning, id)
	if err != nil {
		return nil, err
	}
	defer o.key.wipe()
	return ed25519.PublicKey(o.rec.Public), nil
}

// TokenMAC is HMAC-SHA256 of a message under a key that HKDF derives from the token key in use and a label. A rotation of
// the token key changes it.
func (r *Ring) TokenMAC(label, message string) ([32]byte, error) {
	o, err := r.current(TokenSigning)
	if err != nil {
		return [32]byte{}, err
	}
	defer o.key.wipe()
	k, err := o.key.derive("custody token v1 " + label)
	if err != nil {
		return [32]byte{}, err
	}
	defer k.wipe()
	mac := hmac.New(sha256.New, k.raw()[:])
	mac.Write([]byte(message)) // never fails (hash.Hash)
	return [32]byte(mac.Sum(nil)), nil
}
