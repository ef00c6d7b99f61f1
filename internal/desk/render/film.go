package render

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"

	"github.com/footage-custody/custody/internal/custody"
)

// film is the rendition as one progressive MP4 file (ISO/IEC 14496-12): ftyp, moov, mdat; no edit list, no metadata, no date. Its pictures
// have a clock of microseconds that stands at 0 at the window's start; so has the sound one of its own rate.
type film struct {
	width, height int
	sps, pps      []byte
	at            []int64 // when each picture is shown, ascending
	end           int64   // when the last is no longer shown
	sizes         []uint32
	sync          []uint32
	sound         *soundtrack // nil without
	pictures      io.ReaderAt
	sounds        io.ReaderAt

	chunks []chunk
	header []byte
}

// chunk is a piece of the media data that belongs to one track: about a second.
type chunk struct {
	sound   bool
	samples int
	from    int64 // in its track's store
	bytes   int64
}

const (
	pictureClock  = 1_000_000
	chunkDuration = 1_000_000 // microseconds
)

// lay lays the file out; then size and write can be used.
func (f *film) lay() error {
	for i := range f.at {
		if d := f.lasts(i); d <= 0 || d+f.early(i) > math.MaxUint32 {
			return custody.Errorf(custody.Invalid, "%d microseconds lie between two pictures: decide on a span on one side", d)
		}
	}
	if f.at[0] > math.MaxUint32 {
		return custody.Errorf(custody.Invalid, "the first picture is shown %d microseconds after the window begins: decide on a later beginning", f.at[0])
	}
	f.interleave()
	f.header = f.boxes(0)
	f.header = f.boxes(int64(len(f.header)))
	return nil
}

// lasts is how long a picture is shown.
func (f *film) lasts(i int) int64 {
	if i+1 < len(f.at) {
		return f.at[i+1] - f.at[i]
	}
	return f.end - f.at[i]
}

// early is how long before it is shown a picture is decoded: decoding begins at 0, where the window does, and what follows the first picture
// is shown when it is decoded. So the durations of the samples end where the window ends; some players show nothing after that sum.
func (f *film) early(i int) int64 {
	if i == 0 {
		return f.at[0]
	}
	return 0
}

// interleave cuts both tracks into chunks and orders them by time.
func (f *film) interleave() {
	var v, a chunk
	a.sound = true
	picture, sound := 0, 0
	for end := int64(chunkDuration); ; end += chunkDuration {
		if picture < len(f.at) && f.sound == nil {
			end = max(end, f.at[picture]+1)
		}
		for ; picture < len(f.at) && f.at[picture] < end; picture++ {
			v.samples, v.bytes = v.samples+1, v.bytes+int64(f.sizes[picture])
		}
		for ; f.sound != nil && sound < len(f.sound.sizes) && int64(sound)*soundFrame*1e6/soundRate < end; sound++ {
			a.samples, a.bytes = a.samples+1, a.bytes+int64(f.sound.sizes[sound])
		}
		v, a = f.chunk(v), f.chunk(a)
		if picture == len(f.at) && (f.sound == nil || sound == len(f.sound.sizes)) {
			return
		}
	}
}

// chunk takes one up and returns the beginning of its track's next.
func (f *film) chunk(c chunk) chunk {
	if c.samples > 0 {
		f.chunks = append(f.chunks, c)
	}
	return chunk{sound: c.sound, from: c.from + c.bytes}
}

func (f *film) media() (n int64) {
	for _, c := range f.chunks {
		n += c.bytes
	}
	return n
}

// size is the length of the file in bytes.
func (f *film) size() int64 { return int64(len(f.header)) + f.media() }

// write writes the file.
func (f *film) write(w io.Writer) error {
	if _, err := w.Write(f.header); err != nil {
		return custody.Wrap(custody.Unavailable, err, "the viewing copy cannot be written")
	}
	buffer := make([]byte, 256<<10)
	for _, c := range f.chunks {
		from := f.pictures
		if c.sound {
			from = f.sounds
		}
		if _, err := io.CopyBuffer(struct{ io.Writer }{w}, io.NewSectionReader(from, c.from, c.bytes), buffer); err != nil {
			return custody.Wrap(custody.Unavailable, err, "the viewing copy cannot be written")
		}
	}
	return nil
}

