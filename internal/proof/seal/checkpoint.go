package seal

import (
	"crypto"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/footage-custody/custody/internal/custody"
)

// MaxNote is the longest signed checkpoint that is read, in bytes. A real one is about 300.
const MaxNote = 2048

const originPath = "/custody/log/"

// Checkpoint says that the log named Origin had this root when it held Size leaves. Its text is the body of a
// C2SP tlog-checkpoint, without extension lines.
type Checkpoint struct {
	Origin string
	Size   uint64
	Root   Hash
}

// Origin names one epoch of a site's log: "<site>/custody/log/<epoch>". site is a host name or a slug: lower-case
// letters, digits, dots and hyphens, at most 253, beginning and ending with a letter or digit. Epochs count from 1.
func Origin(site string, epoch uint32) (string, error) {
	if !isSite(site) || epoch == 0 {
		return "", custody.Errorf(custody.Invalid, "a log needs a site name of lower-case letters, digits, dots and hyphens, and an epoch from 1")
	}
	return site + originPath + strconv.FormatUint(uint64(epoch), 10), nil
}

// ParseOrigin is the inverse of Origin; any other spelling is Invalid.
func ParseOrigin(origin string) (site string, epoch uint32, err error) {
	site, number, ok := strings.Cut(origin, originPath)
	n, perr := strconv.ParseUint(number, 10, 32)
	if !ok || !isSite(site) || perr != nil || n == 0 || strconv.FormatUint(n, 10) != number {
		return "", 0, custody.Errorf(custody.Invalid, "a log's origin has the form <site>%s<epoch>", originPath)
	}
	return site, uint32(n), nil
}

func isSite(s string) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	for i, c := range []byte(s) {
		alnum := c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
		inner := i > 0 && i < len(s)-1 && (c == '.' || c == '-')
		if !alnum && !inner {
			return false
		}
	}
	return true
}

// Epoch is the epoch that the origin names; 0 if the origin is malformed.
func (c Checkpoint) Epoch() uint32 {
	_, epoch, _ := ParseOrigin(c.Origin)
	return epoch
}

// Body is the text that is signed: origin, size in decimal, root in base64, each ended by a newline.
func (c Checkpoint) Body() string {
	return fmt.Sprintf("%s\n%d\n%s\n", c.Origin, c.Size, base64.StdEncoding.EncodeToString(c.Root[:]))
}

// ParseCheckpoint reads a body. It accepts exactly what Body writes: one origin of our form, a canonical size of at most
// MaxSize, a canonical root, nothing after it. Any other text is Corrupt.
func ParseCheckpoint(body string) (Checkpoint, error) {
	lines := strings.Split(body, "\n")
	if len(body) > MaxNote || len(lines) != 4 || lines[3] != "" {
		return Checkpoint{}, errNote("it does not have three lines")
	}
	if _, _, err := ParseOrigin(lines[0]); err != nil {
		return Checkpoint{}, errNote("its origin is malformed")
	}
	size, err := strconv.ParseUint(lines[1], 10, 64)
	if err != nil || size > MaxSize {
		return Checkpoint{}, errNote("its size is not a number in range")
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return Checkpoint{}, errNote("its root is not a hash")
	}
	c := Checkpoint{Origin: lines[0], Size: size, Root: Hash(root)}
	if c.Body() != body {
		return Checkpoint{}, errNote("it is not written canonically")
	}
	return c, nil
}

// Signer signs checkpoints of one origin.
type Signer = note.Signer

// Verifiers finds the verifier for a key name and key id.
type Verifiers = note.Verifiers

// VerifierKey is the public key as C2SP signed-note writes it for people and other programs:
// "<origin>+<key id>+<base64 of algorithm and key>".
func VerifierKey(origin string, pub ed25519.PublicKey) (string, error) {
	if _, _, err := ParseOrigin(origin); err != nil {
		return "", err
	}
	vkey, err := note.NewEd25519VerifierKey(origin, pub)
	return vkey, custody.Wrap(custody.Invalid, err, "a log's public key has 32 bytes")
}

// NewSigner makes the signer of one origin from an Ed25519 key, which may live behind crypto.Signer. It fails
// with Invalid if the origin is malformed or the key is of another kind.
func NewSigner(origin string, key crypto.Signer) (Signer, error) {
	pub, ok := key.Public().(ed25519.PublicKey)
	if !ok {
		return nil, custody.Errorf(custody.Invalid, "a log is signed with an Ed25519 key")
	}
	v, err := verifierOf(origin, pub)
	if err != nil {
		return nil, err
	}
	return signer{name: origin, id: v.KeyHash(), key: key}, nil
}

