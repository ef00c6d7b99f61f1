package manifest

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
)

// The package's signature is a C2SP signed note (c2sp.org/signed-note) by one Ed25519 key:
//
//	custody package v1
//	<package id>
//	<SHA-256 of tagmanifest-sha256.txt, hexadecimal>
//
//	— <key name> <base64 of key id and signature>
//
// The key's name is "<site>/custody/packages".
const (
	signedTitle = "custody package v1"
	keyPath     = "/custody/packages"
	algEd25519  = 1

	maxSignature = 1024
)

// KeyName is the name of a site's package-signing key. site is the name that the site's log bears in its origin.
func KeyName(site string) string { return site + keyPath }

// VerifierKey writes a package-signing key as C2SP signed-note does: "<name>+<key id>+<base64 of algorithm and key>". It fails with
// Invalid if the name or the key is malformed.
func VerifierKey(name string, pub ed25519.PublicKey) (string, error) {
	if len(pub) != ed25519.PublicKeySize || !isKeyName(name) {
		return "", custody.Errorf(custody.Invalid, "a package is signed by an Ed25519 key called <site>%s", keyPath)
	}
	key := append([]byte{algEd25519}, pub...)
	return fmt.Sprintf("%s+%08x+%s", name, keyID(name, key), base64.StdEncoding.EncodeToString(key)), nil
}

func keyID(name string, key []byte) uint32 {
	sum := sha256.Sum256(append([]byte(name+"\n"), key...))
	return binary.BigEndian.Uint32(sum[:])
}

func isKeyName(name string) bool {
	site, ok := strings.CutSuffix(name, keyPath)
	for _, c := range []byte(site) {
		ok = ok && (c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '.' || c == '-')
	}
	return ok && site != "" && len(site) <= 253
}

// signingKey is a verifier string that was read.
type signingKey struct {
	name string
	id   uint32
	pub  ed25519.PublicKey
}

// parseVerifierKey reads what VerifierKey wrote, and nothing else.
func parseVerifierKey(s string) (signingKey, error) {
	name, rest, _ := strings.Cut(s, "+")
	id, encoded, _ := strings.Cut(rest, "+")
	key, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(key) != 1+ed25519.PublicKeySize {
		return signingKey{}, errSigningKey()
	}
	again, err := VerifierKey(name, key[1:])
	number, bad := strconv.ParseUint(id, 16, 32)
	if err != nil || bad != nil || again != s {
		return signingKey{}, errSigningKey()
	}
	return signingKey{name: name, id: uint32(number), pub: key[1:]}, nil
}

func errSigningKey() error {
	return custody.Errorf(custody.Corrupt, "it is not the verifier string of a package-signing key")
}

func signedText(id string, tagManifest [32]byte) string {
	return signedTitle + "\n" + id + "\n" + digestText(tagManifest) + "\n"
}

// sign writes the signature of a package.
func sign(key crypto.Signer, name, id string, tagManifest [32]byte) ([]byte, error) {
	pub, ok := key.Public().(ed25519.PublicKey)
	if !ok || !isKeyName(name) {
		return nil, custody.Errorf(custody.Invalid, "a package is signed by an Ed25519 key called <site>%s", keyPath)
	}
	text := signedText(id, tagManifest)
	signature, err := key.Sign(nil, []byte(text), crypto.Hash(0))
	if err != nil {
		return nil, custody.Wrap(custody.Internal, err, "the package could not be signed")
	}
	blob := binary.BigEndian.AppendUint32(nil, keyID(name, append([]byte{algEd25519}, pub...)))
	return signatureNote(text, name, append(blob, signature...)), nil
}

func signatureNote(text, name string, blob []byte) []byte {
	return []byte(text + "\n\u2014 " + name + " " + base64.StdEncoding.EncodeToString(blob) + "\n")
}

// verify checks the file "signature" against the key: the text must name that package and tag manifest. Every failure is Corrupt.
func (k signingKey) verify(file []byte, id string, tagManifest [32]byte) error {
	text := signedText(id, tagManifest)
	rest, ok := bytes.CutPrefix(file, []byte(text+"\n\u2014 "+k.name+" "))
	if len(file) > maxSignature || !ok {
		return custody.Errorf(custody.Corrupt, "it does not sign this package's tag manifest in the name of %s", k.name)
	}
	blob, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(string(rest), "\n"))
	if err != nil || len(blob) != 4+ed25519.SignatureSize || !bytes.Equal(signatureNote(text, k.name, blob), file) {
		return custody.Errorf(custody.Corrupt, "it is not written in its one form")
	}
	if binary.BigEndian.Uint32(blob) != k.id || !ed25519.Verify(k.pub, []byte(text), blob[4:]) {
		return custody.Errorf(custody.Corrupt, "it is not a signature by the key %s", k.name)
	}
	return nil
}
