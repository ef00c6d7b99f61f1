package media

import (
	"encoding/binary"

	"github.com/footage-custody/custody/internal/custody"
)

// coder appends the varints and zigzag deltas of the packed forms.
type coder struct{ b []byte }

func (c *coder) byte(v byte)     { c.b = append(c.b, v) }
func (c *coder) uint(v uint64)   { c.b = binary.AppendUvarint(c.b, v) }
func (c *coder) int(v int64)     { c.b = binary.AppendVarint(c.b, v) }
func (c *coder) bytes(v ...byte) { c.b = append(c.b, v...) }

// decoder reads what coder wrote. The first fault sticks; every later read yields zero. A varint in
// more bytes than it needs is a fault, so one value has one encoding.
type decoder struct {
	b    []byte
	what string
	err  error
}

func (d *decoder) fail(why string) {
	if d.err == nil {
		d.err = custody.Errorf(custody.Corrupt, "the %s is damaged: %s", d.what, why)
		d.b = nil
	}
}

func (d *decoder) byte() byte {
	if len(d.b) == 0 {
		d.fail("it ends early")
		return 0
	}
	v := d.b[0]
	d.b = d.b[1:]
	return v
}

func (d *decoder) uint() uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.fail("a number ends early or is too large")
		return 0
	}
	if n > 1 && d.b[n-1] == 0 {
		d.fail("a number is longer than it needs to be")
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) int() int64 {
	u := d.uint()
	v := int64(u >> 1)
	if u&1 != 0 {
		v = ^v
	}
	return v
}

// uint32 reads a number that must fit 32 bits.
func (d *decoder) uint32() uint32 {
	v := d.uint()
	if v > 1<<32-1 {
		d.fail("a number is out of range")
		return 0
	}
	return uint32(v)
}

func (d *decoder) take(n int) []byte {
	if len(d.b) < n {
		d.fail("it ends early")
		return nil
	}
	v := d.b[:n:n]
	d.b = d.b[n:]
	return v
}

// end demands that everything was read.
func (d *decoder) end() error {
	if d.err == nil && len(d.b) != 0 {
		d.fail("bytes follow its end")
	}
	return d.err
}
