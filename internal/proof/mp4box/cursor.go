package mp4box

import "encoding/binary"

// cursor reads big-endian fields. Reading past the end yields zeros and makes short true for good.
type cursor struct {
	b     []byte
	short bool
}

func (c *cursor) take(n int) []byte {
	if n < 0 || n > len(c.b) {
		c.short, c.b = true, nil
		return nil
	}
	v := c.b[:n:n]
	c.b = c.b[n:]
	return v
}

func (c *cursor) u8() uint8 {
	if v := c.take(1); v != nil {
		return v[0]
	}
	return 0
}

func (c *cursor) u16() uint16 {
	if v := c.take(2); v != nil {
		return binary.BigEndian.Uint16(v)
	}
	return 0
}

func (c *cursor) u32() uint32 {
	if v := c.take(4); v != nil {
		return binary.BigEndian.Uint32(v)
	}
	return 0
}

func (c *cursor) u64() uint64 {
	if v := c.take(8); v != nil {
		return binary.BigEndian.Uint64(v)
	}
	return 0
}

// versioned reads the version and flags of a full box.
func (c *cursor) versioned() (version uint8, flags uint32) {
	v := c.u32()
	return uint8(v >> 24), v & 0xffffff
}

// wide reads 64 bits where version is 1, else 32.
func (c *cursor) wide(version uint8) uint64 {
	if version == 1 {
		return c.u64()
	}
	return uint64(c.u32())
}

// count reads a number of entries that take at least size bytes each; a larger claim is a fault.
func (c *cursor) count(size int) int {
	n := c.u32()
	if uint64(n)*uint64(size) > uint64(len(c.b)) {
		c.short, c.b = true, nil
		return 0
	}
	return int(n)
}

// children calls visit for every box in b.
func children(b []byte, visit func(kind string, content []byte) error) error {
	for len(b) > 0 {
		c := cursor{b: b}
		length, header := uint64(c.u32()), 8
		kind := string(c.take(4))
		switch length {
		case 0:
			length = uint64(len(b))
		case 1:
			length, header = c.u64(), 16
		}
		if c.short || length < uint64(header) || length > uint64(len(b)) {
			return faultf("a box %q has a wrong length", kind)
		}
		if err := visit(kind, b[header:length]); err != nil {
			return err
		}
		b = b[length:]
	}
	return nil
}
