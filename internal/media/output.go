package media

import "slices"

// output is the buffer that a fragment is being written into: headroom, room for the moof, media, tailroom.
type output struct {
	buf   *Buffer
	start int // where the media begins
	end   int // where the next payload goes
}

// begin takes a buffer with that much room for boxes and that capacity for media.
func (o *output) begin(alloc func(int) *Buffer, room, capacity int) bool {
	buf := alloc(Headroom + room + capacity + Tailroom)
	if buf == nil {
		return false
	}
	*o = output{buf: buf, start: Headroom + room, end: Headroom + room}
	return true
}

// reserve makes sure of that much room for boxes and for that many more bytes of media, in a larger buffer if need be.
// On false nothing changed.
func (o *output) reserve(alloc func(int) *Buffer, room, more int) bool {
	boxes, media := o.start-Headroom, o.end-o.start
	if room <= boxes && o.end+more+Tailroom <= len(o.buf.Mem) {
		return true
	}
	if room > boxes {
		room *= 2
	} else {
		room = boxes
	}
	return o.move(alloc, room, (media+more)+(media+more)/2)
}

// append copies p behind the media and returns the copy. Its place was reserved.
func (o *output) append(p []byte) []byte {
	at := o.end
	o.end += copy(o.buf.Mem[at:], p)
	return o.buf.Mem[at:o.end]
}

// move continues in another buffer.
func (o *output) move(alloc func(int) *Buffer, room, capacity int) bool {
	var to output
	if !to.begin(alloc, room, capacity) {
		return false
	}
	to.end += copy(to.buf.Mem[to.start:], o.buf.Mem[o.start:o.end])
	o.release()
	*o = to
	return true
}

// finish puts moof and mdat header, whose room was reserved, in front of the media and hands the buffer over.
func (o *output) finish(sequence uint32, runs []trackRun) *Buffer {
	buf := o.buf
	buf.Start, buf.End = o.start-moofSize(runs)-mdatHeader, o.end
	putMoof(buf.Mem[buf.Start:o.start], sequence, runs)
	o.buf = nil
	return buf
}

func (o *output) release() {
	if o.buf != nil && o.buf.Release != nil {
		o.buf.Release()
	}
	o.buf = nil
}

// sorted brings units and digests, gathered in order of receipt, into the order of the leaves: by track, and within a
// track as decoded (CONTRACTS 4).
func (f *Fragment) sorted() {
	if slices.IsSortedFunc(f.Units, func(a, b Unit) int { return int(a.Track) - int(b.Track) }) {
		return
	}
	units, digests := make([]Unit, 0, len(f.Units)), make([][32]byte, 0, len(f.Units))
	for track := uint8(1); len(units) < len(f.Units); track++ {
		for i, u := range f.Units {
			if u.Track == track {
				units, digests = append(units, u), append(digests, f.Digests[i])
			}
		}
	}
	f.Units, f.Digests = units, digests
}
