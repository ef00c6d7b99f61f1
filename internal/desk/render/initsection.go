package render

import (
	"encoding/binary"

	"github.com/footage-custody/custody/internal/custody"
)

// shape is what an init section says of a run's first tracks of pictures and of sound.
type shape struct {
	width, height int    // pixels
	soundScale    uint32 // ticks of the sound in a second; 0 without sound
	channels      int    // of the sound, as the sample entry claims
}

const maxSide = 16384

// readInit reads an init section. Only what the sizes of our own buffers depend on is believed, within bounds; ffmpeg reads the rest
// behind its walls. Corrupt if there is no track of pictures.
func readInit(b []byte) (s shape, err error) {
	for kind, moov := range boxesIn(b) {
		if kind != "moov" {
			continue
		}
		for kind, trak := range boxesIn(moov) {
			if kind == "trak" {
				s.track(trak)
			}
		}
	}
	if s.width < 16 || s.height < 16 || s.width > maxSide || s.height > maxSide {
		return shape{}, custody.Errorf(custody.Corrupt, "the parameters of a run's pictures cannot be read")
	}
	return s, nil
}

func (s *shape) track(trak []byte) {
	var handler string
	var scale uint32
	mdia := boxIn(trak, "mdia")
	if hdlr := boxIn(mdia, "hdlr"); len(hdlr) >= 12 {
		handler = string(hdlr[8:12])
	}
	if mdhd := boxIn(mdia, "mdhd"); len(mdhd) >= 24 {
		at := 12
		if mdhd[0] == 1 {
			at = 20
		}
		scale = binary.BigEndian.Uint32(mdhd[at:])
	}
	stsd := boxIn(boxIn(boxIn(mdia, "minf"), "stbl"), "stsd")
	if len(stsd) < 8 {
		return
	}
	for _, entry := range boxesIn(stsd[8:]) {
		switch {
		case handler == "vide" && s.width == 0 && len(entry) >= 28:
			s.width, s.height = int(binary.BigEndian.Uint16(entry[24:])), int(binary.BigEndian.Uint16(entry[26:]))
		case handler == "soun" && s.soundScale == 0 && len(entry) >= 20:
			s.soundScale, s.channels = scale, int(binary.BigEndian.Uint16(entry[16:]))
		}
		return
	}
}

// boxIn returns the content of the first box of that kind; nil if there is none.
func boxIn(b []byte, kind string) []byte {
	for k, content := range boxesIn(b) {
		if k == kind {
			return content
		}
	}
	return nil
}

// boxesIn yields kind and content of the boxes in b, up to the first whose length is wrong.
func boxesIn(b []byte) func(yield func(string, []byte) bool) {
	return func(yield func(string, []byte) bool) {
		for len(b) >= 8 {
			size := int64(binary.BigEndian.Uint32(b))
			if size < 8 || size > int64(len(b)) || !yield(string(b[4:8]), b[8:size]) {
				return
			}
			b = b[size:]
		}
	}
}
