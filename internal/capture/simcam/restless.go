package simcam

import (
	"bytes"
	"encoding/binary"

	"github.com/footage-custody/custody/internal/media"
)

// SetsKind says what the parameter sets of FlipSets are like.
type SetsKind string

// The kinds.
const (
	SetsFlip    SetsKind = ""        // the true ones, and the same with another level
	SetsAbsurd  SetsKind = "absurd"  // the true ones, and an SPS of pictures a million samples wide (H.264)
	SetsSwollen SetsKind = "swollen" // the true ones, and eight further PPS of 60 kB (H.264)
)

// restless is what a camera does to its video over and over. Every counts video units; 0 is never.
type restless struct {
	sets   FlipSets
	ssrc   FlipSSRC
	leap   LeapRTP
	crumbs Crumbs
	swarm  Swarm
}

// The faults of a camera that does not keep still.
type (
	// FlipSets puts changing parameter sets before every Every-th video unit.
	FlipSets struct {
		Every int
		Kind  SetsKind
	}
	// FlipSSRC changes the video's RTP source identifier to and fro at every Every-th unit.
	FlipSSRC struct{ Every int }
	// LeapRTP adds ticks to the video's RTP timestamps at every Every-th unit.
	LeapRTP struct {
		Every int
		Ticks int64
	}
	// Crumbs replaces every video unit by one of Count NAL units of Bytes bytes (0: of no length), aggregated.
	Crumbs struct{ Count, Bytes int }
	// Swarm sends that many one-slice units, with RTP timestamps of their own, in place of every video unit.
	Swarm struct{ Units int }
)

// maxRestless bounds Crumbs.Count and Swarm.Units.
const maxRestless = 1 << 17

func at(frame uint64, every int) bool { return every > 0 && frame%uint64(every) == 0 }

// unsettle applies what changes a track's numbers before its next video unit. The caller holds session.mu.
func (t *track) unsettle(r restless, frame uint64) {
	if at(frame, r.ssrc.Every) {
		t.ssrc ^= 1
	}
	if at(frame, r.leap.Every) {
		t.base += uint32(r.leap.Ticks)
	}
}

// disguise is the unit that a restless camera sends in place of u; nil if it sends u.
func (t *track) disguise(r restless, u *unit, frame uint64) *unit {
	codec := t.s.cam.Codec()
	switch {
	case r.crumbs.Count > 0:
		return crumbs(min(r.crumbs.Count, maxRestless), r.crumbs.Bytes, codec)
	case at(frame, r.sets.Every) && t.clip != nil:
		return reset(u, variant(t.clip, r.sets, frame), codec)
	}
	return nil
}

// swarmOf sends the swarm in place of the unit at pts.
func (t *track) swarmOf(n int, pts int64) {
	codec := t.s.cam.Codec()
	var all []byte
	for i := range int64(min(n, maxRestless)) {
		u := unit{}
		u.packet(videoType, sliceOf(3, codec))
		u.mark()
		u.stamp(t.channel, t.seq, t.base+uint32(pts+i), t.ssrc)
		t.seq++
		all = append(all, u.wire...)
	}
	t.withheld.Add(1)
	t.s.out.write(all, nil, 0)
}

// crumbs packetises NAL units as RFC 6184 STAP-A or RFC 7798 AP, whatever their length.
func crumbs(count, size int, codec media.Codec) *unit {
	var u unit
	head := []byte{0x60 | 24}
	nal := sliceOf(size, codec)[:min(max(size, 0), maxPayload/2)]
	if codec == media.H265 {
		head = []byte{48 << 1, 1}
	}
	body := append([]byte(nil), head...)
	for range count {
		if len(body)+2+len(nal) > maxPayload {
			u.packet(videoType, body)
			body = append(body[:0], head...)
		}
		body = binary.BigEndian.AppendUint16(body, uint16(len(nal)))
		body = append(body, nal...)
	}
	u.packet(videoType, body)
	u.mark()
	return &u
}

// reset is u with other parameter sets.
func reset(u *unit, sets [][]byte, codec media.Codec) *unit {
	var v unit
	for _, n := range sets {
		v.nal(n, codec)
	}
	for rest := u.stored; len(rest) >= 4; {
		n := int(binary.BigEndian.Uint32(rest))
		if nal := rest[4 : 4+n]; classify(nal, codec) != kindParams {
			v.nal(nal, codec)
		}
		rest = rest[4+n:]
	}
	v.mark()
	return &v
}

// variant are the clip's parameter sets, and every second time others.
func variant(c *clip, f FlipSets, frame uint64) [][]byte {
	var sets [][]byte
	for _, s := range c.sets {
		if s != nil {
			sets = append(sets, s)
		}
	}
	if frame/uint64(f.Every)%2 == 0 {
		return sets
	}
	sps := len(sets) - 2
	switch f.Kind {
	case SetsAbsurd:
		sets[sps] = absurdSPS()
	case SetsSwollen:
		for i := range byte(8) { // pps_pic_parameter_set_id 15, 17, ... in Exp-Golomb code
			sets = append(sets, append([]byte{0x68, 0x08 | i}, bytes.Repeat([]byte{0x55}, 60_000)...))
		}
	default:
		sets[sps] = bytes.Clone(sets[sps])
		sets[sps][3] ^= 1 // H.264: level_idc; H.265: a compatibility flag
	}
	return sets
}

// absurdSPS is a baseline SPS (H.264 7.3.2.1.1) with pictures of 65536 macroblocks by 16.
func absurdSPS() []byte {
	golomb := func(v uint32) (bits string) {
		for n := v + 1; n > 0; n >>= 1 {
			bits = string('0'+rune(n&1)) + bits
		}
		return string(bytes.Repeat([]byte{'0'}, len(bits)-1)) + bits
	}
	bits := golomb(0) + golomb(0) + golomb(2) + golomb(1) + "0" + golomb(65535) + golomb(15) + "1" + "1" + "0" + "0" + "1"
	sps := []byte{0x67, 66, 0, 30}
	for i := 0; i < len(bits); i += 8 {
		b := byte(0)
		for j := range 8 {
			b <<= 1
			if i+j < len(bits) {
				b |= bits[i+j] - '0'
			}
		}
		sps = append(sps, b)
	}
	return sps
}
