package ingest

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

func TestNTPInstant(t *testing.T) {
	now := custody.InstantOf(time.Date(2026, 11, 3, 14, 5, 0, 0, time.UTC))
	for name, c := range map[string]struct {
		ntp  uint64
		want time.Time
	}{
		"fraction is binary":      {uint64(now.Time().Unix()+ntpEpoch)<<32 | 1<<31, now.Time().Add(500 * time.Millisecond)},
		"rounded down":            {uint64(now.Time().Unix()+ntpEpoch)<<32 | 4294, now.Time()},
		"zero: the next era":      {0, time.Date(2036, 2, 7, 6, 28, 16, 0, time.UTC)},
		"a camera set to 1970":    {ntpEpoch << 32, time.Unix(0, 0)},
		"a camera set to 2000":    {(946684800 + ntpEpoch) << 32, time.Unix(946684800, 0)},
		"all ones: end of an era": {1<<64 - 1, time.Date(2036, 2, 7, 6, 28, 15, 999999000, time.UTC)},
	} {
		if got := ntpInstant(c.ntp, now); got != custody.InstantOf(c.want) {
			t.Errorf("%s: %s, want %s", name, got, c.want.UTC())
		}
	}
	later := custody.InstantOf(time.Date(2037, 1, 1, 0, 0, 0, 0, time.UTC))
	if got := ntpInstant(uint64(uint32(later.Time().Unix()+ntpEpoch))<<32, later); got != later {
		t.Errorf("in era 1: %s", got)
	}
}

func TestSequence(t *testing.T) {
	var s sequence
	for i, c := range []struct {
		n    uint16
		want arrival
		lost int
	}{
		{65534, inOrder, 0}, {65535, inOrder, 0}, {0, inOrder, 0}, {0, late, 0}, {65535, late, 0}, {1, inOrder, 0},
		{5, afterGap, 3}, {4, late, 0}, {6, inOrder, 0}, {40000, late - 1, 0}, {40001, inOrder, 0},
	} {
		a, lost := s.accept(c.n)
		if a != c.want || c.n != 40000 && lost != c.lost {
			t.Errorf("step %d (%d): %d, %d lost", i, c.n, a, lost)
		}
	}
	for i := range maxLate { // numbering began afresh, just behind
		if a, _ := s.accept(uint16(39950 + i)); a == afterGap {
			return
		}
	}
	if a, _ := s.accept(39950 + maxLate); a == late {
		t.Error("a stream that began to number afresh is dropped for ever")
	}
}

func TestAACUnits(t *testing.T) {
	var units []got
	a := aac{sizeBits: 13, indexBits: 3, deltaBits: 3, ticks: 1024, emit: func(u media.Unit, p []byte) {
		units = append(units, got{u, bytes.Clone(p)})
	}}
	feed := func(timestamp uint32, gap bool, p ...byte) bool {
		return a.packet(packet{timestamp: timestamp, payload: p}, 5, gap)
	}
	if !feed(100, false, 0, 32, 0, 16, 0, 24, 1, 2, 3, 4, 5) || // two whole ones
		!feed(3000, false, 0, 16, 0, 40, 6, 7) || !feed(3000, false, 0, 16, 0, 40, 8, 9, 10) || // one in two fragments
		!feed(5000, false, 0, 16, 0, 40, 1, 1) || !feed(6000, true, 0, 16, 0, 8, 2) || // a fragment lost
		feed(7000, false, 0, 16, 0, 9, 2) || // index is not 0
		!feed(8000, false, 0, 16, 0, 8, 3) {
		t.Error("a packet was judged wrongly")
	}
	want := []got{
		{media.Unit{RTP: 100, Receipt: 5}, []byte{1, 2}}, {media.Unit{RTP: 1124, Receipt: 5}, []byte{3, 4, 5}},
		{media.Unit{RTP: 3000, Receipt: 5}, []byte{6, 7, 8, 9, 10}},
		{media.Unit{RTP: 6000, Receipt: 5, Flags: media.Damaged}, []byte{2}},
		{media.Unit{RTP: 8000, Receipt: 5, Flags: media.Damaged}, []byte{3}},
	}
	if d := cmp.Diff(want, units, cmp.AllowUnexported(got{})); d != "" {
		t.Error(d)
	}
}

func TestSDP(t *testing.T) {
	o, err := parseSDP([]byte("v=0\r\na=control:rtsp://h/x\r\nm=application 0 RTP/AVP 107\r\na=rtpmap:107 vnd.onvif.metadata/90000\r\n"+
		"m=audio 0 RTP/AVP 0\r\na=sendonly\r\nm=audio 0 RTP/AVP 0 98\r\na=rtpmap:98 MPEG4-GENERIC/16000/1\r\n"+
		"a=fmtp:98 streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=1408\r\na=control:a\r\n"+
		"m=video 0 RTP/AVP 26 97\r\na=rtpmap:97 H265/90000\r\na=fmtp:97 sprop-vps=QAEM;sprop-sps=QgEB;sprop-pps=RAHB\r\na=control:v\r\n"), true)
	if err != nil {
		t.Fatal(err)
	}
	v, a := o.tracks[0], o.tracks[1]
	if v.kind != 97 || v.control != "v" || v.track.Codec != media.H265 || len(v.track.VPS) != 1 || len(v.track.SPS) != 1 || len(v.track.PPS) != 1 || v.track.Timescale != 90000 {
		t.Errorf("video %+v", v)
	}
	asm, ok := a.assembler(nil, nil).(*aac)
	if a.kind != 98 || a.track.Timescale != 16000 || !bytes.Equal(a.track.Config, []byte{0x14, 0x08}) || !ok || asm.ticks != 1024 {
		t.Errorf("audio %+v", a)
	}
	want := "v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns= \r\nt=0 0\r\na=control:rtsp://h/x\r\n" +
		"m=video 0 RTP/AVP 97\r\na=rtpmap:97 recorded/90000\r\na=control:v\r\n" +
		"m=audio 0 RTP/AVP 98\r\na=rtpmap:98 recorded/16000\r\na=control:a\r\n"
	if d := cmp.Diff(want, string(o.forLibrary())); d != "" {
		t.Error(d)
	}
	for text, detail := range map[string]string{
		"v=0\r\nm=audio 0 RTP/AVP 0\r\n": "no video",
		"m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=2": "interleaved",
		"m=video 0 RTP/AVP 96\r\na=rtpmap:96 H265/90000\r\na=fmtp:96 sprop-max-don-diff=1": "decoding order",
		"m=video 0 RTP/AVP 96\r\na=rtpmap:96 VP8/90000":                                    "VP8",
		"m=video 0 RTP/AVP 300\r\n": "0 to 127",
	} {
		if _, err := parseSDP([]byte(text), true); err == nil || !strings.Contains(err.Error(), detail) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestGuardedHeaders(t *testing.T) {
	for in, want := range map[string]string{
		"7":                              "7;timeout=60",
		"7;timeout=30":                   "7;timeout=30",
		"7; timeout=2147483647":          "7;timeout=75", // the library's arithmetic would overflow
		"7;timeout=0":                    "7;timeout=5",
		"7;timeout=99999999999999999999": "7;timeout=60",
	} {
		if got := clampSession(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
	const in = "RTP/AVP;unicast;source=10.9.9.9;destination=10.8.8.8;client_port=1-2;server_port=3-4"
	if got := withoutAddresses(in); got != "RTP/AVP;unicast;client_port=1-2;server_port=3-4" {
		t.Error(got)
	}
}
