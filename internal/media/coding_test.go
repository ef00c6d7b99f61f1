package media_test

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// regular is a minute as a camera fills it: n fragments, jitter in every size, slew and clock error.
func regular(n int, r *rand.Rand) []media.FragmentInfo {
	infos := make([]media.FragmentInfo, n)
	at, wall, tick := int64(300), epoch, int64(7)
	for i := range infos {
		length, ticks := 900_000+r.Int64N(400_000), 180_000*30/int64(n)+r.Int64N(400)
		end := wall + custody.Instant(media.Rescale(ticks, 1_000_000, 90_000)+r.Int64N(20_000)-10_000)
		infos[i] = media.FragmentInfo{
			Number: uint32(i), Offset: at, Length: length, WallStart: wall, FirstTick: tick, MediaTicks: ticks, WallEnd: end,
			ClockError: time.Duration(r.Int64N(100_000)-20_000) * time.Microsecond, Units: uint32(28 + r.IntN(5)), RandomAccess: i%3 != 1,
		}
		at, wall, tick = at+length, end, tick+ticks
	}
	return infos
}

func TestFragmentIndexIsSmallAndExact(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 1, 30, 45, 60} {
		want := regular(n, r)
		b, err := media.PackFragments(want)
		if err != nil || len(b) > 1024 {
			t.Fatalf("%d fragments take %d bytes: %v", n, len(b), err)
		}
		got, err := media.UnpackFragments(b)
		if err != nil || len(got) != len(want) || n > 0 && !cmp.Equal(got, want) {
			t.Fatalf("unpacked %v: %s", err, cmp.Diff(want, got))
		}
	}
	odd := []media.FragmentInfo{
		{Number: math.MaxUint32, Offset: math.MinInt64, Length: math.MaxInt64, WallStart: math.MinInt64, FirstTick: math.MaxInt64, MediaTicks: -1, WallEnd: math.MaxInt64, ClockError: math.MinInt64, Units: math.MaxUint32, Damaged: math.MaxUint32},
		{Number: 3, Offset: 5, ClockError: 1, RandomAccess: true},
		{},
	}
	b, err := media.PackFragments(odd)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := media.UnpackFragments(b); err != nil || !cmp.Equal(got, odd) {
		t.Errorf("unpacked %v: %s", err, cmp.Diff(odd, got))
	}
	if _, err := media.PackFragments(make([]media.FragmentInfo, media.MaxFragments+1)); custody.KindOf(err) != custody.Invalid {
		t.Errorf("too many fragments: %v", err)
	}
}

func TestFragmentIndexRefusesWhatItDidNotWrite(t *testing.T) {
	b, err := media.PackFragments(regular(3, rand.New(rand.NewPCG(3, 4))))
	if err != nil {
		t.Fatal(err)
	}
	long := append([]byte{1, 0x80 | 3, 0}, b[2:]...) // the count in two bytes
	for name, bad := range map[string][]byte{
		"nothing": nil, "cut short": b[:len(b)-1], "something after": append(bytes.Clone(b), 0), "another version": append([]byte{2}, b[1:]...),
		"a padded number": long, "a huge count": {1, 0xff, 0xff, 0x0f, 0},
	} {
		if _, err := media.UnpackFragments(bad); custody.KindOf(err) != custody.Corrupt {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzUnpackFragments(f *testing.F) {
	b, _ := media.PackFragments(regular(3, rand.New(rand.NewPCG(5, 6))))
	f.Add(b)
	f.Add([]byte{1, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		infos, err := media.UnpackFragments(b)
		if err != nil {
			return
		}
		if again, err := media.PackFragments(infos); err != nil || !bytes.Equal(again, b) {
			t.Errorf("%x unpacks, and packs as %x (%v)", b, again, err)
		}
	})
}

func someUnits() ([]media.Unit, [][32]byte) {
	units := []media.Unit{
		{Track: 1, Flags: media.RandomAccess | media.HasParams, RTP: 4294967000, Seq: 90, Receipt: epoch, PTS: 5, DTS: -7, Size: 70_000},
		{Track: 1, Flags: media.Damaged, RTP: 12, Seq: 91, Receipt: epoch + 40_000, PTS: math.MinInt64, DTS: math.MaxInt64, Size: 0},
		{Track: 2, RTP: 7, Seq: 3, Receipt: math.MinInt64, PTS: math.MaxInt64, DTS: math.MaxInt64, Size: math.MaxUint32},
	}
	return units, [][32]byte{{1}, {2}, {31: 3}}
}

func TestUnitTableIsExact(t *testing.T) {
	units, digests := someUnits()
	b := media.AppendUnitTable([]byte("before"), units, digests)
	gotUnits, gotDigests, err := media.ParseUnitTable(b[len("before"):])
	if err != nil || !cmp.Equal(gotUnits, units) || !cmp.Equal(gotDigests, digests) {
		t.Errorf("%v\n%s", err, cmp.Diff(units, gotUnits))
	}
	for i := len("before"); i < len(b); i++ {
		if _, _, err := media.ParseUnitTable(b[len("before"):i]); custody.KindOf(err) != custody.Corrupt {
			t.Errorf("cut at %d: %v", i, err)
		}
	}
}

func FuzzParseUnitTable(f *testing.F) {
	f.Add(media.AppendUnitTable(nil, nil, nil))
	units, digests := someUnits()
	f.Add(media.AppendUnitTable(nil, units, digests))
	f.Fuzz(func(t *testing.T, b []byte) {
		units, digests, err := media.ParseUnitTable(b)
		if err != nil {
			return
		}
		if again := media.AppendUnitTable(nil, units, digests); !bytes.Equal(again, b) {
			t.Errorf("%x parses, and is written as %x", b, again)
		}
	})
}

func TestRunHeaderHasOneForm(t *testing.T) {
	h := media.RunHeader{
		Run: custody.NewRunID(), Stream: custody.NewStreamID(), Camera: custody.NewCameraID(), Started: epoch, SDP: []byte("v=0\r\n<&>\xff"), Transport: "tcp", RemoteAddr: "192.0.2.1:554",
		Tracks: []media.Track{{ID: 1, Codec: media.H264, Timescale: 90000, Source: media.FromSDP, SPS: [][]byte{{0x67, 1}}, PPS: [][]byte{{0x68}}}}, Reason: "connect",
	}
	b, err := h.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := media.ParseRunHeader(b); err != nil || !cmp.Equal(got, h) {
		t.Errorf("%v\n%s", err, cmp.Diff(h, got))
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, b, "", " "); err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string][]byte{
		"spacing": indented.Bytes(), "an unknown field": append([]byte(`{"x":1,`), b[1:]...), "nothing": nil, "two values": append(bytes.Clone(b), b...),
	} {
		if _, err := media.ParseRunHeader(bad); custody.KindOf(err) != custody.Corrupt {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParseRunHeader(f *testing.F) {
	b, _ := media.RunHeader{Tracks: []media.Track{{ID: 1}}}.Encode()
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		if h, err := media.ParseRunHeader(b); err == nil {
			if again, err := h.Encode(); err != nil || !bytes.Equal(again, b) {
				t.Errorf("%q is read, and written as %q (%v)", b, again, err)
			}
		}
	})
}
