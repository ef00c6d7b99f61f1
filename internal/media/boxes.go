package media

import "encoding/binary"

// boxes appends ISO base media file format boxes (ISO/IEC 14496-12 4.2). Boxes nest: what write appends is the content.
type boxes struct{ b []byte }

func (w *boxes) u8(v ...byte)   { w.b = append(w.b, v...) }
func (w *boxes) u16(v uint16)   { w.b = binary.BigEndian.AppendUint16(w.b, v) }
func (w *boxes) u32(v uint32)   { w.b = binary.BigEndian.AppendUint32(w.b, v) }
func (w *boxes) zeros(n int)    { w.b = append(w.b, make([]byte, n)...) }
func (w *boxes) text(s string)  { w.b = append(w.b, s...) }
func (w *boxes) bytes(v []byte) { w.b = append(w.b, v...) }

func (w *boxes) box(kind string, write func()) {
	at := len(w.b)
	w.u32(0)
	w.text(kind)
	write()
	binary.BigEndian.PutUint32(w.b[at:], uint32(len(w.b)-at))
}

// full is a box with a version and 24 bits of flags.
func (w *boxes) full(kind string, version byte, flags uint32, write func()) {
	w.box(kind, func() {
		w.u32(uint32(version)<<24 | flags)
		write()
	})
}

// matrix is the unity transformation of mvhd and tkhd.
func (w *boxes) matrix() {
	for _, v := range [...]uint32{0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000} {
		w.u32(v)
	}
}

// descriptor is an MPEG-4 descriptor with its length in four bytes of seven bits (ISO/IEC 14496-1 8.3.3).
func (w *boxes) descriptor(tag byte, write func()) {
	w.u8(tag, 0x80, 0x80, 0x80, 0)
	at := len(w.b)
	write()
	n := len(w.b) - at
	for i := range 4 {
		w.b[at-1-i] |= byte(n>>(7*i)) & 0x7f
	}
}
