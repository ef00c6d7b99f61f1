package mp4box

import (
	"errors"
	"fmt"
	"io"
)

// ErrFormat is at the root of every error about the file's content; other errors come from the reader.
var ErrFormat = errors.New("not a usable MP4 file")

func faultf(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrFormat, fmt.Sprintf(format, args...))
}

// Limits on what a file may make us keep.
const (
	maxHeader  = 256 << 20 // bytes of one moov or moof box
	maxTracks  = 64
	maxSamples = 16 << 20
	maxEntries = 1 << 16 // boxes on the top level, beside two for each fragment
)

// File is what a file's headers say.
type File struct {
	Brand     string // major brand of ftyp; empty without one
	Tracks    []*Track
	Fragments int    // moof boxes
	Media     []Area // contents of mdat boxes, in file order
}

// Area is a range of bytes of the file.
type Area struct {
	Offset, Length int64
}

// Track is one track and its samples in decode order.
type Track struct {
	ID        uint32
	Timescale uint32
	Handler   string // "vide", "soun" ...
	EditList  bool   // an edit list is present; it was not applied
	Entries   []Entry
	Samples   []Sample

	defaults trackDefaults
	next     int64 // decode time after the last sample
}

// Entry is one sample description.
type Entry struct {
	Format        string // "avc1", "hvc1", "mp4a", "Opus" ...
	Width, Height int
	Channels      int
	SampleRate    int
	VPS, SPS, PPS [][]byte // parameter sets of avcC or hvcC
	NALLength     int      // bytes of the length before each NAL unit; 0 if there is no such configuration
	Config        []byte   // the decoder configuration: content of avcC, hvcC or dOps, AudioSpecificConfig of esds
}

// Sample is one sample of a track.
type Sample struct {
	Offset   int64 // of its first byte in the file
	Size     uint32
	Duration uint32
	DTS      int64
	CTS      int32 // composition offset: shown at DTS + CTS
	Flags    uint32
	Entry    int // index into Track.Entries
}

// PTS is the presentation time in ticks of the track.
func (s Sample) PTS() int64 { return s.DTS + int64(s.CTS) }

// Sync reports a sync sample (sample_is_non_sync_sample is clear).
func (s Sample) Sync() bool { return s.Flags&nonSync == 0 }

const nonSync = 0x00010000

// Track returns the track with that id, or nil.
func (f *File) Track(id uint32) *Track {
	for _, t := range f.Tracks {
		if t.ID == id {
			return t
		}
	}
	return nil
}

// Payload reads one sample's bytes.
func (s Sample) Payload(r io.ReaderAt) ([]byte, error) {
	b := make([]byte, s.Size)
	if _, err := r.ReadAt(b, s.Offset); err != nil {
		return nil, fmt.Errorf("reading a sample of %d bytes at %d: %w", s.Size, s.Offset, err)
	}
	return b, nil
}

// Read parses a file of that size. Only the headers are read: moov and moof boxes are held one at a time, media data
// stay where they are.
func Read(r io.ReaderAt, size int64) (*File, error) {
	p := &parser{file: &File{}, size: size}
	for at := int64(0); at < size; {
		kind, header, length, err := boxAt(r, at, size)
		if err != nil {
			return nil, err
		}
		if p.boxes++; p.boxes > maxEntries+2*p.file.Fragments {
			return nil, faultf("it has too many boxes")
		}
		content := Area{at + header, length - header}
		switch kind {
		case "ftyp", "moov", "moof":
			err = p.header(r, kind, at, content)
		case "mdat":
			p.file.Media = append(p.file.Media, content)
		}
		if err != nil {
			return nil, err
		}
		at += length
	}
	if !p.moov {
		return nil, faultf("it has no moov box")
	}
	return p.file, nil
}

// boxAt reads the header of the box at an offset.
func boxAt(r io.ReaderAt, at, end int64) (kind string, header, length int64, err error) {
	var b [16]byte
	n := min(int64(len(b)), end-at)
	if n < 8 {
		return "", 0, 0, faultf("%d bytes after the last box", n)
	}
	if m, err := r.ReadAt(b[:n], at); err != nil && int64(m) < n {
		return "", 0, 0, fmt.Errorf("reading the box at %d: %w", at, err)
	}
	c := cursor{b: b[:n]}
	length, header = int64(c.u32()), 8
	kind = string(c.take(4))
	switch length {
	case 0: // to the end of the file
		length = end - at
	case 1:
		header = 16
		length = int64(c.u64() & (1<<63 - 1))
	}
	if c.short || length < header || length > end-at {
		return "", 0, 0, faultf("the box %q at %d has a wrong length", kind, at)
	}
	return kind, header, length, nil
}

type parser struct {
	file    *File
	size    int64
	moov    bool
	boxes   int
	samples int   // of all tracks
	bytes   int64 // of all samples: never more than the file has
}

func (p *parser) header(r io.ReaderAt, kind string, at int64, content Area) error {
	if content.Length > maxHeader {
		return faultf("its %s box has %d bytes; the limit is %d", kind, content.Length, maxHeader)
	}
	b := make([]byte, content.Length)
	if _, err := r.ReadAt(b, content.Offset); err != nil && err != io.EOF {
		return fmt.Errorf("reading the %s box at %d: %w", kind, at, err)
	}
	switch kind {
	case "ftyp":
		if len(b) >= 4 {
			p.file.Brand = string(b[:4])
		}
		return nil
	case "moof":
		if !p.moov {
			return faultf("a moof box stands before moov")
		}
		p.file.Fragments++
		return p.fragment(b, at)
	default:
		if p.moov {
			return faultf("it has two moov boxes")
		}
		p.moov = true
		return p.movie(b)
	}
}

// add takes one sample into a track, if the file can hold it.
func (p *parser) add(t *Track, s Sample) error {
	p.samples++
	p.bytes += int64(s.Size)
	switch {
	case p.samples > maxSamples:
		return faultf("it has more than %d samples", maxSamples)
	case s.Offset < 0 || s.Offset > p.size-int64(s.Size):
		return faultf("a sample of track %d lies outside the file", t.ID)
	case p.bytes > p.size:
		return faultf("its samples take more bytes than it has")
	case s.Entry < 0 || s.Entry >= len(t.Entries):
		return faultf("a sample of track %d names no sample entry", t.ID)
	case s.DTS > maxTime:
		return faultf("a decode time of track %d is out of range", t.ID)
	}
	t.Samples = append(t.Samples, s)
	t.next = s.DTS + int64(s.Duration)
	return nil
}

const maxTime = 1 << 60
