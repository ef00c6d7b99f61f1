package manifest

import (
	"encoding/binary"
	"io"
	"math/bits"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/proof/mp4box"
)

// The boxes that an original may consist of, by the box they lie in. Another box could carry something that nobody decided to release.
func allowedBoxes(in string) string {
	switch in {
	case "":
		return "ftyp moov moof mdat"
	case "moov":
		return "mvhd trak mvex"
	case "trak":
		return "tkhd mdia edts"
	case "mdia":
		return "mdhd hdlr minf"
	case "minf":
		return "vmhd smhd dinf stbl"
	case "dinf":
		return "dref"
	case "stbl":
		return "stsd stts ctts stsc stsz stco co64 stss"
	case "mvex":
		return "mehd trex"
	case "moof":
		return "mfhd traf"
	case "traf":
		return "tfhd tfdt trun"
	}
	return "" // a leaf: not looked into
}

const maxBoxes = 64 << 20

// often reports whether a box may stand more than once in the box it lies in. Of any other a second one would be read by one player
// and passed over by the next.
func often(kind string) bool {
	switch kind {
	case "moof", "mdat", "trak", "trex", "traf", "trun":
		return true
	}
	return false
}

// oddities are what the walk over a file's boxes found; the first of each sort, empty if there is none.
type oddities struct {
	broken  string // a box of a wrong length, or one that stands twice
	strange string // a box that has no place in an original, or one that holds more than its fields
}

// inspect walks over the boxes of a file, as far as an original may have them; what else lies in a file of another kind is passed over.
func inspect(r io.ReaderAt, size int64) (oddities, error) {
	w := boxWalker{r: r}
	err := w.walk("", 0, size)
	return w.found, err
}

type boxWalker struct {
	r     io.ReaderAt
	boxes int
	found oddities
}

func (w *boxWalker) walk(in string, at, end int64) error {
	seen := map[string]bool{}
	for at < end && w.found.broken == "" {
		kind, header, length, err := w.head(at, end)
		if w.boxes++; err != nil || w.found.broken != "" {
			return err
		}
		if w.boxes > maxBoxes || seen[kind] && !often(kind) {
			w.found.broken = "holds the box " + printable(kind) + " twice, or too many boxes"
			return nil
		}
		allowed := strings.Contains(" "+allowedBoxes(in)+" ", " "+kind+" ")
		switch {
		case !allowed && w.found.strange == "":
			w.found.strange = "the box " + printable(kind)
		case !allowed:
		case allowedBoxes(kind) != "":
			err = w.walk(kind, at+header, at+length)
		default:
			err = w.leaf(kind, at+header, length-header)
		}
		if seen[kind] = allowed; err != nil {
			return err
		}
		at += length
	}
	return nil
}

// head reads the head of the box at an offset.
func (w *boxWalker) head(at, end int64) (kind string, header, length int64, err error) {
	var b [16]byte
	n := min(16, end-at)
	if err := w.read(b[:n], at); err != nil {
		return "", 0, 0, err
	}
	kind, length, header = string(b[4:8]), int64(binary.BigEndian.Uint32(b[:])), 8
	switch {
	case length == 0:
		length = end - at
	case length == 1:
		length, header = int64(binary.BigEndian.Uint64(b[8:])&(1<<63-1)), 16
	}
	if n < 8 || length < header || length > end-at {
		w.found.broken = "holds a box of a wrong length: " + printable(kind)
	}
	return kind, header, length, nil
}

func (w *boxWalker) read(b []byte, at int64) error {
	if n, err := w.r.ReadAt(b, at); err != nil && n < len(b) {
		return custody.Wrap(custody.Unavailable, err, "a media file cannot be read")
	}
	return nil
}

// leaf compares the length of a box without boxes with that of its fields.
func (w *boxWalker) leaf(kind string, at, length int64) error {
	var b [12]byte
	if err := w.read(b[:min(12, length)], at); err != nil {
		return err
	}
	if want := fieldsOf(kind, b); want >= 0 && want != length && w.found.strange == "" {
		w.found.strange = "more or less in the box " + printable(kind) + " than its fields"
	}
	return nil
}

// fieldsOf is how many bytes the fields of a box take, by its first 12; negative where that is not fixed (ISO/IEC 14496-12).
func fieldsOf(kind string, b [12]byte) int64 {
	flags, n := binary.BigEndian.Uint32(b[:])&0xffffff, int64(binary.BigEndian.Uint32(b[4:]))
	wide := func(one, zero int64) int64 {
		if b[0] == 1 {
			return one
		}
		return zero
	}
	four := func(mask uint32) int64 { return 4 * int64(bits.OnesCount32(flags&mask)) }
	switch kind {
	case "mvhd":
		return wide(112, 100)
	case "tkhd":
		return wide(96, 84)
	case "mdhd":
		return wide(36, 24)
	case "mehd", "tfdt":
		return wide(12, 8)
	case "vmhd":
		return 12
	case "smhd", "mfhd":
		return 8
	case "trex":
		return 24
	case "stts", "ctts", "co64":
		return 8 + 8*n
	case "stsc":
		return 8 + 12*n
	case "stco", "stss":
		return 8 + 4*n
	case "stsz":
		if n != 0 { // all of one size
			return 12
		}
		return 12 + 4*int64(binary.BigEndian.Uint32(b[8:]))
	case "tfhd":
		return 8 + 8*int64(flags&1) + four(0x3a)
	case "trun":
		return 8 + four(0x5) + n*four(0xf00)
	}
	return -1
}

func printable(kind string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' {
			return '?'
		}
		return c
	}, kind)
}

// place is one sample in the order of the file.
type place struct {
	track, sample int
	offset        int64
	size          uint32
}

// fileOrder yields the samples of all tracks by offset. Within a track they lie in order, or the file is not one of ours.
type fileOrder struct {
	tracks []*mp4box.Track
	next   []int
}

func newFileOrder(f *mp4box.File) *fileOrder {
	return &fileOrder{tracks: f.Tracks, next: make([]int, len(f.Tracks))}
}

func (o *fileOrder) take() (place, bool) {
	best := -1
	for i, t := range o.tracks {
		if o.next[i] < len(t.Samples) && (best < 0 || t.Samples[o.next[i]].Offset < o.tracks[best].Samples[o.next[best]].Offset) {
			best = i
		}
	}
	if best < 0 {
		return place{}, false
	}
	n := o.next[best]
	o.next[best]++
	s := &o.tracks[best].Samples[n]
	return place{track: best, sample: n, offset: s.Offset, size: s.Size}, true
}

// fills reports whether the samples, each once and in order, are all the media data of the file: nothing lies before, between, behind
// or twice.
func fills(f *mp4box.File) bool {
	o := newFileOrder(f)
	p, ok := o.take()
	for _, area := range f.Media {
		at := area.Offset
		for ; ok && p.offset == at && p.offset < area.Offset+area.Length; p, ok = o.take() {
			at += int64(p.size)
			if p.size == 0 {
				return false
			}
		}
		if at != area.Offset+area.Length {
			return false
		}
	}
	return !ok
}
