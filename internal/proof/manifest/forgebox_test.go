package manifest

import (
	"encoding/binary"
	"slices"
)

// box is a box of an MP4 file: leaf bytes, or boxes behind some bytes of its own.
type box struct {
	kind string
	head []byte
	kids []*box
	wide bool // with a size of 64 bits
}

// boxesIn reads what lies behind the head of a container.
func boxesIn(b []byte) (out []*box) {
	for len(b) >= 8 {
		n := int(binary.BigEndian.Uint32(b))
		if n < 8 || n > len(b) {
			return out
		}
		x := &box{kind: string(b[4:8])}
		switch x.kind {
		case "moov", "trak", "mdia", "minf", "dinf", "stbl", "mvex", "moof", "traf":
			x.kids = boxesIn(b[8:n])
		default:
			x.head = slices.Clone(b[8:n])
		}
		out, b = append(out, x), b[n:]
	}
	return out
}

func (x *box) write(b []byte) []byte {
	at := len(b)
	b = append(append(b, 0, 0, 0, 0), x.kind...)
	if x.wide {
		b = append(b, 0, 0, 0, 0, 0, 0, 0, 0)
	}
	b = append(b, x.head...)
	for _, kid := range x.kids {
		b = kid.write(b)
	}
	if x.wide {
		binary.BigEndian.PutUint32(b[at:], 1)
		binary.BigEndian.PutUint64(b[at+8:], uint64(len(b)-at))
	} else {
		binary.BigEndian.PutUint32(b[at:], uint32(len(b)-at))
	}
	return b
}

func (x *box) all(out []*box) []*box {
	out = append(out, x)
	for _, kid := range x.kids {
		out = kid.all(out)
	}
	return out
}

// boxes changes the structure of a media file; sizes stay right.
func (f *forger) boxes() {
	name := f.any(".mp4")
	root := &box{kids: boxesIn(f.files[name])}
	all := root.all(nil)
	if len(all) > 40 && f.IntN(3) > 0 {
		all = all[:40] // what moov holds
	}
	x := one(f, all[1:])
	if x == nil {
		return
	}
	parent := root
	for _, p := range root.all(nil) {
		if slices.Contains(p.kids, x) {
			parent = p
		}
	}
	i := slices.Index(parent.kids, x)
	what := one(f, []string{"value", "value", "value", "flag", "drop", "twice", "swap", "new", "kind", "grow", "shrink", "wide", "version"})
	switch j := f.IntN(len(parent.kids)); what {
	case "value":
		if len(x.head) >= 4 {
			at := f.IntN(len(x.head)/4) * 4
			v := binary.BigEndian.Uint32(x.head[at:])
			binary.BigEndian.PutUint32(x.head[at:], one(f, []uint32{v + 1, v - 1, 0, 1, v * 2, 0xffffffff, 0x7fffffff, 1 << 31}))
		}
	case "flag":
		if len(x.head) >= 4 {
			x.head[1+f.IntN(3)] ^= 1 << f.IntN(8)
		}
	case "version":
		if len(x.head) >= 4 {
			x.head[0] = byte(f.IntN(3))
		}
	case "drop":
		parent.kids = slices.Delete(parent.kids, i, i+1)
	case "twice":
		parent.kids = slices.Insert(parent.kids, j, x)
	case "swap":
		parent.kids[i], parent.kids[j] = parent.kids[j], parent.kids[i]
	case "new":
		kind := one(f, []string{"free", "uuid", "edts", "mdat", "mdia", "udta", "stss", "ctts", "tfdt", "moof", "trex", "hdlr", "mehd", "ftyp", "skip", "moov"})
		parent.kids = slices.Insert(parent.kids, j, &box{kind: kind, head: make([]byte, one(f, []int{0, 0, 4, 8, 16}))})
		what += " " + kind
	case "kind":
		x.kind = one(f, []string{"free", "mdat", "udta", "co64", "stco", "trak", "soun", "edts", "ctts", "vmhd", "\x00\x00\x00\x00"})
		what += " " + x.kind
	case "grow":
		x.head = append(x.head, make([]byte, 1+f.IntN(8))...)
	case "shrink":
		x.head = x.head[:max(0, len(x.head)-1-f.IntN(8))]
	case "wide":
		x.wide = true
	}
	f.note("%s %s of %s", what, x.kind, name)
	var b []byte
	for _, kid := range root.kids {
		b = kid.write(b)
	}
	f.files[name] = b
}
