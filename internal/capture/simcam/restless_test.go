package simcam_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/media"
)

// nals takes a received unit apart.
func nals(payload []byte) (out [][]byte) {
	for len(payload) >= 4 {
		n := binary.BigEndian.Uint32(payload)
		out, payload = append(out, payload[4:4+n]), payload[4+n:]
	}
	return out
}

// distinct counts the parameter sets of a type that differ.
func distinct(all []received, kind byte) int {
	seen := map[string]bool{}
	for _, r := range all {
		for _, n := range nals(r.payload) {
			if n[0]&31 == kind {
				seen[string(n)] = true
			}
		}
	}
	return len(seen)
}

func TestParameterSetsFlip(t *testing.T) {
	t.Parallel()
	for kind, want := range map[simcam.SetsKind][2]int{simcam.SetsFlip: {2, 1}, simcam.SetsAbsurd: {2, 1}, simcam.SetsSwollen: {1, 9}} {
		_, cam := oneCamera(t, simcam.CameraSpec{Faults: []simcam.Fault{simcam.FlipSets{Every: 1, Kind: kind}}})
		all := dial(t, cam.URL(), nil).take(t, 6)
		if got := [2]int{distinct(all, 7), distinct(all, 8)}; got != want {
			t.Errorf("%q: %v different SPS and PPS, want %v", kind, got, want)
		}
		for _, r := range all {
			if len(nals(r.payload)) < 3 {
				t.Errorf("%q: a unit lost its slice", kind)
			}
		}
	}
}

func TestAbsurdPicture(t *testing.T) {
	t.Parallel()
	_, cam := oneCamera(t, simcam.CameraSpec{Faults: []simcam.Fault{simcam.FlipSets{Every: 1, Kind: simcam.SetsAbsurd}}})
	for _, r := range dial(t, cam.URL(), nil).take(t, 4) {
		sps := nals(r.payload)[0]
		track := media.Track{ID: 1, Codec: media.H264, Timescale: 90000, SPS: [][]byte{sps}}
		p, err := track.Picture()
		if bytes.HasPrefix(sps, []byte{0x67, 66, 0, 30}) != (err != nil) {
			t.Errorf("the picture of %x is %+v, %v", sps, p, err)
		}
	}
}

func TestLeapsAndSwarms(t *testing.T) {
	t.Parallel()
	_, cam := oneCamera(t, simcam.CameraSpec{Faults: []simcam.Fault{simcam.LeapRTP{Every: 2, Ticks: 1 << 20}}})
	all := dial(t, cam.URL(), nil).take(t, 9)
	leaps := 0
	for i := range all[1:] {
		if all[i+1].rtp-all[i].rtp > 1<<20 {
			leaps++
		}
	}
	if leaps != 4 {
		t.Errorf("%d leaps in 9 units, want 4", leaps)
	}
	cam.Do(simcam.Heal{}, simcam.Swarm{Units: 500})
	c := dial(t, cam.URL(), nil)
	if n := len(c.take(t, 1000)); n != 1000 || cam.Totals()[0].Withheld == 0 && cam.Totals()[1].Withheld == 0 {
		t.Errorf("%d units of a swarm", n)
	}
}