// boxes writes everything before the media data, which begin at an offset of the file.
func (f *film) boxes(media int64) []byte {
	w := &boxWriter{}
	w.box("ftyp", func() { w.text("isom").u32(0x200).text("isomiso2avc1mp41") })
	duration := uint64(f.at[len(f.at)-1] + f.lasts(len(f.at)-1))
	w.box("moov", func() {
		w.full("mvhd", 1, 0, func() {
			w.zeros(16).u32(pictureClock).u64(duration).u32(0x10000).u16(0x100).zeros(10).matrix().zeros(24).u32(3)
		})
		f.track(w, media, duration)
		if f.sound != nil {
			f.soundTrack(w, media, duration)
		}
	})
	n := f.media()
	if n+8 <= math.MaxUint32 {
		return w.u32(uint32(n + 8)).text("mdat").b
	}
	return w.u32(1).text("mdat").u64(uint64(n + 16)).b
}

func (f *film) track(w *boxWriter, media int64, duration uint64) {
	w.box("trak", func() {
		w.full("tkhd", 1, 3, func() {
			w.zeros(16).u32(1).zeros(4).u64(duration).zeros(16).matrix().u32(uint32(f.width) << 16).u32(uint32(f.height) << 16)
		})
		w.media("vide", "vmhd", pictureClock, duration, func() {
			w.full("stsd", 0, 0, func() { w.u32(1).box("avc1", func() { f.pictureEntry(w) }) })
			w.runs("stts", len(f.at), func(i int) uint32 { return uint32(f.lasts(i) + f.early(i)) })
			if f.at[0] > 0 {
				w.runs("ctts", len(f.at), func(i int) uint32 { return uint32(f.early(i)) })
			}
			w.full("stss", 0, 0, func() {
				w.u32(uint32(len(f.sync)))
				for _, n := range f.sync {
					w.u32(n + 1)
				}
			})
			f.places(w, false, f.sizes, media)
		})
	})
}

func (f *film) pictureEntry(w *boxWriter) {
	w.zeros(6).u16(1).zeros(16).u16(uint16(f.width)).u16(uint16(f.height)).u32(0x480000).u32(0x480000).u32(0).u16(1).zeros(32).u16(24).u16(0xffff)
	w.box("avcC", func() {
		w.bytes([]byte{1, f.sps[1], f.sps[2], f.sps[3], 0xff, 0xe1}).u16(uint16(len(f.sps))).bytes(f.sps)
		w.bytes([]byte{1}).u16(uint16(len(f.pps))).bytes(f.pps)
		w.bytes([]byte{0xfd, 0xf8, 0xf8, 0}) // High profile: 4:2:0, 8 bits
	})
}

func (f *film) soundTrack(w *boxWriter, media int64, duration uint64) {
	w.box("trak", func() {
		w.full("tkhd", 1, 3, func() { w.zeros(16).u32(2).zeros(4).u64(duration).zeros(12).u16(0x100).zeros(2).matrix().zeros(8) })
		w.media("soun", "smhd", soundRate, uint64(len(f.sound.sizes))*soundFrame, func() {
			w.full("stsd", 0, 0, func() {
				w.u32(1).box("mp4a", func() {
					w.zeros(6).u16(1).zeros(8).u16(uint16(f.sound.channels)).u16(16).zeros(4).u32(soundRate << 16)
					w.full("esds", 0, 0, func() { // ISO/IEC 14496-14 5.6; AAC-LC at 48 kHz
						w.bytes([]byte{3, 25, 0, 2, 0, 4, 17, 0x40, 0x15}).zeros(11).bytes([]byte{5, 2, 0x11, 0x80 | byte(f.sound.channels)<<3, 6, 1, 2})
					})
				})
			})
			w.runs("stts", len(f.sound.sizes), func(int) uint32 { return soundFrame })
			f.places(w, true, f.sound.sizes, media)
		})
	})
}

