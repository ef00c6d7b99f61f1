package mp4box

// resolve turns the sample tables of a plain file into samples (ISO/IEC 14496-12 8.6, 8.7). A fragmented file has empty ones.
func (p *parser) resolve(t *Track, s *sampleTables) error {
	sizes, err := sampleSizes(s)
	if err != nil || sizes.count == 0 {
		return err
	}
	chunks, err := newChunks(s)
	if err != nil {
		return err
	}
	durations, offsets, sync := newRunTable(s.stts), newRunTable(s.ctts), newSyncTable(s.stss)
	var dts int64
	for i := range sizes.count {
		size := sizes.next()
		offset, entry, ok := chunks.next(size)
		if !ok {
			return faultf("the chunks of track %d hold fewer samples than it has", t.ID)
		}
		duration, ok := durations.next()
		if !ok {
			return faultf("track %d gives no duration for some of its samples", t.ID)
		}
		cts, _ := offsets.next()
		sample := Sample{Offset: offset, Size: size, Duration: duration, DTS: dts, CTS: int32(cts), Entry: entry - 1}
		if !sync.has(i + 1) {
			sample.Flags = nonSync
		}
		if err := p.add(t, sample); err != nil {
			return err
		}
		dts += int64(duration)
	}
	return nil
}

// sizeTable yields sample sizes from stsz or stz2.
type sizeTable struct {
	count int
	fixed uint32
	bits  int
	c     cursor
	low   uint8
	half  bool
}

func sampleSizes(s *sampleTables) (*sizeTable, error) {
	t := &sizeTable{bits: 32}
	switch {
	case s.stsz != nil:
		t.c = cursor{b: s.stsz}
		t.c.versioned()
		t.fixed = t.c.u32()
	case s.stz2 != nil:
		t.c = cursor{b: s.stz2}
		t.c.versioned()
		t.bits = int(t.c.u32() & 0xff)
		if t.bits != 4 && t.bits != 8 && t.bits != 16 {
			return nil, faultf("a table has samples sizes of %d bits", t.bits)
		}
	default:
		return t, nil
	}
	n := uint64(t.c.u32())
	if t.fixed == 0 && (n*uint64(t.bits)+7)/8 > uint64(len(t.c.b)) || n > maxSamples || t.c.short {
		return nil, faultf("a table of sample sizes is shorter than it says")
	}
	t.count = int(n)
	return t, nil
}

func (t *sizeTable) next() uint32 {
	switch {
	case t.fixed != 0:
		return t.fixed
	case t.bits == 32:
		return t.c.u32()
	case t.bits == 16:
		return uint32(t.c.u16())
	case t.bits == 8:
		return uint32(t.c.u8())
	}
	if t.half = !t.half; !t.half {
		return uint32(t.low & 15)
	}
	t.low = t.c.u8()
	return uint32(t.low >> 4)
}

// chunkTable walks stsc and stco or co64.
type chunkTable struct {
	runs, offsets cursor
	wide          bool
	chunk         uint32 // number of the current chunk, from 1
	until         uint32 // first chunk that the next run describes
	perChunk      uint32
	entry         int
	left          uint32 // samples left in the current chunk
	at            int64
}

func newChunks(s *sampleTables) (*chunkTable, error) {
	t := &chunkTable{runs: cursor{b: s.stsc}, offsets: cursor{b: s.stco}}
	width := 4
	if s.stco == nil {
		t.offsets, t.wide, width = cursor{b: s.co64}, true, 8
	}
	t.runs.versioned()
	t.runs.b = t.runs.b[:min(len(t.runs.b), 4+12*countOf(t.runs, 12))]
	t.runs.u32()
	t.offsets.versioned()
	t.offsets.b = t.offsets.b[:min(len(t.offsets.b), 4+width*countOf(t.offsets, width))]
	t.offsets.u32()
	if t.runs.short || t.offsets.short {
		return nil, faultf("a chunk table is shorter than it says")
	}
	if first := t.runs.u32(); first != 1 {
		return nil, faultf("a chunk table does not begin with chunk 1")
	}
	t.until = 1
	return t, nil
}

// countOf is the count at a cursor, without moving it.
func countOf(c cursor, size int) int { return c.count(size) }

// next returns where the next sample lies.
func (t *chunkTable) next(size uint32) (offset int64, entry int, ok bool) {
	for t.left == 0 {
		t.chunk++
		if t.chunk == t.until {
			t.perChunk, t.entry = t.runs.u32(), int(t.runs.u32())
			t.until = t.runs.u32() // 0 after the last run: never reached
			if t.until != 0 && t.until <= t.chunk {
				return 0, 0, false
			}
		}
		t.left = t.perChunk
		if t.wide {
			t.at = int64(t.offsets.u64() & (1<<63 - 1))
		} else {
			t.at = int64(t.offsets.u32())
		}
		if t.offsets.short {
			return 0, 0, false
		}
	}
	t.left--
	offset = t.at
	t.at = min(t.at+int64(size), maxTime)
	return offset, t.entry, true
}

// runTable walks a table of (count, value) pairs: stts, ctts.
type runTable struct {
	c           cursor
	left, value uint32
}

func newRunTable(b []byte) *runTable {
	t := &runTable{c: cursor{b: b}}
	t.c.versioned()
	n := countOf(t.c, 8)
	t.c.b = t.c.b[:min(len(t.c.b), 4+8*n)]
	t.c.u32()
	return t
}

func (t *runTable) next() (uint32, bool) {
	for t.left == 0 {
		t.left, t.value = t.c.u32(), t.c.u32()
		if t.c.short {
			return 0, false
		}
	}
	t.left--
	return t.value, true
}

// syncTable walks stss; without one every sample is a sync sample.
type syncTable struct {
	c    cursor
	all  bool
	next int
}

func newSyncTable(b []byte) *syncTable {
	t := &syncTable{c: cursor{b: b}, all: b == nil}
	t.c.versioned()
	t.c.u32()
	t.next = int(t.c.u32())
	return t
}

func (t *syncTable) has(number int) bool {
	for !t.all && t.next < number && !t.c.short {
		t.next = int(t.c.u32())
	}
	return t.all || t.next == number && !t.c.short
}