type signer struct {
	name string
	id   uint32
	key  crypto.Signer
}

func (s signer) Name() string    { return s.name }
func (s signer) KeyHash() uint32 { return s.id }
func (s signer) Sign(msg []byte) ([]byte, error) {
	return s.key.Sign(nil, msg, crypto.Hash(0)) // Ed25519 signs the message itself and draws no randomness
}

func verifierOf(origin string, pub ed25519.PublicKey) (note.Verifier, error) {
	vkey, err := VerifierKey(origin, pub)
	if err != nil {
		return nil, err
	}
	v, err := note.NewVerifier(vkey)
	return v, custody.Wrap(custody.Invalid, err, "the log's public key is malformed")
}

// KnownKeys are the site's own public keys: each verifies the checkpoints of every origin, because a key outlives
// an epoch of the log and an epoch may outlive a key.
func KnownKeys(pubs ...ed25519.PublicKey) Verifiers { return knownKeys(pubs) }

type knownKeys []ed25519.PublicKey

func (ks knownKeys) Verifier(name string, id uint32) (note.Verifier, error) {
	for _, pub := range ks {
		if v, err := verifierOf(name, pub); err == nil && v.KeyHash() == id {
			return v, nil
		}
	}
	return nil, &note.UnknownVerifierError{Name: name, KeyHash: id}
}

// ParseVerifierKeys reads keys written by VerifierKey, as a stranger received them by a road of their own.
func ParseVerifierKeys(vkeys ...string) (Verifiers, error) {
	list := make([]note.Verifier, 0, len(vkeys))
	for i, k := range vkeys {
		v, err := note.NewVerifier(k)
		if err != nil {
			return nil, custody.Wrap(custody.Invalid, err, "log key %d is not of the form <origin>+<key id>+<key>", i+1)
		}
		list = append(list, v)
	}
	return note.VerifierList(list...), nil
}

// Sign writes the checkpoint as a C2SP signed note with one signature, whose key name is the origin.
func (c Checkpoint) Sign(s Signer) ([]byte, error) {
	if _, err := ParseCheckpoint(c.Body()); err != nil {
		return nil, custody.Wrap(custody.Internal, err, "refusing to sign a malformed checkpoint")
	}
	if s.Name() != c.Origin {
		return nil, custody.Errorf(custody.Internal, "the signer of %s cannot sign for %s", s.Name(), c.Origin)
	}
	signed, err := note.Sign(&note.Note{Text: c.Body()}, s)
	return signed, custody.Wrap(custody.Internal, err, "the checkpoint could not be signed")
}

// OpenCheckpoint verifies a signed note and returns its checkpoint. It accepts exactly what Sign writes: one
// signature by a known key whose name is the origin, in the one canonical spelling, so that no byte can change unnoticed. Anything
// else is Corrupt.
func OpenCheckpoint(signed []byte, known Verifiers) (Checkpoint, error) {
	if len(signed) > MaxNote {
		return Checkpoint{}, errNote("it is too long")
	}
	n, err := note.Open(signed, known)
	if unknown := (*note.UnverifiedNoteError)(nil); errors.As(err, &unknown) {
		return Checkpoint{}, errNote("no known key has signed it")
	}
	if err != nil {
		return Checkpoint{}, custody.Wrap(custody.Corrupt, err, "the checkpoint's signature is not valid")
	}
	c, err := ParseCheckpoint(n.Text)
	if err != nil {
		return Checkpoint{}, err
	}
	if len(n.Sigs) != 1 || n.Sigs[0].Name != c.Origin {
		return Checkpoint{}, errNote("it is not signed by the log that it names")
	}
	raw, err := base64.StdEncoding.DecodeString(n.Sigs[0].Base64)
	line := "\n— " + c.Origin + " " + base64.StdEncoding.EncodeToString(raw) + "\n"
	if err != nil || string(signed) != c.Body()+line {
		return Checkpoint{}, errNote("it is not written canonically")
	}
	return c, nil
}

func errNote(why string) error {
	return custody.Errorf(custody.Corrupt, "this is not a checkpoint of a custody log: %s", why)
}
