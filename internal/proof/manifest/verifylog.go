package manifest

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/proof/seal"
)

func sha(b []byte) Digest { return sha256.Sum256(b) }

// log opens the checkpoint under the keys that were given, or under the one inside.
func (v *verifier) log() error {
	note, err := v.tagged(fileCheckpoint, seal.MaxNote)
	if err != nil {
		return err
	}
	inside, err := v.tagged(fileLogKey, seal.MaxNote)
	if err != nil {
		return err
	}
	own := strings.TrimSuffix(string(inside), "\n")
	keys, err := seal.ParseVerifierKeys(own)
	if err != nil || own+"\n" != string(inside) || !spelledOnce(own) {
		v.fault(Altered, "bad-document", fileLogKey, "%s is not the public key of a log.", fileLogKey)
		return errStop
	}
	c, err := seal.OpenCheckpoint(note, keys)
	if err != nil {
		v.fault(Altered, "bad-checkpoint", fileCheckpoint, "The checkpoint is not signed by the log whose key is in the package: %s.", custody.PublicText(err))
		return errStop
	}
	v.checkpoint, v.report.Log, v.report.LogSize = c, c.Origin, c.Size
	if v.known == nil {
		v.note("The log's public key was taken from the package itself. Ask the site itself for its key, and give it with --key.")
		return nil
	}
	if _, err := seal.OpenCheckpoint(note, v.known); err != nil {
		v.fault(Altered, "other-log", fileCheckpoint, "The checkpoint of the log %s is not signed by the key that you gave: it is another log's, or the key is.", c.Origin)
		return errStop
	}
	return nil
}

// spelledOnce reports whether a verifier string, which could be read, is written as its key is: base64 ignores line feeds and spare bits.
func spelledOnce(key string) bool {
	parts := strings.SplitN(key, "+", 3)
	raw, err := base64.StdEncoding.DecodeString(parts[len(parts)-1])
	return err == nil && base64.StdEncoding.EncodeToString(raw) == parts[len(parts)-1]
}

// signer finds who signed the package, and checks that the log announced that key.
func (v *verifier) signer() error {
	raw, err := v.tagged(fileSigningKey, MaxProof)
	if err != nil {
		return err
	}
	var k SigningKey
	if err := decode(raw, &k, encode); err != nil {
		v.fault(Altered, "bad-document", fileSigningKey, "%s cannot be used: %s.", fileSigningKey, custody.PublicText(err))
		return errStop
	}
	key, err := parseVerifierKey(k.Verifier)
	if err != nil {
		v.fault(Altered, "bad-document", fileSigningKey, "%s cannot be used: %s.", fileSigningKey, custody.PublicText(err))
		return errStop
	}
	if err := key.verify(v.signature, v.pkg.ID, sha(v.tagRaw)); err != nil {
		v.fault(Altered, "bad-signature", fileSignature, "The package is not signed as it stands: %s.", custody.PublicText(err))
	}
	if site, _, err := seal.ParseOrigin(v.checkpoint.Origin); err != nil || key.name != KeyName(site) {
		v.fault(Altered, "other-signer", fileSigningKey, "The package is signed in the name of another site than the log's.")
	}
	body, err := k.Created.open(v.checkpoint)
	switch {
	case k.Created == nil:
		v.fault(Missing, "unknown-signer", fileSigningKey, "The log's entry about the key that signed the package is missing: nobody vouches for the signature.")
	case err != nil:
		v.fault(Altered, "not-in-log", fileSigningKey, "The entry about the key that signed the package is not in the log: %s.", custody.PublicText(err))
	case !body.announces(key):
		v.fault(Altered, "other-signer", fileSigningKey, "The package is signed by a key that the log does not announce.")
	}
	return nil
}

