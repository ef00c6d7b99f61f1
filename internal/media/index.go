package media

import (
	"time"

	"github.com/footage-custody/custody/internal/custody"
)

// MaxFragments bounds the fragments of one segment. The limits of CONTRACTS 3 and the builder's shortest
// fragment keep a segment far below it.
const MaxFragments = 4096

const (
	indexVersion = 1
	indexWhat    = "fragment index"
)

// The flag byte that begins a fragment's entry. A field whose bit is clear follows from the entry before it,
// so a regular fragment costs about a dozen bytes.
const (
	entryRandomAccess = 1 << iota
	entryNumber       // Number is not the one after the previous
	entryOffset       // the record does not begin where the previous ended
	entryWallStart    // the span does not begin where the previous ended
	entryFirstTick    // nor the media time
	entryDamaged      // Damaged is not 0
	entryReserved
	entryReserved2
)

// PackFragments codes a segment's fragment table for its database row: at most 1 KiB for a regular
// minute. The coding is exact and canonical: equal tables have equal bytes and UnpackFragments returns
// what was packed. It fails with Invalid on more than MaxFragments entries.
//
// Layout: version u8; count; 1 if clock errors are in nanoseconds, 0 if in microseconds; then per
// fragment a flag byte and zigzag varints, each the difference from what the previous entry foretells.
func PackFragments(infos []FragmentInfo) ([]byte, error) {
	if len(infos) > MaxFragments {
		return nil, custody.Errorf(custody.Invalid, "a segment may hold at most %d fragments, not %d", MaxFragments, len(infos))
	}
	unit := clockErrorUnit(infos)
	c := &coder{b: make([]byte, 0, 8+16*len(infos))}
	c.byte(indexVersion)
	c.uint(uint64(len(infos)))
	c.byte(byte(boolBit(unit == time.Nanosecond)))
	prev := beforeFirst()
	for _, f := range infos {
		packFragment(c, f, prev, unit)
		prev = f
	}
	return c.b, nil
}

// beforeFirst stands before the first entry: it makes Number 0 at offset 0 the regular beginning.
func beforeFirst() FragmentInfo { return FragmentInfo{Number: 1<<32 - 1} }

func packFragment(c *coder, f, prev FragmentInfo, unit time.Duration) {
	number := f.Number - prev.Number - 1
	offset := f.Offset - prev.Offset - prev.Length
	wall := int64(f.WallStart - prev.WallEnd)
	tick := f.FirstTick - prev.FirstTick - prev.MediaTicks
	flags := boolBit(f.RandomAccess)*entryRandomAccess | boolBit(number != 0)*entryNumber | boolBit(offset != 0)*entryOffset |
		boolBit(wall != 0)*entryWallStart | boolBit(tick != 0)*entryFirstTick | boolBit(f.Damaged != 0)*entryDamaged
	c.byte(byte(flags))
	if number != 0 {
		c.uint(uint64(number))
	}
	for _, v := range [...]int64{offset, wall, tick} {
		if v != 0 {
			c.int(v)
		}
	}
	if f.Damaged != 0 {
		c.uint(uint64(f.Damaged))
	}
	c.int(f.Length - prev.Length)
	c.int(f.MediaTicks - prev.MediaTicks)
	c.int(int64(f.WallEnd-f.WallStart) - int64(prev.WallEnd-prev.WallStart))
	c.int(int64(f.ClockError / unit))
	c.int(int64(f.Units) - int64(prev.Units))
}

// UnpackFragments reads what PackFragments wrote. Anything else, also another coding of the same table,
// fails with Corrupt; memory stays proportional to len(b).
func UnpackFragments(b []byte) ([]FragmentInfo, error) {
	d := &decoder{b: b, what: indexWhat}
	if v := d.byte(); d.err == nil && v != indexVersion {
		d.fail("its version is unknown")
	}
	count := d.uint()
	if count > MaxFragments || count*6 > uint64(len(d.b)) {
		d.fail("it counts more fragments than it holds")
	}
	unit := time.Microsecond
	switch d.byte() {
	case 0:
	case 1:
		unit = time.Nanosecond
	default:
		d.fail("its unit of time is unknown")
	}
	if d.err != nil {
		return nil, d.err
	}
	infos := make([]FragmentInfo, 0, count)
	prev := beforeFirst()
	for range count {
		prev = unpackFragment(d, prev, unit)
		infos = append(infos, prev)
	}
	if err := d.end(); err != nil {
		return nil, err
	}
	if clockErrorUnit(infos) != unit {
		d.fail("its unit of time is not the canonical one")
		return nil, d.err
	}
	return infos, nil
}

func unpackFragment(d *decoder, prev FragmentInfo, unit time.Duration) FragmentInfo {
	flags := d.byte()
	if flags&(entryReserved|entryReserved2) != 0 {
		d.fail("an entry has unknown flags")
	}
	number, offset, wall, tick := uint32(0), int64(0), int64(0), int64(0)
	if flags&entryNumber != 0 {
		number = nonZero(d, d.uint32())
	}
	if flags&entryOffset != 0 {
		offset = nonZero(d, d.int())
	}
	if flags&entryWallStart != 0 {
		wall = nonZero(d, d.int())
	}
	if flags&entryFirstTick != 0 {
		tick = nonZero(d, d.int())
	}
	f := FragmentInfo{
		Number: prev.Number + 1 + number, Offset: prev.Offset + prev.Length + offset,
		WallStart: prev.WallEnd + custody.Instant(wall), FirstTick: prev.FirstTick + prev.MediaTicks + tick,
		RandomAccess: flags&entryRandomAccess != 0,
	}
	if flags&entryDamaged != 0 {
		f.Damaged = nonZero(d, d.uint32())
	}
	f.Length = prev.Length + d.int()
	f.MediaTicks = prev.MediaTicks + d.int()
	f.WallEnd = f.WallStart + (prev.WallEnd - prev.WallStart) + custody.Instant(d.int())
	f.ClockError = clockError(d, unit)
	units := int64(prev.Units) + d.int()
	if units < 0 || units > 1<<32-1 {
		d.fail("a count of units is out of range")
	}
	f.Units = uint32(units)
	return f
}

// clockErrorUnit is a microsecond unless some clock error needs more.
func clockErrorUnit(infos []FragmentInfo) time.Duration {
	for _, f := range infos {
		if f.ClockError%time.Microsecond != 0 {
			return time.Nanosecond
		}
	}
	return time.Microsecond
}

func clockError(d *decoder, unit time.Duration) time.Duration {
	v := d.int()
	e := time.Duration(v) * unit
	if e/unit != time.Duration(v) {
		d.fail("a clock error is out of range")
	}
	return e
}

func nonZero[T uint32 | int64](d *decoder, v T) T {
	if v == 0 {
		d.fail("a flagged difference is zero")
	}
	return v
}

func boolBit(b bool) int {
	if b {
		return 1
	}
	return 0
}
