package vault

import (
	"encoding/binary"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// What the records hold, in the clear. FORMAT.md specifies it.

// headRecord is a SegmentHead as it is stored. run keeps the run header's stored bytes, which its leaf commits to.
type headRecord struct {
	SegmentHead
	run []byte
}

func encodeHead(h SegmentHead) (headRecord, []byte, error) {
	run, err := h.Run.Encode()
	if err != nil {
		return headRecord{}, nil, err
	}
	b := make([]byte, 0, 8+len(run)+len(h.Init))
	b = binary.BigEndian.AppendUint32(b, h.Number)
	b = binary.BigEndian.AppendUint32(b, uint32(len(run)))
	b = append(append(b, run...), h.Init...)
	if len(b) > maxHead {
		return headRecord{}, nil, custody.Errorf(custody.Exhausted, "the run header and init section are larger than %d bytes", maxHead)
	}
	return headRecord{SegmentHead: h, run: run}, b, nil
}

func parseHead(id custody.SegmentID, b []byte) (headRecord, error) {
	if len(b) < 8 || uint64(binary.BigEndian.Uint32(b[4:])) > uint64(len(b)-8) {
		return headRecord{}, custody.Errorf(custody.Corrupt, "the head record ends early")
	}
	end := 8 + binary.BigEndian.Uint32(b[4:])
	h := headRecord{SegmentHead: SegmentHead{ID: id, Number: binary.BigEndian.Uint32(b)}, run: b[8:end:end]}
	run, err := media.ParseRunHeader(h.run)
	h.Run, h.Init = run, b[end:]
	return h, err
}

// timescale is that of track 1, 0 if the run names no track.
func (h *headRecord) timescale() uint32 {
	if len(h.Run.Tracks) == 0 {
		return 0
	}
	return h.Run.Tracks[0].Timescale
}

// UnitTable is the evidence about one fragment's access units, in the fragment's order.
type UnitTable struct {
	Fragment media.FragmentInfo
	Units    []media.Unit
	Digests  [][32]byte // SHA-256 of each unit's payload
}

// appendUnits writes the content of a units record: the fragment's own entry as media.PackFragments codes it, counted, then
// the table of its units.
func appendUnits(b []byte, t UnitTable) ([]byte, error) {
	packed, err := media.PackFragments([]media.FragmentInfo{t.Fragment})
	if err != nil {
		return nil, err
	}
	b = binary.BigEndian.AppendUint32(b, uint32(len(packed)))
	return media.AppendUnitTable(append(b, packed...), t.Units, t.Digests), nil
}

// parseUnits reads the content of the units record of fragment n.
func parseUnits(b []byte, n uint32) (UnitTable, error) {
	packed, rest, ok := cutCounted(b)
	if !ok {
		return UnitTable{}, custody.Errorf(custody.Corrupt, "a unit table ends early")
	}
	infos, err := media.UnpackFragments(packed)
	if err != nil {
		return UnitTable{}, err
	}
	units, digests, err := media.ParseUnitTable(rest)
	if err != nil {
		return UnitTable{}, err
	}
	if len(infos) != 1 || infos[0].Number != n || len(units) == 0 || len(units) != int(infos[0].Units) {
		return UnitTable{}, custody.Errorf(custody.Corrupt, "a unit table is empty or belongs to another fragment")
	}
	return UnitTable{Fragment: infos[0], Units: units, Digests: digests}, nil
}

// index is the content of the index record: everything about a sealed segment except its head and media bytes.
type index struct {
	end    SegmentEnd
	root   [32]byte
	leaves uint64
	packed []byte   // the fragment table as media.PackFragments codes it; its leaf commits to these bytes
	tables [][]byte // contents of the units records, in order

	between []uint64 // not stored: bytes between pictures of each fragment (media.SegmentRow.Activity)
}

const (
	indexFixed = 1 + 8 + 32 + 8 + 4

	flagContinuation = 1
	flagOffset       = 2
)

// size is the length of what append writes.
func (x *index) size() int {
	n := indexFixed + len(x.packed)
	for _, t := range x.tables {
		n += 4 + len(t)
	}
	return n
}

func (x *index) append(b []byte) []byte {
	var flags byte
	var offset int64
	if x.end.Continuation {
		flags |= flagContinuation
	}
	if x.end.CameraOffset != nil {
		flags, offset = flags|flagOffset, *x.end.CameraOffset
	}
	b = append(b, flags)
	b = binary.BigEndian.AppendUint64(b, uint64(offset))
	b = append(b, x.root[:]...)
	b = binary.BigEndian.AppendUint64(b, x.leaves)
	b = binary.BigEndian.AppendUint32(b, uint32(len(x.packed)))
	b = append(b, x.packed...)
	for _, t := range x.tables {
		b = binary.BigEndian.AppendUint32(b, uint32(len(t)))
		b = append(b, t...)
	}
	return b
}

// parseIndex reads an index record's content, which the result aliases, and checks that the fragments it names and
// their unit tables fill the object from the head record to the index without a hole.
func parseIndex(b []byte, f footer) (*index, []media.FragmentInfo, error) {
	bad := func(what string) (*index, []media.FragmentInfo, error) {
		return nil, nil, custody.Errorf(custody.Corrupt, "the segment's index %s", what)
	}
	if len(b) < indexFixed || b[0]&^(flagContinuation|flagOffset) != 0 {
		return bad("cannot be read")
	}
	x := &index{root: [32]byte(b[9:41]), leaves: binary.BigEndian.Uint64(b[41:])}
	x.end.Continuation = b[0]&flagContinuation != 0
	if offset := int64(binary.BigEndian.Uint64(b[1:])); b[0]&flagOffset != 0 {
		x.end.CameraOffset = &offset
	}
	var ok bool
	if x.packed, b, ok = cutCounted(b[indexFixed-4:]); !ok {
		return bad("ends early")
	}
	infos, err := media.UnpackFragments(x.packed)
	if err != nil {
		return nil, nil, err
	}
	if len(infos) == 0 || len(infos) != int(f.fragments) {
		return bad("and its footer state different numbers of fragments")
	}
	next := infos[0].Offset
	for i, info := range infos {
		var table []byte
		if table, b, ok = cutCounted(b); !ok {
			return bad("ends early")
		}
		if info.Number != uint32(i) || info.Offset < headerSize || info.Offset != next || info.Length < frameSize+sealOverhead || info.Length > f.indexOffset {
			return bad("places a fragment where none can be")
		}
		x.tables = append(x.tables, table)
		next = info.Offset + info.Length + frameSize + sealOverhead + int64(len(table))
	}
	if len(b) != 0 || next != f.indexOffset {
		return bad("does not cover the object")
	}
	return x, infos, nil
}

// cutCounted takes a u32 length and that many bytes from the front of b.
func cutCounted(b []byte) (content, rest []byte, ok bool) {
	if len(b) < 4 || uint64(binary.BigEndian.Uint32(b)) > uint64(len(b)-4) {
		return nil, nil, false
	}
	end := 4 + int(binary.BigEndian.Uint32(b))
	return b[4:end:end], b[end:], true
}

// endsOf fixes each fragment's end: the next fragment's start, and for the last one what the recorder said or its start plus
// its media duration (media.FragmentInfo.WallEnd).
func endsOf(infos []media.FragmentInfo, timescale uint32) {
	for i := range infos {
		f := &infos[i]
		switch {
		case i+1 < len(infos):
			f.WallEnd = infos[i+1].WallStart
		case f.WallEnd == 0 && timescale != 0:
			f.WallEnd = media.UnitWall(*f, timescale, f.FirstTick+f.MediaTicks)
		}
	}
}
