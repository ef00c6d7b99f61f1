package media

import (
	"bytes"
	"slices"
	"strconv"

	"github.com/footage-custody/custody/internal/custody"
)

// WithParams returns the track as it stands once the in-band sets p are known: each replaces the set of the same
// kind and id, or is added. In-band sets override the SDP's. changed reports that a set differs from, or was
// missing in, the track's sample entry: the unit that carries it begins a new run (CONTRACTS 18). Sets sent again
// unaltered change nothing, except that Source becomes FromStream once every set has been seen in band.
// The receiver is not modified; nothing in the result aliases p.
func (t Track) WithParams(p Params) (_ Track, changed bool) {
	if !t.Codec.Video() || p.Empty() {
		return t, false
	}
	for _, kind := range [...]struct {
		have *[][]byte
		sent [][]byte
		id   func([]byte) (uint32, bool)
	}{
		{&t.VPS, p.VPS, hevcVPSID},
		{&t.SPS, p.SPS, t.spsID()},
		{&t.PPS, p.PPS, t.ppsID()},
	} {
		for _, set := range kind.sent {
			var differs bool
			*kind.have, differs = replaceSet(*kind.have, set, kind.id)
			changed = changed || differs
		}
	}
	if changed || covers(p.VPS, t.VPS) && covers(p.SPS, t.SPS) && covers(p.PPS, t.PPS) {
		t.Source = FromStream
	}
	return t, changed
}

// Complete reports whether the track has what its sample entry needs: at least one set of every kind
// for video, a configuration or channel count for audio.
func (t Track) Complete() bool {
	switch t.Codec {
	case H264:
		return len(t.SPS) > 0 && len(t.PPS) > 0
	case H265:
		return len(t.VPS) > 0 && len(t.SPS) > 0 && len(t.PPS) > 0
	case AAC:
		return len(t.Config) > 0
	case Opus:
		return t.Channels > 0
	default:
		return false
	}
}

// ValidTracks fails with Invalid unless the tracks are what a run can hold: numbered from 1 in order, codecs
// known, timescales at least 1, complete, and video, of which there is at most one, first.
func ValidTracks(tracks []Track) error {
	if len(tracks) == 0 || len(tracks) > maxTracks {
		return custody.Errorf(custody.Invalid, "a run needs 1 to %d tracks, not %d", maxTracks, len(tracks))
	}
	for i, t := range tracks {
		switch {
		case int(t.ID) != i+1:
			return custody.Errorf(custody.Invalid, "track %d carries the number %d: number tracks from 1 in order", i+1, t.ID)
		case t.Timescale == 0 || t.Timescale > maxTimescale:
			return custody.Errorf(custody.Invalid, "track %d has a timescale of %d: it must be 1 to %d", t.ID, t.Timescale, maxTimescale)
		case t.Codec.Video() && i > 0:
			return custody.Errorf(custody.Invalid, "track %d carries video: only track 1 may", t.ID)
		case !describable(t.VPS) || !describable(t.SPS) || !describable(t.PPS):
			return custody.Errorf(custody.Invalid, "track %d has an empty parameter set, one over %d bytes, or more than %d of a kind", t.ID, maxSetBytes, maxSets)
		case !t.Complete():
			return custody.Errorf(custody.Invalid, "track %d (%s) lacks the parameters its sample entry needs", t.ID, strconv.Quote(string(t.Codec)))
		}
	}
	return nil
}

func describable(sets [][]byte) bool {
	return len(sets) <= maxSets && !slices.ContainsFunc(sets, func(s []byte) bool { return len(s) == 0 || len(s) > maxSetBytes })
}

const (
	maxTracks    = 8
	maxTimescale = 10_000_000
)

// replaceSet puts set in the place of the one with its id. A set whose id cannot be read is known by its bytes alone.
// The list is copied before it is altered.
func replaceSet(sets [][]byte, set []byte, id func([]byte) (uint32, bool)) (_ [][]byte, differs bool) {
	n, known := id(set)
	for i, have := range sets {
		if bytes.Equal(have, set) {
			return sets, false
		}
		if m, ok := id(have); known && ok && m == n {
			sets = slices.Clone(sets)
			sets[i] = bytes.Clone(set)
			return sets, true
		}
	}
	if len(sets) >= maxSets {
		return sets, false
	}
	return append(slices.Clip(sets), bytes.Clone(set)), true
}

// covers reports that every set of want is among have.
func covers(have, want [][]byte) bool {
	for _, w := range want {
		if !slices.ContainsFunc(have, func(h []byte) bool { return bytes.Equal(h, w) }) {
			return false
		}
	}
	return true
}

func (t Track) spsID() func([]byte) (uint32, bool) {
	if t.Codec == H265 {
		return hevcSPSID
	}
	return avcSPSID
}

func (t Track) ppsID() func([]byte) (uint32, bool) {
	header := 1
	if t.Codec == H265 {
		header = 2
	}
	return func(nal []byte) (uint32, bool) { // pps_pic_parameter_set_id comes first in both codecs
		if len(nal) <= header {
			return 0, false
		}
		r := newRBSP(nal[header:])
		id := r.golomb()
		return id, r.ok()
	}
}

// avcSPSID reads seq_parameter_set_id (H.264 7.3.2.1.1): after profile, constraints and level.
func avcSPSID(nal []byte) (uint32, bool) {
	if len(nal) < 5 {
		return 0, false
	}
	r := newRBSP(nal[1:])
	r.bits(24)
	id := r.golomb()
	return id, r.ok()
}

// hevcVPSID reads vps_video_parameter_set_id (H.265 7.3.2.1).
func hevcVPSID(nal []byte) (uint32, bool) {
	if len(nal) < 3 {
		return 0, false
	}
	return uint32(nal[2] >> 4), true
}

// hevcSPSID reads sps_seq_parameter_set_id, which stands after profile_tier_level (H.265 7.3.2.2, 7.3.3).
func hevcSPSID(nal []byte) (uint32, bool) {
	if len(nal) < 3 {
		return 0, false
	}
	r := newRBSP(nal[2:])
	r.bits(4) // sps_video_parameter_set_id
	layers := r.bits(3)
	r.bits(1)          // sps_temporal_id_nesting_flag
	r.skipBytes(12)    // general profile, tier, constraints and level
	var present []bool // sub-layer profile and level flags, in turn
	for range layers {
		present = append(present, r.flag() == 1, r.flag() == 1)
	}
	if layers > 0 {
		r.bits(2 * (8 - int(layers)))
	}
	for i, p := range present {
		if p {
			r.skipBytes([...]int{11, 1}[i%2])
		}
	}
	id := r.golomb()
	return id, r.ok()
}