// custody checks the chain of custody: every entry that is disclosed stands in the log as it says.
func (v *verifier) custody() error {
	v.entries = map[uint64]logBody{}
	raw, err := v.tagged(fileCustody, MaxDocument)
	if err != nil {
		if errors.Is(err, errStop) {
			return nil
		}
		return err
	}
	entries, err := ParseCustody(raw)
	if err != nil {
		v.fault(Altered, "bad-document", fileCustody, "%s cannot be used: %s.", fileCustody, custody.PublicText(err))
		return nil
	}
	if len(entries) == 0 {
		v.fault(Missing, "no-custody", fileCustody, "%s holds no entry.", fileCustody)
	}
	stated := 0
	for i := range entries {
		e := &entries[i]
		if e.Event == nil {
			stated++
			continue
		}
		body, err := e.Event.open(v.checkpoint)
		switch {
		case err != nil:
			v.entryFault(e, "not-in-log", "Line %d of %s is not in the log: %s.", i+1, fileCustody, custody.PublicText(err))
		case string(body.Type) != e.Act || body.At != e.At:
			v.entryFault(e, "not-in-log", "Line %d of %s says another act or time than the log's entry.", i+1, fileCustody)
		default:
			v.entries[e.Event.Index] = body
		}
	}
	if stated > 0 {
		v.note("%d of the %d entries in the chain of custody are stated and signed by the site; the others are proved by its log.", stated, len(entries))
	}
	return nil
}

func (v *verifier) entryFault(e *Entry, code, format string, args ...any) {
	at := e.At
	v.fault(Altered, code, fileCustody, format, args...)
	if n := len(v.report.Findings); v.report.More == 0 && n > 0 {
		v.report.Findings[n-1].Time = &at
	}
}

// provedSegment is a segment whose entry stands in the log, with what its proof adds.
type provedSegment struct {
	proof    SegmentProof
	sealed   sealed
	sealedAt Time
	camera   custody.CameraID
	table    []stretch  // nil if not disclosed
	header   *runHeader // nil if not disclosed
	ok       bool
}

// segment proves a segment once. A nil result is one that is not proved; the report says why.
func (v *verifier) segment(id custody.SegmentID) (*provedSegment, error) {
	if s, ok := v.segments[id]; ok {
		if s.ok {
			return s, nil
		}
		return nil, nil
	}
	s := &provedSegment{}
	v.segments[id] = s
	path := segmentFile(id)
	raw, err := v.tagged(path, MaxProof)
	if errors.Is(err, errStop) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	if s.proof, err = parseSegmentProof(raw); err == nil {
		err = s.prove(id, v.checkpoint)
	}
	if err != nil {
		v.report.add(Finding{Weight: Altered, Code: "bad-proof", File: path, Segment: id, Text: "Segment " + string(id) + " is not proved: " + custody.PublicText(err) + "."})
		return nil, nil
	}
	s.ok = true
	return s, nil
}

// prove walks from the segment's leaves to the log.
func (s *provedSegment) prove(id custody.SegmentID, c seal.Checkpoint) error {
	body, err := s.proof.Sealed.open(c)
	if err != nil {
		return err
	}
	if s.sealed, err = body.sealed(); err != nil {
		return err
	}
	if s.proof.Segment != id || body.Subject != string(id) {
		return custody.Errorf(custody.Corrupt, "its entry in the log is about another segment")
	}
	s.camera, s.sealedAt = body.Camera, body.At
	root, leaves := seal.Hash(s.sealed.Root), s.sealed.Leaves
	if t := s.proof.Table; t != nil {
		if err := seal.VerifyInclusion(t.Proof, leaves, root, leaves-1, seal.TableLeaf(t.Bytes)); err != nil {
			return custody.Wrap(custody.Corrupt, err, "its fragment table is not the one that was sealed")
		}
		if s.table, err = parseTable(t.Bytes); err != nil {
			return err
		}
		if last := s.table[len(s.table)-1]; last.leaf+last.units != leaves-1 {
			return custody.Errorf(custody.Corrupt, "its fragment table counts other units than were sealed")
		}
	}
	if h := s.proof.Header; h != nil {
		if err := seal.VerifyInclusion(h.Proof, leaves, root, 0, seal.RunLeaf(h.Bytes)); err != nil {
			return custody.Wrap(custody.Corrupt, err, "its run header is not the one that was sealed")
		}
		if s.header, err = parseRunHeader(h.Bytes); err != nil {
			return err
		}
	}
	return nil
}
