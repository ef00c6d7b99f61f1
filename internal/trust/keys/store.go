package keys

import (
	"context"

	"github.com/footage-custody/custody/internal/custody"
)

// Purpose says what a key may be used for. A key of one purpose is refused for any other.
type Purpose string

const (
	SegmentWrap Purpose = "segment-wrap" // wraps the random key of each segment
	Credentials Purpose = "credentials"  // camera passwords
	LogSigning  Purpose = "log-signing"  // Ed25519 key of the log's checkpoints
	// SecondFactor seals the shared secrets of one-time codes.
	SecondFactor Purpose = "second-factor"
	// TokenSigning is the Ed25519 key of session tokens; the keys of small authenticators derive from it.
	TokenSigning Purpose = "token-signing"
	// PackageSigning is the Ed25519 key of released packages; a verifier follows it from the log's entry about it.
	PackageSigning Purpose = "package-signing"
	PackageWrap    Purpose = "package-wrap" // wraps the random key of each package at rest
)

// Purposes lists every purpose: a site has one key in use for each.
func Purposes() []Purpose {
	return []Purpose{SegmentWrap, Credentials, LogSigning, SecondFactor, TokenSigning, PackageSigning, PackageWrap}
}

// Record is a purpose key as the database keeps it: wrapped by the site key.
type Record struct {
	ID      custody.KeyID
	Purpose Purpose
	Wrapped []byte // AES-256-GCM under the site key; associated data = id | purpose
	Public  []byte // Ed25519 public key for signing purposes; kept for ever
	Created custody.Instant
	Retired custody.Instant // 0 while it is the one in use for new work
}

// Store keeps purpose keys; storage/db implements it.
type Store interface {
	Keys(ctx context.Context) ([]Record, error)
	// AddKey stores a new key; retire, if not empty, is retired at the same instant.
	AddKey(ctx context.Context, k Record, retire custody.KeyID, ev custody.Event) error
	// Rewrap replaces the Wrapped bytes of every listed key in one transaction (site key rotation).
	Rewrap(ctx context.Context, ks []Record, ev custody.Event) error
}