// places writes where the samples of a track lie.
func (f *film) places(w *boxWriter, sound bool, sizes []uint32, at int64) {
	var counts []int
	var offsets []uint64
	for _, c := range f.chunks {
		if c.sound == sound {
			counts, offsets = append(counts, c.samples), append(offsets, uint64(at))
		}
		at += c.bytes
	}
	w.full("stsc", 0, 0, func() {
		count := len(w.b)
		w.u32(0)
		for i, n := range counts {
			if i == 0 || n != counts[i-1] {
				w.u32(uint32(i + 1)).u32(uint32(n)).u32(1)
			}
		}
		binary.BigEndian.PutUint32(w.b[count:], uint32(len(w.b)-count-4)/12)
	})
	w.full("stsz", 0, 0, func() {
		w.u32(0).u32(uint32(len(sizes)))
		for _, n := range sizes {
			w.u32(n)
		}
	})
	w.full("co64", 0, 0, func() {
		w.u32(uint32(len(offsets)))
		for _, o := range offsets {
			w.u64(o)
		}
	})
}

// boxWriter appends boxes and big-endian fields.
type boxWriter struct{ b []byte }

func (w *boxWriter) bytes(b []byte) *boxWriter { w.b = append(w.b, b...); return w }
func (w *boxWriter) text(s string) *boxWriter  { w.b = append(w.b, s...); return w }
func (w *boxWriter) u16(v uint16) *boxWriter   { w.b = binary.BigEndian.AppendUint16(w.b, v); return w }
func (w *boxWriter) u32(v uint32) *boxWriter   { w.b = binary.BigEndian.AppendUint32(w.b, v); return w }
func (w *boxWriter) u64(v uint64) *boxWriter   { w.b = binary.BigEndian.AppendUint64(w.b, v); return w }
func (w *boxWriter) zeros(n int) *boxWriter    { return w.bytes(bytes.Repeat([]byte{0}, n)) }

func (w *boxWriter) matrix() *boxWriter {
	return w.u32(0x10000).zeros(12).u32(0x10000).zeros(12).u32(0x40000000)
}

func (w *boxWriter) box(kind string, content func()) {
	at := len(w.b)
	w.u32(0).text(kind)
	content()
	binary.BigEndian.PutUint32(w.b[at:], uint32(len(w.b)-at))
}

func (w *boxWriter) full(kind string, version byte, flags uint32, content func()) {
	w.box(kind, func() {
		w.u32(uint32(version)<<24 | flags)
		content()
	})
}

// media writes mdia with its sample tables.
func (w *boxWriter) media(handler, header string, clock uint32, duration uint64, tables func()) {
	w.box("mdia", func() {
		w.full("mdhd", 1, 0, func() { w.zeros(16).u32(clock).u64(duration).u16(0x55c4).u16(0) })
		w.full("hdlr", 0, 0, func() { w.u32(0).text(handler).zeros(13) })
		w.box("minf", func() {
			if header == "vmhd" {
				w.full(header, 0, 1, func() { w.zeros(8) })
			} else {
				w.full(header, 0, 0, func() { w.zeros(4) })
			}
			w.box("dinf", func() { w.full("dref", 0, 0, func() { w.u32(1).full("url ", 0, 1, func() {}) }) })
			w.box("stbl", tables)
		})
	})
}

// runs writes a table of runs of equal values: stts or ctts.
func (w *boxWriter) runs(kind string, n int, value func(int) uint32) {
	w.full(kind, 0, 0, func() {
		count := len(w.b)
		w.u32(0)
		for i := 0; i < n; {
			from := i
			for i++; i < n && value(i) == value(from); i++ {
			}
			w.u32(uint32(i - from)).u32(value(from))
		}
		binary.BigEndian.PutUint32(w.b[count:], uint32(len(w.b)-count-4)/8)
	})
}
