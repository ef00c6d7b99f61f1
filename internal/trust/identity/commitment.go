package identity

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
)

// Commitment is what the diary says about a member's credentials, so that one that was put into the database by hand is seen.
// Each text is the SHA-256, in hexadecimal, of what the row holds; empty if it holds nothing. That helps nobody to guess: the row holds
// a salted hash, a ciphertext, or hashes of random codes. The last time step of a one-time code is left out, because it moves with
// every sign-in.
type Commitment struct {
	Password string `json:"password,omitempty"`
	TOTP     string `json:"totp,omitempty"` // of the ciphertext and its key's id
	Codes    string `json:"codes,omitempty"`
}

// Commit is the commitment to these secrets.
func (s Secrets) Commit() Commitment {
	return Commitment{Password: commit([]byte(s.Password)), TOTP: commit(s.TOTP, []byte(s.TOTPKey)), Codes: commit(s.Codes...)}
}

// Commit is the commitment to what never changes about a passkey: its id, whose it is, its label and its public key. The rest
// of its record moves with every use.
func (p Passkey) Commit() string {
	var record struct {
		PublicKey []byte `json:"publicKey"`
	}
	if json.Unmarshal(p.Record, &record) != nil {
		record.PublicKey = nil // of a damaged record, which proves nobody
	}
	return commit(p.ID, []byte(p.Staff), []byte(p.Label), record.PublicKey)
}

// Name is the passkey's id as the diary writes it.
func (p Passkey) Name() string { return base64.RawURLEncoding.EncodeToString(p.ID) }

// Commit is the commitment to an invitation's token.
func (i Invitation) Commit() string { return commit(i.Digest) }

// commit is the digest of some texts, each with its length before it; empty if there is nothing in them.
func commit(parts ...[]byte) string {
	h, something := sha256.New(), false
	for _, p := range parts {
		something = something || len(p) > 0
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(p))))
		h.Write(p)
	}
	if !something {
		return ""
	}
	return hex.EncodeToString(h.Sum(nil))
}

// passkeyDetail is what the diary says about one passkey.
type passkeyDetail struct {
	ID         string `json:"id"`
	Label      string `json:"label,omitempty"`
	Commitment string `json:"commitment,omitempty"`
}

// credentialDetail is the detail of credential.changed: what happened, and all that the member has afterwards.
type credentialDetail struct {
	What          string         `json:"what"`
	Left          int            `json:"left,omitempty"`
	Secrets       *Commitment    `json:"secrets,omitempty"`
	Passkey       *passkeyDetail `json:"passkey,omitempty"`
	SessionsEnded bool           `json:"sessions_ended,omitempty"`
}

func secretsChanged(what string, after Secrets) credentialDetail {
	c := after.Commit()
	return credentialDetail{What: what, Secrets: &c}
}

func passkeyAdded(p Passkey) credentialDetail {
	return credentialDetail{What: "passkey added", Passkey: &passkeyDetail{p.Name(), p.Label, p.Commit()}}
}

func passkeyRemoved(p Passkey) credentialDetail {
	return credentialDetail{What: "passkey removed", Passkey: &passkeyDetail{ID: p.Name()}}
}
