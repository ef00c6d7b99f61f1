package manifest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/proof/seal"
)

// Logged is one entry of the site's log, disclosed: the inputs of its leaf, and the proof that the checkpoint's tree holds it at Index.
type Logged struct {
	Index uint64            `json:"index"`
	Type  custody.EventType `json:"type"`
	Salt  Salt              `json:"salt"`
	Body  []byte            `json:"body"` // base64 in text
	Proof seal.Proof        `json:"proof"`
}

// logBody is what every entry's body says (custody.NewEvent), with its detail unread.
type logBody struct {
	Type    custody.EventType `json:"type"`
	At      Time              `json:"at"`
	Actor   string            `json:"actor"`
	Camera  custody.CameraID  `json:"camera"`
	Subject string            `json:"subject"`
	Detail  json.RawMessage   `json:"detail"`
}

// open verifies the entry against the checkpoint and reads its body.
func (e *Logged) open(c seal.Checkpoint) (logBody, error) {
	if e == nil {
		return logBody{}, custody.Errorf(custody.Corrupt, "it discloses no entry of the log")
	}
	if !e.Type.Valid() || len(e.Proof) > maxProofHashes {
		return logBody{}, custody.Errorf(custody.Corrupt, "it is not an entry of a log")
	}
	leaf := seal.EventLeaf(e.Type, seal.Salt(e.Salt), e.Body)
	if err := seal.VerifyInclusion(e.Proof, c.Size, c.Root, e.Index, leaf); err != nil {
		return logBody{}, custody.Wrap(custody.Corrupt, err, "the log of the checkpoint, which has %d entries, does not hold it as entry %d", c.Size, e.Index)
	}
	var b logBody
	if err := json.Unmarshal(e.Body, &b); err != nil {
		return logBody{}, custody.Wrap(custody.Corrupt, err, "its body cannot be read")
	}
	if b.Type != e.Type {
		return logBody{}, custody.Errorf(custody.Corrupt, "its body is of another type than its leaf")
	}
	return b, nil
}

const maxProofHashes = 128 // more than 2 log2 of the largest tree

// sealed is the detail of segment.sealed: what binds a segment's leaves to the log.
type sealed struct {
	Stream     custody.StreamID `json:"stream"`
	Run        custody.RunID    `json:"run"`
	Number     uint32           `json:"number"`
	Start      custody.Instant  `json:"start_us"`
	End        custody.Instant  `json:"end_us"`
	Timescale  uint32           `json:"timescale"`
	Units      uint64           `json:"units"`
	Leaves     uint64           `json:"leaves"`
	Root       Digest           `json:"root"`
	ObjectSize int64            `json:"object_size"`
	Object     Digest           `json:"object_sha256"`
}

func (b *logBody) sealed() (sealed, error) {
	var s sealed
	if err := json.Unmarshal(b.Detail, &s); err != nil {
		return s, custody.Wrap(custody.Corrupt, err, "its body does not describe a segment")
	}
	if b.Type != custody.EventSegmentSealed || s.Leaves != s.Units+2 || s.Leaves < 3 || s.Leaves > maxLeaves || s.Timescale == 0 {
		return s, custody.Errorf(custody.Corrupt, "its body does not describe a segment")
	}
	return s, nil
}

// note is what package.json must say about the segment.
func (s *sealed) note(id custody.SegmentID, at Time) SegmentNote {
	return SegmentNote{
		ID: id, Stream: s.Stream, Run: s.Run, Number: s.Number, Sealed: at,
		Span: Span{Time(s.Start), Time(s.End)}, Size: s.ObjectSize, SHA256: s.Object,
	}
}

// SigningKey is proof/signing-key.json: the key that signed the package, and the log's entry of its creation, which makes it the
// site's own.
type SigningKey struct {
	Verifier string  `json:"verifier"`
	Created  *Logged `json:"created"`
}

// announces reports whether the entry records this key's creation or its coming into use: key.created or key.rotated for the purpose
// "package-signing", with the public key.
func (b *logBody) announces(k signingKey) bool {
	var d struct {
		Purpose string `json:"purpose"`
		Public  string `json:"public"`
	}
	if b.Type != custody.EventKeyCreated && b.Type != custody.EventKeyRotated || json.Unmarshal(b.Detail, &d) != nil {
		return false
	}
	pub, err := base64.StdEncoding.DecodeString(d.Public)
	return err == nil && d.Purpose == "package-signing" && bytes.Equal(pub, k.pub)
}

// Entry is one line of custody.jsonl: an act in the life of an item, from capture to delivery. With Event it is proved: the act is
// then the entry's type and the time its time. Without it is a statement of the site, signed with the package.
type Entry struct {
	At     Time    `json:"at"`
	Act    string  `json:"act"`
	By     string  `json:"by"`
	Item   string  `json:"item,omitempty"`
	Detail string  `json:"detail,omitempty"`
	Event  *Logged `json:"event,omitempty"`
}

func encodeCustody(entries []Entry) ([]byte, error) {
	var out []byte
	for i := range entries {
		line, err := encodeLine(&entries[i])
		if err != nil {
			return nil, err
		}
		out = append(out, line...)
	}
	return out, nil
}

// ParseCustody reads custody.jsonl: one entry a line, in order of time. Anything else is Corrupt.
func ParseCustody(b []byte) ([]Entry, error) {
	if len(b) > MaxDocument {
		return nil, custody.Errorf(custody.Corrupt, "it has more than %d bytes", MaxDocument)
	}
	var out []Entry
	for line := range bytes.Lines(b) {
		var e Entry
		if err := decode(line, &e, encodeLine); err != nil {
			return nil, custody.Wrap(custody.Corrupt, err, "line %d: %s", len(out)+1, custody.PublicText(err))
		}
		if err := plain(e.Act, e.By, e.Item, e.Detail); err != nil {
			return nil, err
		}
		if n := len(out); n > 0 && e.At < out[n-1].At {
			return nil, custody.Errorf(custody.Corrupt, "line %d is earlier than the line before it", n+1)
		}
		out = append(out, e)
	}
	return out, nil
}
