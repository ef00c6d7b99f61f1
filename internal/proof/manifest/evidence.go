package manifest

import (
	"encoding/binary"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/proof/seal"
)

// Unit is the input of one access unit's leaf (CONTRACTS 4).
type Unit struct {
	Track   uint8
	Seq     uint64
	RTP     uint32
	Receipt custody.Instant
	Flags   uint8
	Salt    seal.Salt
	Payload [32]byte // SHA-256 of the unit as it stands in the MP4 sample
}

// Leaf is its hash.
func (u *Unit) Leaf() seal.Hash {
	return seal.UnitLeaf(u.Track, u.Seq, u.RTP, u.Receipt, u.Flags, u.Salt, u.Payload)
}

// Row is one leaf of a segment: a unit that is disclosed, or the hash alone of one that is not.
type Row struct {
	Unit *Unit
	Hash seal.Hash // used if Unit is nil
}

// Bytes of a row in a .units file, its first byte included: 1 and the leaf's input without its tag, or 0 and the hash.
const (
	rowUnit   = 1
	rowHidden = 0

	rowUnitSize   = 1 + 1 + 8 + 4 + 8 + 1 + 16 + 32
	rowHiddenSize = 1 + 32
)

func appendRow(b []byte, r Row) []byte {
	if r.Unit == nil {
		return append(append(b, rowHidden), r.Hash[:]...)
	}
	u := r.Unit
	b = append(b, rowUnit, u.Track)
	b = binary.BigEndian.AppendUint64(b, u.Seq)
	b = binary.BigEndian.AppendUint32(b, u.RTP)
	b = binary.BigEndian.AppendUint64(b, uint64(u.Receipt))
	b = append(b, u.Flags)
	b = append(b, u.Salt[:]...)
	return append(b, u.Payload[:]...)
}

// parseRows reads a .units file. Memory is at most four times len(b).
func parseRows(b []byte) ([]Row, error) {
	if len(b) > MaxUnits {
		return nil, custody.Errorf(custody.Corrupt, "it has more than %d bytes", MaxUnits)
	}
	rows := make([]Row, 0, len(b)/rowUnitSize)
	for len(b) > 0 {
		switch {
		case b[0] == rowUnit && len(b) >= rowUnitSize:
			rows = append(rows, Row{Unit: &Unit{
				Track: b[1], Seq: binary.BigEndian.Uint64(b[2:]), RTP: binary.BigEndian.Uint32(b[10:]),
				Receipt: custody.Instant(binary.BigEndian.Uint64(b[14:])), Flags: b[22],
				Salt: seal.Salt(b[23:39]), Payload: [32]byte(b[39:71]),
			}})
			b = b[rowUnitSize:]
		case b[0] == rowHidden && len(b) >= rowHiddenSize:
			rows = append(rows, Row{Hash: seal.Hash(b[1:33])})
			b = b[rowHiddenSize:]
		default:
			return nil, custody.Errorf(custody.Corrupt, "row %d ends early or is of an unknown kind", len(rows))
		}
	}
	return rows, nil
}

// Leafed is the content of one leaf beside the units, and the proof that the segment's tree holds it.
type Leafed struct {
	Bytes []byte     `json:"bytes"` // base64 in text
	Proof seal.Proof `json:"proof"`
}

// Range is where a segment's rows stand in its tree.
type Range struct {
	From  uint64     `json:"from"` // leaf of the first row
	Count uint64     `json:"count"`
	Proof seal.Proof `json:"proof"`
}

// SegmentProof is proof/segments/<id>.json: what ties a segment to the log, and some of its units to the segment.
type SegmentProof struct {
	Segment custody.SegmentID `json:"segment"`
	Sealed  *Logged           `json:"sealed"`
	Header  *Leafed           `json:"header,omitempty"` // the run header; left out where it holds what the site keeps to itself
	Table   *Leafed           `json:"table,omitempty"`  // the fragment table
	Units   *Range            `json:"units,omitempty"`  // of the rows in <id>.units; with it goes Table
}

func parseSegmentProof(b []byte) (SegmentProof, error) {
	var p SegmentProof
	if len(b) > MaxProof {
		return p, custody.Errorf(custody.Corrupt, "it has more than %d bytes", MaxProof)
	}
	if err := decode(b, &p, encode); err != nil {
		return SegmentProof{}, err
	}
	for _, l := range []*Leafed{p.Header, p.Table} {
		if l != nil && len(l.Proof) > maxProofHashes {
			return SegmentProof{}, custody.Errorf(custody.Corrupt, "a proof is longer than any can be")
		}
	}
	if u := p.Units; u != nil && (len(u.Proof) > maxProofHashes || u.From < 1 || u.Count < 1 || u.From+u.Count > maxLeaves || u.From > maxLeaves || p.Table == nil) {
		return SegmentProof{}, custody.Errorf(custody.Corrupt, "its range of units cannot be")
	}
	return p, nil
}

// Segment is the proof of one segment as the writer takes it.
type Segment struct {
	Proof SegmentProof
	Rows  []Row
}

// Prove makes a segment's proof. rows are all its units' leaves in the order of the tree, run header and table excepted; those with a
// Unit are disclosed. header and table are the stored bytes; the header is disclosed only if openHeader. It fails with Corrupt if the
// leaves do not have the root, and discloses nothing outside the first and the last disclosed unit but the two documents.
func Prove(id custody.SegmentID, root seal.Hash, header []byte, openHeader bool, rows []Row, table []byte, entry *Logged) (Segment, error) {
	tree := &seal.Tree{}
	tree.Add(seal.RunLeaf(header))
	first, last := -1, -1
	for i := range rows {
		if rows[i].Unit == nil {
			tree.Add(rows[i].Hash)
			continue
		}
		tree.Add(rows[i].Unit.Leaf())
		if last = i; first < 0 {
			first = i
		}
	}
	tree.Add(seal.TableLeaf(table))
	if tree.Root() != root {
		return Segment{}, custody.Errorf(custody.Corrupt, "the leaves of segment %s do not have its root", id)
	}
	s := Segment{Proof: SegmentProof{Segment: id, Sealed: entry}}
	size := tree.Size()
	inclusion, err := seal.ProveInclusion(size, size-1, tree)
	if err != nil {
		return Segment{}, err
	}
	s.Proof.Table = &Leafed{Bytes: table, Proof: inclusion}
	if openHeader {
		if inclusion, err = seal.ProveInclusion(size, 0, tree); err != nil {
			return Segment{}, err
		}
		s.Proof.Header = &Leafed{Bytes: header, Proof: inclusion}
	}
	if first < 0 {
		return s, nil
	}
	from, to := uint64(first)+1, uint64(last)+2
	proof, err := seal.ProveRange(size, from, to, tree)
	if err != nil {
		return Segment{}, err
	}
	s.Rows = rows[first : last+1]
	s.Proof.Units = &Range{From: from, Count: to - from, Proof: proof}
	return s, nil
}
