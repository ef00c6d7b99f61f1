package identity

import (
	"context"
	"crypto/fips140"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"

	"github.com/footage-custody/custody/internal/custody"
)

// HashCost is what one hash of a password costs. The zero value means the production cost: argon2id with 3 passes over
// 64 MiB (RFC 9106), or, where Go's FIPS 140-3 mode is on, PBKDF2-HMAC-SHA-256 with 600000 rounds. Tests ask for less.
type HashCost struct {
	Passes uint32 // of argon2id, 1 to 10
	KiB    uint32 // memory of argon2id, 8 to 262144
	Rounds int    // of PBKDF2, at least 1, at most 10 million
}

const (
	saltSize = 16
	hashSize = 32
	atOnce   = 2  // hashes at a time: at most 2 x 64 MiB
	inLine   = 32 // attempts that wait for a turn; more are turned away
)

// phc is a password hash, taken apart from its PHC string. Exactly one of passes and rounds is not zero.
type phc struct {
	passes, kib uint32
	rounds      int
	salt, hash  []byte
}

// hasher hashes passwords, a few at a time.
type hasher struct {
	cost  phc // salt and hash of nobody: what an unknown login is compared with
	turns chan struct{}
	line  chan struct{}
}

func newHasher(c HashCost) (*hasher, error) {
	c = HashCost{orElse(c.Passes, 3), orElse(c.KiB, 64<<10), orElse(c.Rounds, 600_000)}
	p := phc{passes: c.Passes, kib: c.KiB}
	if fips140.Enabled() {
		p = phc{rounds: c.Rounds}
	}
	if !p.bounded() {
		return nil, custody.Errorf(custody.Invalid, "the cost of password hashes is out of bounds")
	}
	p.salt, p.hash = make([]byte, saltSize), make([]byte, hashSize)
	rand.Read(p.salt) // never fails (crypto/rand, Go 1.24)
	rand.Read(p.hash)
	return &hasher{cost: p, turns: make(chan struct{}, atOnce), line: make(chan struct{}, inLine)}, nil
}

func (p phc) bounded() bool {
	if p.rounds != 0 {
		return p.rounds >= 1 && p.rounds <= 10_000_000 && p.passes == 0 && p.kib == 0
	}
	return p.passes >= 1 && p.passes <= 10 && p.kib >= 8 && p.kib <= 256<<10
}

// sameCost reports whether a hash was made at the cost that is asked for today.
func (p phc) sameCost(o phc) bool {
	return p.passes == o.passes && p.kib == o.kib && p.rounds == o.rounds
}

// make hashes a password with a fresh salt into a PHC string.
func (h *hasher) make(ctx context.Context, password Secret) (string, error) {
	p := h.cost
	p.salt = make([]byte, saltSize)
	rand.Read(p.salt)
	sum, err := h.run(ctx, p, password)
	if err != nil {
		return "", err
	}
	p.hash = sum
	return p.String(), nil
}

// check reports whether the password is the one behind the PHC string, and whether that hash is of today's cost. With an
// empty string it does the same work and says no.
func (h *hasher) check(ctx context.Context, encoded string, password Secret) (ok, current bool, err error) {
	p := h.cost
	if encoded != "" {
		if p, err = parsePHC(encoded); err != nil {
			return false, false, err
		}
	}
	sum, err := h.run(ctx, p, password)
	if err != nil {
		return false, false, err
	}
	same := subtle.ConstantTimeCompare(sum, p.hash) == 1
	return same && encoded != "", p.sameCost(h.cost), nil
}

// run waits for a turn. It fails with Unavailable when too many wait already or the caller gave up.
func (h *hasher) run(ctx context.Context, p phc, password Secret) ([]byte, error) {
	select {
	case h.line <- struct{}{}:
	default:
		return nil, custody.Errorf(custody.Unavailable, "too many people sign in at this moment: try again in a few seconds")
	}
	defer func() { <-h.line }()
	select {
	case h.turns <- struct{}{}:
	case <-ctx.Done():
		return nil, custody.Wrap(custody.Unavailable, ctx.Err(), "the sign-in was given up")
	}
	defer func() { <-h.turns }()
	if p.rounds == 0 {
		return argon2.IDKey([]byte(password), p.salt, p.passes, p.kib, 1, hashSize), nil
	}
	sum, err := pbkdf2.Key(sha256.New, string(password), p.salt, p.rounds, hashSize)
	return sum, custody.Wrap(custody.Internal, err, "the password could not be hashed")
}

// String is the PHC string format: $argon2id$v=19$m=65536,t=3,p=1$salt$hash, or $pbkdf2-sha256$i=600000$salt$hash.
func (p phc) String() string {
	b64 := base64.RawStdEncoding
	head := "$argon2id$v=19$m=" + strconv.FormatUint(uint64(p.kib), 10) + ",t=" + strconv.FormatUint(uint64(p.passes), 10) + ",p=1"
	if p.rounds != 0 {
		head = "$pbkdf2-sha256$i=" + strconv.Itoa(p.rounds)
	}
	return head + "$" + b64.EncodeToString(p.salt) + "$" + b64.EncodeToString(p.hash)
}

// parsePHC reads what String writes, and nothing else. A failure is Corrupt: only we write these.
func parsePHC(s string) (phc, error) {
	bad := custody.Errorf(custody.Corrupt, "a stored password hash is damaged: invite this member again")
	if len(s) > 256 {
		return phc{}, bad
	}
	var p phc
	parts := strings.Split(s, "$")
	switch {
	case len(parts) == 6 && parts[0] == "" && parts[1] == "argon2id" && parts[2] == "v=19":
		cost := strings.Split(parts[3], ",")
		if len(cost) != 3 || cost[2] != "p=1" {
			return phc{}, bad
		}
		p.kib, p.passes = uint32(number(cost[0], "m=")), uint32(number(cost[1], "t="))
	case len(parts) == 5 && parts[0] == "" && parts[1] == "pbkdf2-sha256":
		p.rounds = int(number(parts[2], "i="))
	default:
		return phc{}, bad
	}
	var err1, err2 error
	p.salt, err1 = base64.RawStdEncoding.Strict().DecodeString(parts[len(parts)-2])
	p.hash, err2 = base64.RawStdEncoding.Strict().DecodeString(parts[len(parts)-1])
	if err1 != nil || err2 != nil || len(p.salt) != saltSize || len(p.hash) != hashSize || !p.bounded() || p.String() != s {
		return phc{}, bad
	}
	return p, nil
}

// number is the decimal after a prefix; 0, which is out of bounds everywhere, if it is none of at most 8 digits.
func number(s, prefix string) uint64 {
	digits, ok := strings.CutPrefix(s, prefix)
	if !ok || len(digits) > 8 {
		return 0
	}
	n, err := strconv.ParseUint(digits, 10, 32)
	if err != nil {
		return 0
	}
	return n
}
