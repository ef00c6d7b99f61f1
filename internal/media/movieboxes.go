package media

import (
	"encoding/binary"
	"math"

	"github.com/footage-custody/custody/internal/custody"
)

// movieClock is how many ticks a second tkhd and mvhd count in.
const movieClock = 1000

// epoch1904 is how many seconds the epoch of ISO/IEC 14496-12 lies before that of custody.Instant.
const epoch1904 = 2_082_844_800

// header writes everything before the first payload. Its length does not depend on where the chunks lie, only on how wide their
// offsets are.
func (l *layout) header() ([]byte, error) {
	b, err := l.boxes(0, false)
	if err != nil {
		return nil, err
	}
	wide := int64(len(b))+l.media > math.MaxUint32
	if wide {
		if b, err = l.boxes(0, wide); err != nil {
			return nil, err
		}
	}
	return l.boxes(int64(len(b)), wide)
}

// boxes writes the boxes for payloads that begin at an offset of the file.
func (l *layout) boxes(base int64, wide bool) ([]byte, error) {
	w := &boxes{b: make([]byte, 0, 4096+20*len(l.units))}
	w.box("ftyp", func() {
		w.text("iso6") // signed composition offsets
		w.u32(0)
		w.text("iso6isommp42")
	})
	var err error
	w.box("moov", func() {
		w.filmHeader(l)
		for i := range l.lanes {
			if e := w.filmTrack(l, &l.lanes[i], base, wide); e != nil {
				err = e
			}
		}
	})
	if size := l.media + mdatHeader; size <= math.MaxUint32 {
		w.u32(uint32(size))
		w.text("mdat")
	} else {
		w.u32(1)
		w.text("mdat")
		w.u64(uint64(size + 8))
	}
	return w.b, err
}

func (w *boxes) u64(v uint64) { w.b = binary.BigEndian.AppendUint64(w.b, v) }

// stamp writes a creation and a modification time in 64 bits.
func (w *boxes) stamp(created custody.Instant) {
	seconds := uint64(0)
	if created > 0 {
		seconds = uint64(created/microsPerSecond) + epoch1904
	}
	w.u64(seconds)
	w.u64(seconds)
}

func (w *boxes) filmHeader(l *layout) {
	longest := int64(0)
	for i := range l.lanes {
		longest = max(longest, l.lanes[i].inMovieClock())
	}
	w.full("mvhd", 1, 0, func() {
		w.stamp(l.created)
		w.u32(movieClock)
		w.u64(uint64(longest))
		w.u32(0x10000)
		w.u16(0x100)
		w.zeros(10)
		w.matrix()
		w.zeros(24)
		w.u32(uint32(l.lanes[len(l.lanes)-1].track.ID) + 1)
	})
}

// inMovieClock is the track's duration as tkhd counts it, rounded up.
func (a *movieLane) inMovieClock() int64 { return -Rescale(-a.duration, movieClock, a.track.Timescale) }

func (w *boxes) filmTrack(l *layout, a *movieLane, base int64, wide bool) (err error) {
	var picture Picture
	video := a.track.Codec.Video()
	if video {
		if picture, err = a.track.Picture(); err != nil {
			return err
		}
	}
	w.box("trak", func() {
		const enabledInMovie = 3
		w.full("tkhd", 1, enabledInMovie, func() {
			w.stamp(l.created)
			w.u32(uint32(a.track.ID))
			w.u32(0)
			w.u64(uint64(a.inMovieClock()))
			w.zeros(12) // reserved, layer, alternate group
			w.u16(uint16(boolBit(!video) * 0x100))
			w.u16(0)
			w.matrix()
			w.u32(uint32(picture.Width) << 16)
			w.u32(uint32(picture.Height) << 16)
		})
		w.box("mdia", func() {
			w.full("mdhd", 1, 0, func() {
				w.stamp(l.created)
				w.u32(a.track.Timescale)
				w.u64(uint64(a.duration))
				w.u16(0x55c4) // "und"
				w.u16(0)
			})
			w.handler(video)
			w.box("minf", func() {
				w.mediaHeader(video)
				w.box("stbl", func() {
					w.full("stsd", 0, 0, func() {
						w.u32(1)
						err = w.sampleEntry(a.track, picture)
					})
					w.sampleTables(l, a)
					w.chunkTables(a, base, wide)
				})
			})
		})
	})
	return err
}

// sampleTables says when the samples are decoded and shown, which of them are sync samples, and how long they are.
func (w *boxes) sampleTables(l *layout, a *movieLane) {
	w.full("stts", 0, 0, func() {
		t := w.rowTable()
		a.each(l, func(u Taken, decoded int64) { t.add(uint32(decoded)) })
		t.end()
	})
	if !a.plain {
		w.full("ctts", 1, 0, func() {
			t := w.rowTable()
			a.each(l, func(u Taken, _ int64) { t.add(uint32(int32(a.offset(u.Unit)))) })
			t.end()
		})
	}
	if !a.synced {
		w.full("stss", 0, 0, func() {
			at, number, count := len(w.b), uint32(0), uint32(0)
			w.u32(0)
			a.each(l, func(u Taken, _ int64) {
				if number++; synchronous(u.Unit) {
					w.u32(number)
					count++
				}
			})
			binary.BigEndian.PutUint32(w.b[at:], count)
		})
	}
	w.full("stsz", 0, 0, func() {
		w.u32(0) // sizes follow
		w.u32(uint32(a.samples))
		a.each(l, func(u Taken, _ int64) { w.u32(u.Size) })
	})
}

// each yields the track's units in order, each with how long it is decoded for.
func (a *movieLane) each(l *layout, yield func(u Taken, decoded int64)) {
	var held Taken
	begun := false
	for _, u := range l.units {
		if u.Track != a.track.ID {
			continue
		}
		if begun {
			yield(held, u.DTS-held.DTS)
		}
		held, begun = u, true
	}
	yield(held, a.step)
}

// chunkTables says where the samples lie.
func (w *boxes) chunkTables(a *movieLane, base int64, wide bool) {
	w.full("stsc", 0, 0, func() {
		at, count, samples := len(w.b), uint32(0), uint32(0)
		w.u32(0)
		for i, c := range a.chunks {
			if c.samples != samples {
				w.u32(uint32(i) + 1)
				w.u32(c.samples)
				w.u32(1) // sample description
				count, samples = count+1, c.samples
			}
		}
		binary.BigEndian.PutUint32(w.b[at:], count)
	})
	kind := "stco"
	if wide {
		kind = "co64"
	}
	w.full(kind, 0, 0, func() {
		w.u32(uint32(len(a.chunks)))
		for _, c := range a.chunks {
			if wide {
				w.u64(uint64(base + c.at))
			} else {
				w.u32(uint32(base + c.at))
			}
		}
	})
}

// rowTable writes a counted table of (count, value): stts and ctts.
type rowTable struct {
	w            *boxes
	at           int
	rows         uint32
	count, value uint32
}

func (w *boxes) rowTable() *rowTable {
	t := &rowTable{w: w, at: len(w.b)}
	w.u32(0)
	return t
}

func (t *rowTable) add(v uint32) {
	if t.count > 0 && v == t.value {
		t.count++
		return
	}
	t.flush()
	t.count, t.value = 1, v
}

func (t *rowTable) flush() {
	if t.count > 0 {
		t.w.u32(t.count)
		t.w.u32(t.value)
		t.rows++
	}
}

func (t *rowTable) end() {
	t.flush()
	binary.BigEndian.PutUint32(t.w.b[t.at:], t.rows)
}
