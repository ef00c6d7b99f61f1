package media

import (
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"

	"github.com/footage-custody/custody/internal/custody"
)

// InitSection writes the ftyp and moov boxes that a run's fragments need before them. The same tracks give the
// same bytes: no clock, no random number. Sample entries are avc1, hvc1, mp4a and Opus; the parameter sets in them are
// the tracks', never invented. It fails with Invalid where ValidTracks does, or if an SPS or an audio
// configuration cannot be read.
func InitSection(tracks []Track) ([]byte, error) {
	if err := ValidTracks(tracks); err != nil {
		return nil, err
	}
	w := &boxes{}
	w.box("ftyp", func() {
		w.text("iso6") // default-base-is-moof needs iso5, signed composition offsets iso6
		w.u32(0)
		w.text("iso6isommp42")
	})
	var err error
	w.box("moov", func() {
		w.movieHeader(len(tracks))
		for _, t := range tracks {
			if e := w.track(t); e != nil {
				err = e
			}
		}
		w.box("mvex", func() {
			for _, t := range tracks {
				w.full("trex", 0, 0, func() {
					w.u32(uint32(t.ID))
					w.u32(1) // default_sample_description_index
					w.zeros(12)
				})
			}
		})
	})
	if err != nil {
		return nil, err
	}
	return w.b, nil
}

func (w *boxes) movieHeader(tracks int) {
	w.full("mvhd", 0, 0, func() {
		w.zeros(8) // creation and modification time: unknown
		w.u32(1000)
		w.u32(0) // duration: the fragments say
		w.u32(0x10000)
		w.u16(0x100)
		w.zeros(10)
		w.matrix()
		w.zeros(24)
		w.u32(uint32(tracks) + 1)
	})
}

func (w *boxes) track(t Track) error {
	var picture Picture
	if t.Codec.Video() {
		var err error
		if picture, err = t.Picture(); err != nil {
			return err
		}
	}
	var err error
	w.box("trak", func() {
		const enabledInMovie = 3
		w.full("tkhd", 0, enabledInMovie, func() {
			w.zeros(8)
			w.u32(uint32(t.ID))
			w.zeros(20) // reserved, duration, reserved, layer, alternate group
			w.u16(uint16(boolBit(!t.Codec.Video()) * 0x100))
			w.u16(0)
			w.matrix()
			w.u32(uint32(picture.Width) << 16)
			w.u32(uint32(picture.Height) << 16)
		})
		w.box("mdia", func() {
			w.full("mdhd", 0, 0, func() {
				w.zeros(8)
				w.u32(t.Timescale)
				w.u32(0)
				w.u16(0x55c4) // "und"
				w.u16(0)
			})
			w.handler(t.Codec.Video())
			w.box("minf", func() { err = w.mediaInformation(t, picture) })
		})
	})
	return err
}

func (w *boxes) handler(video bool) {
	kind := "soun"
	if video {
		kind = "vide"
	}
	w.full("hdlr", 0, 0, func() {
		w.u32(0)
		w.text(kind)
		w.zeros(13) // reserved and an empty name
	})
}

func (w *boxes) mediaInformation(t Track, p Picture) (err error) {
	w.mediaHeader(t.Codec.Video())
	w.box("stbl", func() {
		w.full("stsd", 0, 0, func() {
			w.u32(1)
			err = w.sampleEntry(t, p)
		})
		w.full("stts", 0, 0, func() { w.u32(0) })
		w.full("stsc", 0, 0, func() { w.u32(0) })
		w.full("stsz", 0, 0, func() { w.zeros(8) })
		w.full("stco", 0, 0, func() { w.u32(0) })
	})
	return err
}

// mediaHeader is what minf holds before the sample tables.
func (w *boxes) mediaHeader(video bool) {
	if video {
		w.full("vmhd", 0, 1, func() { w.zeros(8) })
	} else {
		w.full("smhd", 0, 0, func() { w.zeros(4) })
	}
	w.box("dinf", func() {
		w.full("dref", 0, 0, func() {
			w.u32(1)
			w.full("url ", 0, 1, func() {}) // the media is in this file
		})
	})
}

func (w *boxes) sampleEntry(t Track, p Picture) error {
	switch t.Codec {
	case H264:
		w.visual("avc1", p, func() { w.avcConfiguration(t) })
	case H265:
		w.visual("hvc1", p, func() { w.hevcConfiguration(t) })
	case AAC:
		var c mpeg4audio.AudioSpecificConfig
		if err := c.Unmarshal(t.Config); err != nil || len(t.Config) > 64 {
			return custody.Wrap(custody.Invalid, cause(err), "the audio configuration of track %d cannot be read", t.ID)
		}
		w.audible("mp4a", channels(c), c.SampleRate, func() { w.elementaryStream(t) })
	case Opus:
		if t.Channels > 2 {
			return custody.Errorf(custody.Invalid, "track %d has %d Opus channels: 1 or 2 can be recorded", t.ID, t.Channels)
		}
		w.audible("Opus", t.Channels, 48000, func() { w.opusConfiguration(t) })
	}
	return nil
}

// cause stands in where only a length was wrong.
func cause(err error) error {
	if err == nil {
		return custody.Errorf(custody.Invalid, "it is longer than 64 bytes")
	}
	return err
}

func (w *boxes) visual(kind string, p Picture, configuration func()) {
	w.box(kind, func() {
		w.zeros(6)
		w.u16(1) // data_reference_index
		w.zeros(16)
		w.u16(uint16(p.Width))
		w.u16(uint16(p.Height))
		w.u32(0x480000) // 72 dpi
		w.u32(0x480000)
		w.u32(0)
		w.u16(1)
		w.zeros(32) // compressor name
		w.u16(24)
		w.u16(0xffff)
		configuration()
	})
}

func (w *boxes) audible(kind string, channels, rate int, configuration func()) {
	w.box(kind, func() {
		w.zeros(6)
		w.u16(1)
		w.zeros(8)
		w.u16(uint16(channels))
		w.u16(16)
		w.zeros(4)
		w.u32(uint32(min(max(rate, 0), 0xffff)) << 16)
		configuration()
	})
}

// elementaryStream is the esds box around an AudioSpecificConfig (ISO/IEC 14496-14 5.6).
func (w *boxes) elementaryStream(t Track) {
	w.full("esds", 0, 0, func() {
		w.descriptor(3, func() {
			w.u16(uint16(t.ID))
			w.u8(0)
			w.descriptor(4, func() {
				w.u8(0x40, 0x15) // MPEG-4 audio, audio stream
				w.zeros(11)      // buffer size and bit rates: unknown
				w.descriptor(5, func() { w.bytes(t.Config) })
			})
			w.descriptor(6, func() { w.u8(2) })
		})
	})
}

// opusConfiguration is the dOps box (Opus in ISOBMFF 4.3.2). RTP carries no pre-skip, so none is claimed.
func (w *boxes) opusConfiguration(t Track) {
	w.box("dOps", func() {
		w.u8(0, byte(t.Channels))
		w.u16(0)
		w.u32(48000)
		w.u16(0)
		w.u8(0)
	})
}

// channels is the number of channels of a channel configuration (ISO/IEC 14496-3 table 1.19); 0 if the stream itself says.
func channels(c mpeg4audio.AudioSpecificConfig) int {
	if c.ChannelConfig == 7 {
		return 8
	}
	return int(c.ChannelConfig)
}
