package simcam

import (
	"cmp"
	"context"
	"slices"

	"github.com/footage-custody/custody/internal/media"
)

// RTP clock rates.
const (
	videoClock = 90000
	audioClock = 48000
)

// Placement says where a camera tells its parameter sets.
type Placement string

// The placements.
const (
	SetsBoth   Placement = ""         // in the SDP and in band before every random access unit
	SetsInBand Placement = "in-band"  // in band only
	SetsInSDP  Placement = "sdp-only" // in the SDP only
)

// clip is a loop of units of one track. Only the scheduler's goroutine patches its units.
type clip struct {
	codec media.Codec
	clock int64
	ticks int64 // length of the loop
	lead  int64 // presentation of the first unit less its decoding
	units []unit
	sets  [3][]byte // VPS, SPS, PPS
}

type clipKey struct {
	profile   Profile
	placement Placement
	aggregate bool
	audio     media.Codec
}

// library builds each clip once for a farm. It is used by one goroutine, before the farm starts.
type library struct {
	studio studio
	clips  map[clipKey]*clip
}

func (l library) get(ctx context.Context, k clipKey) (*clip, error) {
	if c := l.clips[k]; c != nil {
		return c, nil
	}
	var c *clip
	if k.audio != "" {
		packets, err := l.studio.audio(ctx, k.audio)
		if err != nil {
			return nil, err
		}
		c = audioClip(packets, k.audio)
	} else {
		r, packets, err := l.studio.video(ctx, k.profile)
		if err != nil {
			return nil, err
		}
		c = videoClip(r, packets, k.placement, k.aggregate)
	}
	l.clips[k] = c
	return c, nil
}

func audioClip(packets []encodedPacket, codec media.Codec) *clip {
	samples := int64(1024)
	if codec == media.Opus {
		samples = 960
	}
	c := &clip{codec: codec, clock: audioClock, ticks: samples * int64(len(packets))}
	for i, p := range packets {
		u := audioUnit(p.data, codec)
		u.dts, u.pts, u.picture = int64(i)*samples, int64(i)*samples, uint32(i)
		c.units = append(c.units, u)
	}
	return c
}

func videoClip(r recipe, packets []encodedPacket, placement Placement, aggregate bool) *clip {
	c := &clip{codec: r.codec, clock: videoClock, ticks: int64(r.frames) * videoClock / int64(r.fps)}
	c.lead = packets[0].pts - packets[0].dts
	for _, p := range packets {
		nals := c.keep(splitAnnexB(p.data), placement)
		u := videoUnit(nals, r.codec, aggregate)
		u.dts, u.pts = p.dts-packets[0].dts, p.pts-packets[0].pts
		c.units = append(c.units, u)
	}
	if r.uneven != nil {
		c.retime(r.uneven)
	}
	order := make([]int, len(c.units))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(c.units[a].pts, c.units[b].pts) })
	for n, i := range order {
		c.units[i].picture = uint32(n)
	}
	return c
}

// keep learns the parameter sets and drops delimiters (few cameras send them) and, for SetsInSDP, the sets.
func (c *clip) keep(nals [][]byte, placement Placement) [][]byte {
	out := nals[:0]
	for _, n := range nals {
		switch classify(n, c.codec) {
		case kindAUD:
			continue
		case kindParams:
			if i := parameterIndex(n, c.codec); i >= 0 && i < len(c.sets) && c.sets[i] == nil {
				c.sets[i] = n
			}
			if placement == SetsInSDP {
				continue
			}
		}
		out = append(out, n)
	}
	return out
}

// retime replaces a constant frame rate by repeated intervals in milliseconds. The clip has no B-frames.
func (c *clip) retime(intervals []int) {
	var t int64
	for i := range c.units {
		c.units[i].dts, c.units[i].pts = t, t
		t += int64(intervals[i%len(intervals)]) * c.clock / 1000
	}
	c.ticks = t
}
