package manifest

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"slices"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/proof/mp4box"
)

// runHeader is what is needed of a run header: how its tracks are decoded.
type runHeader struct {
	Run    custody.RunID    `json:"run"`
	Stream custody.StreamID `json:"stream"`
	Camera custody.CameraID `json:"camera"`
	Tracks []struct {
		ID       uint8    `json:"id"`
		Codec    string   `json:"codec"`
		Scale    uint32   `json:"timescale"`
		VPS      [][]byte `json:"vps"`
		SPS      [][]byte `json:"sps"`
		PPS      [][]byte `json:"pps"`
		Config   []byte   `json:"config"`
		Channels int      `json:"channels"`
	} `json:"tracks"`
}

func parseRunHeader(b []byte) (*runHeader, error) {
	var h runHeader
	if err := json.Unmarshal(b, &h); err != nil {
		return nil, custody.Wrap(custody.Corrupt, err, "its run header cannot be read")
	}
	return &h, nil
}

// parameters checks that the file tells a player to decode the units as the camera said: by the run header where it is disclosed, and
// otherwise by the parameter sets that the first picture itself carries.
func (p *proving) parameters(f File, film *film) error {
	s := p.v.segments[p.r.Segments[0]]
	for _, t := range film.file.Tracks {
		l, e := p.lanes[uint8(t.ID)], &t.Entries[0]
		if s.header != nil {
			if !s.header.tells(l.track, e) {
				p.fault(Altered, "other-parameters", nil, "Track %d of %s is decoded with other parameters than the camera announced.", t.ID, p.r.Path)
			}
			continue
		}
		if len(t.Samples) == 0 || e.Format != "avc1" && e.Format != "hvc1" {
			continue
		}
		if t.Samples[0].Size > maxFirstUnit {
			p.fault(Altered, "bad-media", nil, "The first unit of %s has more than %d bytes.", p.r.Path, maxFirstUnit)
			continue
		}
		first, err := t.Samples[0].Payload(f)
		if err != nil {
			return custody.Wrap(custody.Unavailable, err, "%s cannot be read", p.r.Path)
		}
		if !carries(first, e) {
			p.fault(Missing, "no-parameters", nil, "What the camera announced about track %d of %s is not disclosed, and its first picture does not carry the parameters: nothing proves how it is to be decoded.", t.ID, p.r.Path)
		}
	}
	return nil
}

const maxFirstUnit = 16 << 20

// tells reports whether the run header describes the track as the sample entry does.
func (h *runHeader) tells(t Track, e *mp4box.Entry) bool {
	for _, x := range h.Tracks {
		if x.ID != t.ID {
			continue
		}
		if x.Codec != t.Codec || x.Scale != t.Timescale {
			return false
		}
		switch t.Codec {
		case "aac":
			return bytes.Equal(x.Config, e.Config)
		case "opus":
			return len(e.Config) > 1 && int(e.Config[1]) == x.Channels
		}
		return e.NALLength == 4 && sameSets(x.VPS, e.VPS) && sameSets(x.SPS, e.SPS) && sameSets(x.PPS, e.PPS)
	}
	return false
}

func sameSets(a, b [][]byte) bool { return slices.EqualFunc(a, b, bytes.Equal) }

// carries reports whether a unit holds every parameter set of the entry among its NAL units.
func carries(unit []byte, e *mp4box.Entry) bool {
	inside := map[string]bool{}
	for len(unit) >= 4 {
		n := uint64(binary.BigEndian.Uint32(unit))
		if n > uint64(len(unit)-4) {
			return false
		}
		if n <= 64<<10 {
			inside[string(unit[4:4+n])] = true
		}
		unit = unit[4+n:]
	}
	sets := slices.Concat(e.VPS, e.SPS, e.PPS)
	return e.NALLength == 4 && len(unit) == 0 && len(sets) > 0 && !slices.ContainsFunc(sets, func(s []byte) bool { return !inside[string(s)] })
}
