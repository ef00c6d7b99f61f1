package media

import (
	"encoding/binary"

	"github.com/footage-custody/custody/internal/custody"
)

// Sample is one access unit as the boxes of a fragment place it.
type Sample struct {
	DTS      int64 // decode time in ticks of its track, as tfdt counts: DecodeOrigin is in it
	PTS      int64 // presentation time, on the same count
	Duration uint32
	Sync     bool // a closed random access point
	At, Size int  // where its payload lies in the fragment's bytes
}

// TrackSamples are the samples of one track of a fragment, in decoding order; never empty.
type TrackSamples struct {
	Track   uint8
	Samples []Sample
}

// ReadFragment reads the boxes of one fragment as a Builder writes them: one moof, then one mdat. Anything else, also
// a sample that lies outside the mdat, fails with Corrupt; memory stays proportional to len(b).
func ReadFragment(b []byte) ([]TrackSamples, error) {
	moof, rest, ok := takeBox(b, "moof")
	mdat, rest, ok2 := takeBox(rest, "mdat")
	if !ok || !ok2 || len(rest) != 0 {
		return nil, custody.Errorf(custody.Corrupt, "a fragment is not one moof and one mdat")
	}
	first := len(b) - len(mdat)
	_, moof, ok = takeBox(moof, "mfhd")
	var out []TrackSamples
	for ok && len(moof) > 0 && len(out) < 256 {
		var traf []byte
		if traf, moof, ok = takeBox(moof, "traf"); !ok {
			break
		}
		var t TrackSamples
		if t, ok = readTraf(traf, first, len(b)); ok {
			out = append(out, t)
		}
	}
	if !ok || len(out) == 0 || len(moof) > 0 {
		return nil, custody.Errorf(custody.Corrupt, "the boxes of a fragment cannot be read")
	}
	return out, nil
}

// takeBox takes the box of that kind off the front of b.
func takeBox(b []byte, kind string) (content, rest []byte, ok bool) {
	if len(b) < 8 || string(b[4:8]) != kind {
		return nil, nil, false
	}
	size := int64(binary.BigEndian.Uint32(b))
	if size < 8 || size > int64(len(b)) {
		return nil, nil, false
	}
	return b[8:size], b[size:], true
}

// readTraf reads tfhd, tfdt and trun as putMoof writes them. Payloads lie in [first, end) of the fragment.
func readTraf(b []byte, first, end int) (t TrackSamples, ok bool) {
	tfhd, b, ok := takeBox(b, "tfhd")
	tfdt, b, ok2 := takeBox(b, "tfdt")
	trun, b, ok3 := takeBox(b, "trun")
	if !ok || !ok2 || !ok3 || len(b) != 0 || len(tfhd) < 8 || len(tfdt) != 12 || len(trun) < 12 || tfdt[0] != 1 {
		return t, false
	}
	id, flags := binary.BigEndian.Uint32(tfhd[4:]), binary.BigEndian.Uint32(trun)&0xffffff
	dts := int64(binary.BigEndian.Uint64(tfdt[4:]))
	count, offset := int64(binary.BigEndian.Uint32(trun[4:])), int64(binary.BigEndian.Uint32(trun[8:]))
	width := int64(audioSample)
	if flags == trunVideo {
		width = videoSample
	}
	trun = trun[12:]
	if id == 0 || id > 255 || dts < 0 || flags != trunVideo && flags != trunAudio || count == 0 || count*width != int64(len(trun)) {
		return t, false
	}
	t = TrackSamples{Track: uint8(id), Samples: make([]Sample, count)}
	for i := range t.Samples {
		s, row := &t.Samples[i], trun[int64(i)*width:]
		size := int64(binary.BigEndian.Uint32(row[4:]))
		if offset < int64(first) || offset+size > int64(end) {
			return t, false
		}
		*s = Sample{DTS: dts, PTS: dts, Duration: binary.BigEndian.Uint32(row), Sync: true, At: int(offset), Size: int(size)}
		if width == videoSample {
			s.Sync = binary.BigEndian.Uint32(row[8:])&(1<<16) == 0
			s.PTS = satAdd(dts, int64(int32(binary.BigEndian.Uint32(row[12:]))))
		}
		offset += size
		dts = satAdd(dts, int64(s.Duration))
	}
	return t, true
}
