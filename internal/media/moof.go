package media

import "encoding/binary"

// sampleBox is one sample as trun describes it.
type sampleBox struct {
	size, duration, flags uint32
	offset                int32 // composition time offset
}

// trackRun is what one traf box says.
type trackRun struct {
	id      uint8
	video   bool
	base    uint64 // tfdt
	samples []sampleBox
	data    int // bytes of its samples
}

// Sample flags (ISO/IEC 14496-12 8.8.3.1). Only a closed random access point is a sync sample.
const (
	flagsSync     = 0x02000000 // depends on no other sample
	flagsOpen     = 0x02010000 // the same, but not a sync sample
	flagsNonSync  = 0x01010000
	mdatHeader    = 8
	moofFixed     = 8 + 16
	trafFixed     = 8 + 16 + 20 + 20
	videoSample   = 16
	audioSample   = 8
	trunVideo     = 0x01 | 0x100 | 0x200 | 0x400 | 0x800 // data offset; duration, size, flags, composition offset
	trunAudio     = 0x01 | 0x100 | 0x200
	tfhdAudio     = 0x020000 | 0x20 // default-base-is-moof, default sample flags
	tfhdVideo     = 0x020000
	audioTfhdMore = 4
)

func (r *trackRun) boxSize() int {
	if len(r.samples) == 0 {
		return 0
	}
	if r.video {
		return trafFixed + videoSample*len(r.samples)
	}
	return trafFixed + audioTfhdMore + audioSample*len(r.samples)
}

// moofSize is the length of the moof box over the runs; a run without samples has no traf.
func moofSize(runs []trackRun) int {
	n := moofFixed
	for i := range runs {
		n += runs[i].boxSize()
	}
	return n
}

// putMoof writes the moof box and the mdat header into b, which has exactly moofSize + mdatHeader bytes. The runs' data
// follow in order.
func putMoof(b []byte, sequence uint32, runs []trackRun) {
	p := putter{b}
	size, data := len(b)-mdatHeader, 0
	p.box(size, "moof")
	p.box(16, "mfhd")
	p.u32(0)
	p.u32(sequence)
	for i := range runs {
		if r := &runs[i]; len(r.samples) > 0 {
			p.traf(r, len(b)+data)
			data += r.data
		}
	}
	p.box(mdatHeader+data, "mdat")
}

// putter fills a slice from its front.
type putter struct{ b []byte }

func (p *putter) u32(v uint32) {
	binary.BigEndian.PutUint32(p.b, v)
	p.b = p.b[4:]
}

func (p *putter) box(size int, kind string) {
	p.u32(uint32(size))
	copy(p.b, kind)
	p.b = p.b[4:]
}

// traf writes one track fragment whose data begin offset bytes after the moof's first.
func (p *putter) traf(r *trackRun, offset int) {
	p.box(r.boxSize(), "traf")
	if r.video {
		p.box(16, "tfhd")
		p.u32(tfhdVideo)
		p.u32(uint32(r.id))
	} else {
		p.box(16+audioTfhdMore, "tfhd")
		p.u32(tfhdAudio)
		p.u32(uint32(r.id))
		p.u32(flagsSync)
	}
	p.box(20, "tfdt")
	p.u32(1 << 24)
	p.u32(uint32(r.base >> 32))
	p.u32(uint32(r.base))
	if r.video {
		p.box(20+videoSample*len(r.samples), "trun")
		p.u32(1<<24 | trunVideo)
	} else {
		p.box(20+audioSample*len(r.samples), "trun")
		p.u32(1<<24 | trunAudio)
	}
	p.u32(uint32(len(r.samples)))
	p.u32(uint32(offset))
	for _, s := range r.samples {
		p.u32(s.duration)
		p.u32(s.size)
		if r.video {
			p.u32(s.flags)
			p.u32(uint32(s.offset))
		}
	}
}
