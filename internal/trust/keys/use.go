package keys

import (
	"crypto"
	"crypto/ed25519"
	"io"

	"github.com/footage-custody/custody/internal/custody"
)

// WrapSegment draws a fresh random key for the segment and wraps it under the segment-wrap key in use,
// bound to the segment's id. It fails with NotFound if the site has no such key yet.
func (r *Ring) WrapSegment(id custody.SegmentID) (key [32]byte, wrapped []byte, by custody.KeyID, err error) {
	o, err := r.current(SegmentWrap)
	if err != nil {
		return key, nil, "", err
	}
	defer o.key.wipe()
	k := NewKey()
	defer k.wipe()
	if wrapped, err = o.key.seal(k.raw()[:], segmentPlace(id)); err != nil {
		return key, nil, "", err
	}
	return k.Bytes(), wrapped, o.rec.ID, nil
}

// UnwrapSegment opens a wrapped key. It fails with Corrupt if the bytes were not wrapped for this segment
// under that key, NotFound if the key is unknown or of another purpose.
func (r *Ring) UnwrapSegment(id custody.SegmentID, by custody.KeyID, wrapped []byte) ([32]byte, error) {
	o, err := r.byID(SegmentWrap, by)
	if err != nil {
		return [32]byte{}, err
	}
	defer o.key.wipe()
	plain, err := o.key.open(wrapped, segmentPlace(id))
	if err != nil || len(plain) != 32 {
		return [32]byte{}, &custody.Error{Kind: custody.Corrupt, Public: "the wrapped key of segment " + string(id) + " is not what was stored", Cause: err}
	}
	return [32]byte(plain), nil
}

func segmentPlace(id custody.SegmentID) string { return "segment-key|" + string(id) }

// SealCredentials encrypts a stream's credentials under the credentials key in use, bound to the stream's id.
func (r *Ring) SealCredentials(id custody.StreamID, plain []byte) (sealed []byte, by custody.KeyID, err error) {
	o, err := r.current(Credentials)
	if err != nil {
		return nil, "", err
	}
	defer o.key.wipe()
	sealed, err = o.key.seal(plain, credentialsPlace(id))
	return sealed, o.rec.ID, err
}

// OpenCredentials decrypts what SealCredentials made for that stream. It fails with Corrupt if the bytes were
// not sealed for this stream under that key, NotFound if the key is unknown or of another purpose.
func (r *Ring) OpenCredentials(id custody.StreamID, by custody.KeyID, sealed []byte) ([]byte, error) {
	o, err := r.byID(Credentials, by)
	if err != nil {
		return nil, err
	}
	defer o.key.wipe()
	plain, err := o.key.open(sealed, credentialsPlace(id))
	return plain, custody.Wrap(custody.Corrupt, err, "the stored credentials of stream %s are not what was stored: set them again", id)
}

func credentialsPlace(id custody.StreamID) string { return "stream-credentials|" + string(id) }

// LogSigner signs with the log key in use (Ed25519, crypto.Hash(0) only). It keeps that key after a rotation, so
// ask again for each signature, and works until the Ring is closed.
func (r *Ring) LogSigner() (crypto.Signer, error) {
	o, err := r.current(LogSigning)
	if err != nil {
		return nil, err
	}
	defer o.key.wipe()
	return signer{ring: r, purpose: LogSigning, id: o.rec.ID, pub: o.rec.Public}, nil
}

// LogKeys are the public keys that ever signed the log, oldest first, damaged records included: what they signed is
// still to be verified.
func (r *Ring) LogKeys() []ed25519.PublicKey {
	r.mu.RLock()
	defer r.mu.RUnlock()
	var out []ed25519.PublicKey
	for _, o := range r.keys {
		if o.rec.Purpose == LogSigning && len(o.rec.Public) == ed25519.PublicKeySize {
			out = append(out, ed25519.PublicKey(o.rec.Public))
		}
	}
	return out
}

// signer finds the key at each signature, so that closing the ring stops it.
type signer struct {
	redacted
	ring    *Ring
	purpose Purpose
	id      custody.KeyID
	pub     ed25519.PublicKey
}

func (s signer) Public() crypto.PublicKey { return s.pub }

func (s signer) Sign(rand io.Reader, message []byte, opts crypto.SignerOpts) ([]byte, error) {
	o, err := s.ring.byID(s.purpose, s.id)
	if err != nil {
		return nil, err
	}
	defer o.key.wipe()
	return ed25519.NewKeyFromSeed(o.key.raw()[:]).Sign(rand, message, opts)
}
