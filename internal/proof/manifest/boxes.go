package manifest

import (
	"encoding/binary"
	"io"
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

// strangeBox names the first box that has no place in an original; empty if there is none. The file has been read by mp4box already,
// so its lengths hold.
func strangeBox(r io.ReaderAt, size int64) (string, error) {
	w := boxWalker{r: r}
	err := w.walk("", 0, size, 0)
	return w.strange, err
}

type boxWalker struct {
	r       io.ReaderAt
	boxes   int
	strange string
}

func (w *boxWalker) walk(in string, at, end int64, depth int) error {
	for at < end && w.strange == "" {
		var b [16]byte
		n := min(16, end-at)
		if n < 8 {
			w.strange = "a box that ends early"
			return nil
		}
		if m, err := w.r.ReadAt(b[:n], at); err != nil && int64(m) < n {
			return custody.Wrap(custody.Unavailable, err, "a media file cannot be read")
		}
		length, header := int64(binary.BigEndian.Uint32(b[:])), int64(8)
		kind := string(b[4:8])
		switch {
		case length == 0:
			length = end - at
		case length == 1 && n == 16:
			length, header = int64(binary.BigEndian.Uint64(b[8:])&(1<<63-1)), 16
		}
		w.boxes++
		if length < header || length > end-at || w.boxes > maxBoxes || !strings.Contains(" "+allowedBoxes(in)+" ", " "+kind+" ") {
			w.strange = "the box " + printable(kind)
			return nil
		}
		if allowedBoxes(kind) != "" && depth < 8 {
			if err := w.walk(kind, at+header, at+length, depth+1); err != nil {
				return err
			}
		}
		at += length
	}
	return nil
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
