package sitetest

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// truth is one picture as it was sent and stored.
type truth struct {
	wall custody.Instant // derived, as stored
	sent custody.Instant // by the camera
	n    int64           // painted into it
}

// judge holds what the browser showed against what is stored and what the cameras' ledger says of it.
func judge(t *testing.T, st *Stored, farm *simcam.Farm, b browsing, saw seen) {
	t.Helper()
	all := map[custody.CameraID][]truth{}
	for _, c := range farm.Cameras() {
		all[b.Cameras[CameraName(c)]] = truths(t, st, farm, c)
	}
	counts := map[string]int{}
	for _, shot := range saw.Shots {
		counts[shot.What]++
		if why := wrong(shot, all[shot.Camera]); why != "" {
			t.Errorf("%s of %s: %s", shot.What, shot.Camera, why)
		}
	}
	t.Logf("pictures compared: %v", counts)
	timely(t, saw, all)
}

// wrong says why a picture is not the one that its time names; empty if it is. While it plays
// the words may be late by up to three.
func wrong(s shot, all []truth) string {
	i, ok := slices.BinarySearchFunc(all, s.Wall, func(t truth, w custody.Instant) int { return cmp.Compare(t.wall, w) })
	if !ok {
		return fmt.Sprintf("no picture is stored at the time that it shows, %s", s.Wall)
	}
	near := all[i : i+1]
	if s.Playing {
		near = all[max(0, i-1):min(len(all), i+4)]
	}
	if slices.ContainsFunc(near, func(t truth) bool { return t.n == s.Number }) {
		return ""
	}
	return fmt.Sprintf("it says %s, which is picture %d, and shows picture %d", s.Wall, all[i].n, s.Number)
}

// timely compares how long things took with the budgets. On a machine that is busy with other tests only the full length is strict.
func timely(t *testing.T, saw seen, all map[custody.CameraID][]truth) {
	t.Helper()
	within := func(what string, got, strict int) {
		t.Helper()
		limit := Scaled(6*strict, strict)
		if t.Logf("%s: %d ms", what, got); got > limit {
			t.Errorf("%s took %d ms, at most %d", what, got, limit)
		}
	}
	if len(saw.Seeks) > 0 {
		slices.Sort(saw.Seeks)
		within("seek to painted, p50", saw.Seeks[len(saw.Seeks)/2], 250)
		within("seek to painted, p90", saw.Seeks[len(saw.Seeks)*9/10], 500)
	}
	for _, ms := range saw.FirstLive {
		within("first live picture", ms, 1500)
	}
	var late []int
	for _, s := range saw.Live {
		i := slices.IndexFunc(all[s.Camera], func(t truth) bool { return t.n == s.Number })
		if i < 0 {
			t.Errorf("a live picture %d was never stored", s.Number)
			continue
		}
		late = append(late, int(s.At-float64(all[s.Camera][i].sent)/1000))
		if off := s.Wall.Sub(all[s.Camera][i].wall).Abs(); off > Scaled(500*time.Millisecond, 150*time.Millisecond) {
			t.Errorf("live picture %d says that it is of %s; it is stored as of %s", s.Number, s.Wall, all[s.Camera][i].wall)
		}
	}
	if len(late) > 0 {
		slices.Sort(late)
		within("live latency, p50", late[len(late)/2], 1000)
		within("live latency, most", late[len(late)-1], 1000)
	}
	for _, what := range []string{"recorded", "live", "recorded told", "live told"} {
		if ms, ok := saw.Took[what].(float64); ok {
			within("switched off: "+what, int(ms), Scaled(834, 5000)) // five seconds in both lengths
		}
	}
}

// truths lists the camera's pictures in order of their time.
func truths(t *testing.T, st *Stored, farm *simcam.Farm, cam *simcam.Camera) []truth {
	t.Helper()
	painted := map[[32]byte]int64{}
	entries, missed := farm.Ledger()
	if missed > 0 {
		t.Fatalf("the ledger is too small by %d entries", missed)
	}
	for _, e := range entries {
		if e.Camera == cam.Number() && e.Track == 1 {
			painted[e.Digest] = int64(e.Picture)
		}
	}
	sent := departures(t, st, cam)
	var out []truth
	for i, u := range st.Units(CameraName(cam)) {
		n, ok := painted[u.Digest]
		if !ok {
			t.Fatalf("%s: unit %d was never sent", CameraName(cam), i)
		}
		out = append(out, truth{wall: u.Wall, sent: sent[i], n: n})
	}
	slices.SortFunc(out, func(a, b truth) int { return cmp.Compare(a.wall, b.wall) })
	return out
}

// departures reads from each stored unit when the camera sent it.
func departures(t *testing.T, st *Stored, cam *simcam.Camera) []custody.Instant {
	t.Helper()
	id, stream := st.Stream(CameraName(cam))
	grant := st.Grant(id)
	var out []custody.Instant
	for _, row := range st.SegmentsOf(stream) {
		infos, err := media.UnpackFragments(row.Fragments)
		if err != nil {
			t.Fatal(err)
		}
		for _, info := range infos {
			b, _, err := st.Vault.Read(t.Context(), grant, row.ID, info.Number)
			if err != nil {
				t.Fatal(err)
			}
			tracks, err := media.ReadFragment(b)
			if err != nil {
				t.Fatal(err)
			}
			for _, u := range tracks[0].Samples {
				at, ok := simcam.SentAtFromUnit(b[u.At:u.At+u.Size], cam.Codec())
				if !ok {
					t.Fatalf("%s: a unit without the time at which it was sent", CameraName(cam))
				}
				out = append(out, at)
			}
		}
	}
	return out
}
