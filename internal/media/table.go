package media

import (
	"bytes"
	"encoding/json"

	"github.com/footage-custody/custody/internal/custody"
)

const (
	tableVersion = 1
	tableWhat    = "unit table"
	// minUnitCoding is the least bytes a unit takes in the table.
	minUnitCoding = 2 + 6 + 32
	// maxRunHeader bounds a run header's coding: 64 KiB of SDP, escaped, and every parameter set.
	maxRunHeader = 2 << 20
)

// AppendUnitTable appends the coding of a fragment's units and their payload digests, one per unit in the same order,
// as the vault seals it beside the media. The coding is exact and canonical: what ParseUnitTable returns appends
// to the same bytes. A fragment has at most MaxFragmentUnits units.
//
// Layout: version u8; count; then per unit track u8, flags u8, zigzag varints of the differences from the unit before
// (RTP, sequence, receipt, PTS) and of PTS − DTS, the size, and the 32 bytes of the digest.
func AppendUnitTable(b []byte, units []Unit, digests [][32]byte) []byte {
	c := &coder{b: b}
	c.byte(tableVersion)
	c.uint(uint64(len(units)))
	var prev Unit
	for i, u := range units {
		c.bytes(u.Track, byte(u.Flags))
		c.int(int64(int32(u.RTP - prev.RTP)))
		c.int(int64(u.Seq - prev.Seq))
		c.int(int64(u.Receipt - prev.Receipt))
		c.int(u.PTS - prev.PTS)
		c.int(u.PTS - u.DTS)
		c.uint(uint64(u.Size))
		c.bytes(digests[i][:]...)
		prev = u
	}
	return c.b
}

// ParseUnitTable reads what AppendUnitTable wrote. Anything else, also another coding of the same units, fails with
// Corrupt; memory stays proportional to len(b).
func ParseUnitTable(b []byte) ([]Unit, [][32]byte, error) {
	d := &decoder{b: b, what: tableWhat}
	if v := d.byte(); d.err == nil && v != tableVersion {
		d.fail("its version is unknown")
	}
	count := d.uint32()
	if count > MaxFragmentUnits || int64(count)*minUnitCoding > int64(len(d.b)) {
		d.fail("it counts more units than it holds")
	}
	if d.err != nil {
		return nil, nil, d.err
	}
	units := make([]Unit, count)
	digests := make([][32]byte, count)
	var prev Unit
	for i := range units {
		units[i] = parseUnit(d, prev)
		copy(digests[i][:], d.take(32))
		prev = units[i]
	}
	if err := d.end(); err != nil {
		return nil, nil, err
	}
	return units, digests, nil
}

func parseUnit(d *decoder, prev Unit) Unit {
	u := Unit{Track: d.byte(), Flags: UnitFlags(d.byte())}
	rtp := d.int()
	if rtp != int64(int32(rtp)) {
		d.fail("an RTP time is out of range")
	}
	u.RTP = prev.RTP + uint32(rtp)
	u.Seq = prev.Seq + uint64(d.int())
	u.Receipt = prev.Receipt + custody.Instant(d.int())
	u.PTS = prev.PTS + d.int()
	u.DTS = u.PTS - d.int()
	u.Size = d.uint32()
	return u
}

// Encode writes the header as canonical JSON: the bytes that are sealed and stored as evidence of the run.
func (h RunHeader) Encode() ([]byte, error) {
	b, err := json.Marshal(h)
	if err == nil && len(b) > maxRunHeader {
		return nil, custody.Errorf(custody.Invalid, "the run header takes %d bytes; the limit is %d", len(b), maxRunHeader)
	}
	return b, custody.Wrap(custody.Internal, err, "the run header could not be written")
}

// ParseRunHeader reads what Encode wrote. Anything else - unknown fields, other spacing, a repeated key -
// fails with Corrupt, so that one header has one digest.
func ParseRunHeader(b []byte) (RunHeader, error) {
	var h RunHeader
	if len(b) > maxRunHeader {
		return h, custody.Errorf(custody.Corrupt, "the run header is larger than %d bytes", maxRunHeader)
	}
	if err := json.Unmarshal(b, &h); err != nil {
		return RunHeader{}, custody.Wrap(custody.Corrupt, err, "the run header is damaged")
	}
	again, err := h.Encode()
	if err != nil || !bytes.Equal(again, b) {
		return RunHeader{}, custody.Errorf(custody.Corrupt, "the run header is not in its canonical form")
	}
	return h, nil
}
