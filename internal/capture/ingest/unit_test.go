package ingest

import (
	"bytes"
	"math/rand/v2"
	"os/exec"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// got is one unit as it came out.
type got struct {
	unit    media.Unit
	payload []byte
}

// assemble runs packets through a track as a session would.
func assemble(codec media.Codec, packets [][]byte) (units []got) {
	format := nalFormat(h264{})
	if codec == media.H265 {
		format = h265{}
	}
	v := newVideo(format, func(u media.Unit, payload []byte) {
		units = append(units, got{u, bytes.Clone(payload)})
	}, func() {})
	var seq sequence
	for i, b := range packets {
		p, ok := parseRTP(b)
		if !ok {
			panic("not RTP")
		}
		if a, _ := seq.accept(p.sequence); a != late {
			v.packet(p, custody.Instant(i+1), a == afterGap)
		}
	}
	v.flush()
	return units
}

func encoded(t testing.TB, codec media.Codec) []byte {
	args := []string{"-v", "error", "-f", "lavfi", "-i", "testsrc=size=320x240:rate=15", "-t", "2", "-pix_fmt", "yuv420p"}
	switch codec {
	case media.H265:
		args = append(args, "-c:v", "libx265", "-x265-params", "log-level=none:aud=1:keyint=15:repeat-headers=1", "-f", "hevc", "-")
	default:
		args = append(args, "-c:v", "libx264", "-x264-params", "aud=1:keyint=15:slices=3", "-f", "h264", "-")
	}
	out, err := exec.Command("ffmpeg", args...).Output()
	if err != nil {
		t.Fatalf("ffmpeg: %v", err)
	}
	return out
}

func TestUnitsOutEqualUnitsInForEncodedStreams(t *testing.T) {
	for _, codec := range []media.Codec{media.H264, media.H265} {
		units := annexB(codec, encoded(t, codec), 6000)
		if len(units) != 30 {
			t.Fatalf("%s: %d units from ffmpeg, want 30", codec, len(units))
		}
		for _, marks := range []marking{markEnd, markEveryNAL, markNever} {
			for _, mtu := range []int{60, 500, 1400, 60000} {
				k := packer{codec: codec, mtu: mtu, marks: marks, mix: rand.New(rand.NewPCG(1, 2)), sequence: 65500}
				var packets [][]byte
				for _, u := range units {
					packets = append(packets, k.unit(u)...)
				}
				equal(t, units, assemble(codec, packets), marks != markEnd)
			}
		}
	}
}

// equal checks an unbroken session; the last unit may be flagged if its end cannot be known.
func equal(t *testing.T, want []sent, have []got, uncertainEnd bool) {
	t.Helper()
	if len(want) != len(have) {
		t.Fatalf("%d units came out of %d", len(have), len(want))
	}
	for i, h := range have {
		if !bytes.Equal(h.payload, want[i].payload()) || h.unit.RTP != want[i].timestamp {
			t.Fatalf("unit %d differs", i)
		}
		if h.unit.Flags != 0 && !(uncertainEnd && i == len(have)-1) {
			t.Fatalf("unit %d has flags %b", i, h.unit.Flags)
		}
	}
}

func TestLossIsNeverMissed(t *testing.T) {
	for seed := range uint64(800) {
		rnd := rand.New(rand.NewPCG(seed, 7))
		codec := media.H264
		if seed%2 == 1 {
			codec = media.H265
		}
		units := invented(rnd, codec, 12, 100+rnd.IntN(4000))
		k := packer{codec: codec, mtu: 40 + rnd.IntN(1500), marks: marking(rnd.IntN(3)), mix: rnd, sequence: uint16(rnd.Uint32())}
		whole := map[string]bool{}
		var packets [][]byte
		for _, u := range units {
			whole[string(u.payload())] = true
			packets = append(packets, k.unit(u)...)
		}
		first := len(k.unit(units[0])) // the loss of a session's first packets leaves no trace: keep one unit
		damage, rate := rnd.IntN(3), 2+rnd.IntN(12)
		var kept [][]byte
		for i, p := range packets {
			switch {
			case i >= first && damage > 0 && rnd.IntN(rate) == 0: // lost
			case damage == 2 && rnd.IntN(20) == 0:
				kept = append(kept, p, p) // duplicated
			default:
				kept = append(kept, p)
			}
		}
		for i, u := range assemble(codec, kept) {
			if u.unit.Flags&media.Damaged == 0 && !whole[string(u.payload)] {
				t.Fatalf("seed %d: unit %d differs from everything sent and is not flagged", seed, i)
			}
		}
		if damage == 0 {
			equal(t, units, assemble(codec, kept), k.marks != markEnd)
		}
	}
}

func TestUnitBoundaries(t *testing.T) {
	first, second := []byte{0x65, 0x88, 1, 2}, []byte{0x65, 0x08, 3, 4} // first_mb_in_slice 0, and not
	sps, pps, aud := []byte{0x67, 1, 2, 3}, []byte{0x68, 1, 2}, []byte{0x09, 0xf0}
	type step struct {
		timestamp uint32
		marker    bool
		nal       []byte
	}
	for name, c := range map[string]struct {
		steps []step
		sizes []int // NAL units in each unit
	}{
		"marker at the end":                  {[]step{{1, false, sps}, {1, false, pps}, {1, true, first}, {2, true, first}}, []int{3, 1}},
		"parameter sets with a marker":       {[]step{{1, true, sps}, {1, true, pps}, {1, true, first}, {2, true, first}}, []int{3, 1}},
		"parameter sets of their own time":   {[]step{{1, true, sps}, {2, true, pps}, {3, true, first}, {4, true, first}}, []int{3, 1}},
		"a unit cut before its first slice":  {[]step{{1, true, first}, {2, false, sps}}, []int{1}},
		"marker on every slice":              {[]step{{1, true, first}, {1, true, second}, {2, true, first}}, []int{2, 1}},
		"no marker":                          {[]step{{1, false, first}, {1, false, second}, {2, false, first}}, []int{2, 1}},
		"timestamps stand still":             {[]step{{1, true, first}, {1, true, first}, {1, true, first}}, []int{1, 1, 1}},
		"still, with delimiters":             {[]step{{1, true, first}, {1, false, aud}, {1, true, first}}, []int{1, 2}},
		"still, without markers: unknowable": {[]step{{1, false, first}, {1, false, first}}, []int{2}},
		"timestamps go back (B-frames)":      {[]step{{5, true, first}, {3, true, first}, {4, true, first}}, []int{1, 1, 1}},
	} {
		k := packer{}
		var packets [][]byte
		for _, s := range c.steps {
			packets = append(packets, k.rtp(s.timestamp, s.marker, s.nal))
		}
		var sizes []int
		for _, u := range assemble(media.H264, packets) {
			n := 0
			for b := u.payload; len(b) > 0; n++ {
				b = b[4+int(b[3]):]
			}
			sizes = append(sizes, n)
		}
		if len(sizes) != len(c.sizes) || !equalInts(sizes, c.sizes) {
			t.Errorf("%s: units of %v NAL units, want %v", name, sizes, c.sizes)
		}
	}
}

func equalInts(a, b []int) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestByteStreamIsSplitAndFlagged(t *testing.T) {
	k := packer{codec: media.H264, mtu: 1400}
	stream := []byte{0, 0, 0, 1, 0x67, 1, 2, 0, 0, 1, 0x68, 3, 0, 0, 0, 1, 0x65, 0x88, 9, 9}
	want := sent{nals: [][]byte{{0x67, 1, 2}, {0x68, 3}, {0x65, 0x88, 9, 9}}}.payload()
	for name, packets := range map[string][][]byte{
		"single packet":     {k.rtp(1, true, stream)},
		"start code within": {k.rtp(1, true, stream[4:])},
		"fragmented":        {k.rtp(1, false, append([]byte{0x7c, 0x87}, stream[5:9]...)), k.rtp(1, true, append([]byte{0x7c, 0x47}, stream[9:]...))},
	} {
		units := assemble(media.H264, packets)
		if len(units) != 1 || !bytes.Equal(units[0].payload, want) || units[0].unit.Flags&media.AnnexB == 0 {
			t.Errorf("%s: %+v", name, units)
		}
	}
}

func TestOversizeUnitIsDroppedAndTheNextFlagged(t *testing.T) {
	var dropped int
	var units []got
	v := newVideo(h264{}, func(u media.Unit, p []byte) { units = append(units, got{u, bytes.Clone(p)}) }, func() { dropped++ })
	k := packer{codec: media.H264, mtu: 60000}
	huge := sent{timestamp: 1, nals: [][]byte{append([]byte{0x65, 0x88}, bytes.Repeat([]byte{7}, media.MaxUnitBytes)...)}}
	var packets [][]byte
	packets = append(packets, k.unit(huge)...)
	for i := range uint32(2 * shrinkAfter) {
		packets = append(packets, k.unit(sent{timestamp: 2 + i, nals: [][]byte{{0x65, 0x88, 1, 2}}})...)
	}
	for _, b := range packets {
		p, _ := parseRTP(b)
		v.packet(p, 1, false)
	}
	v.flush()
	if dropped != 1 || len(units) != 2*shrinkAfter || units[0].unit.Flags&media.Damaged == 0 || units[1].unit.Flags != 0 {
		t.Fatalf("dropped %d, delivered %d", dropped, len(units))
	}
	if cap(v.nals.buf) > 8*shrinkFloor {
		t.Fatalf("the unit buffer kept %d bytes", cap(v.nals.buf))
	}
}
