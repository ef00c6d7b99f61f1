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

// Range is where rows of a segment stand in its tree, and the original that holds their units. Two originals may be of one minute.
type Range struct {
	File  string     `json:"file"`
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
	Units   []Range           `json:"units,omitempty"`  // the rows in <id>.units, range after range; with them goes Table
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
	files := map[string]bool{}
	for _, u := range p.Units {
		if len(u.Proof) > maxProofHashes || u.From < 1 || u.Count < 1 || u.Count > maxLeaves || u.From > maxLeaves || p.Table == nil || files[u.File] {
			return SegmentProof{}, custody.Errorf(custody.Corrupt, "a range of its units cannot be")
		}
		files[u.File] = true
	}
	return p, nil
}

// of returns the range of an original, nil if the segment discloses nothing of it, and the number of its first row.
func (p *SegmentProof) of(file string) (r *Range, row uint64) {
	for i := range p.Units {
		if p.Units[i].File == file {
			return &p.Units[i], row
		}
		row += p.Units[i].Count
	}
	return nil, 0
}

// Segment is the proof of one segment as the writer takes it: Rows are those of all ranges, one after another.
type Segment struct {
	Proof SegmentProof
	Rows  []Row
}

// Shown is what one original discloses of a segment: an element for every unit of the segment, nil where it stays hidden.
type Shown struct {
	File  string
	Units []*Unit
}

// Prove makes a segment's proof. leaves are those of all its units in the order of the tree, run header and table excepted. header and
// table are the stored bytes; the header is disclosed only if openHeader. It fails with Corrupt if the leaves do not have the root or a
// unit is not its leaf, and discloses nothing outside the first and the last unit shown but the two documents.
func Prove(id custody.SegmentID, root seal.Hash, header []byte, openHeader bool, leaves []seal.Hash, shown []Shown, table []byte, entry *Logged) (Segment, error) {
	tree := &seal.Tree{}
	tree.Add(seal.RunLeaf(header))
	for _, h := range leaves {
		tree.Add(h)
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
	for _, x := range shown {
		if err := s.show(x, leaves, tree); err != nil {
			return Segment{}, err
		}
	}
	return s, nil
}

// show adds the range of one original.
func (s *Segment) show(x Shown, leaves []seal.Hash, tree *seal.Tree) error {
	first, last := -1, -1
	for i, u := range x.Units {
		if u == nil {
			continue
		}
		if i >= len(leaves) || u.Leaf() != leaves[i] {
			return custody.Errorf(custody.Corrupt, "unit %d of track %d is not the leaf that segment %s has in its place", u.Seq, u.Track, s.Proof.Segment)
		}
		if last = i; first < 0 {
			first = i
		}
	}
	if first < 0 {
		return nil
	}
	from, to := uint64(first)+1, uint64(last)+2
	proof, err := seal.ProveRange(tree.Size(), from, to, tree)
	if err != nil {
		return err
	}
	for i := first; i <= last; i++ {
		s.Rows = append(s.Rows, Row{Unit: x.Units[i], Hash: leaves[i]})
	}
	s.Proof.Units = append(s.Proof.Units, Range{File: x.File, From: from, Count: to - from, Proof: proof})
	return nil
}
