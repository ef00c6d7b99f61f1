package sitetest

import (
	"slices"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/proof/manifest"
)

// hard is a camera whose footage is not easy to cut, and what happens to it in the midst of the span that leaves.
type hard struct {
	spec  simcam.CameraSpec
	fault simcam.Fault // nil: nothing
	runs  int          // that the span has in the end
	away  bool         // there is time without footage; other parameters may come with a moment of it
}

// hardMedia are the cameras; in full those too that differ less.
func hardMedia() []hard {
	away, other := simcam.Refuse{For: 2 * time.Second}, simcam.Switch{To: 1}
	camera := func(path string, p simcam.Profile, runs int, fault simcam.Fault, others ...simcam.Profile) hard {
		return hard{simcam.CameraSpec{Path: path, Profile: p, Alternates: others}, fault, runs, fault == away}
	}
	sound := func(path string, p simcam.Profile, c media.Codec) hard {
		return hard{simcam.CameraSpec{Path: path, Profile: p, Audio: c}, nil, 1, false}
	}
	few := []hard{
		camera("uneven", simcam.H264Variable, 1, nil),
		sound("sound-of-bframes", simcam.H264B, media.AAC),
		camera("hevc-open", simcam.H265OpenGOP, 1, nil),
		camera("hevc-away", simcam.H265Plain, 2, away),
		camera("other-sets", simcam.H264Plain, 2, other, simcam.H264B),
	}
	if !Full() {
		return few
	}
	inBand := camera("sets-in-band", simcam.H264B, 2, other, simcam.H264Plain)
	inBand.spec.Placement = simcam.SetsInBand
	described := camera("sets-in-sdp", simcam.H265Plain, 1, nil)
	described.spec.Placement = simcam.SetsInSDP
	return append(few, inBand, described,
		camera("bframes", simcam.H264B, 1, nil), camera("hevc", simcam.H265Plain, 1, nil), camera("open", simcam.H264OpenGOP, 1, nil),
		camera("slices", simcam.H264Slices, 1, nil), camera("open-away", simcam.H264OpenGOP, 2, away),
		camera("hevc-other-sets", simcam.H265Plain, 2, other, simcam.H265OpenGOP), camera("uneven-away", simcam.H264Variable, 2, away),
		sound("opus-sound", simcam.H264Plain, media.Opus), sound("sound-of-hevc", simcam.H265OpenGOP, media.AAC),
		hard{simcam.CameraSpec{Path: "sound-away", Audio: media.AAC}, away, 2, true})
}

// TestHardMediaAreReleasedExactly releases spans of cameras that are not easy to cut and judges the package by its pixels: the numbers
// that the cameras painted are those that the farm sent between the two instants, in both renditions, and no other unit is in an
// original, whatever a player would show of it.
func TestHardMediaAreReleasedExactly(t *testing.T) {
	t.Parallel()
	cast := hardMedia()
	var specs []simcam.CameraSpec
	for _, h := range cast {
		specs = append(specs, h.spec)
	}
	l := newLibrary(t, Options{}, specs...)
	for i := range cast {
		l.stretch(i, 0, 45)
	}
	at := custody.InstantOf(time.Now())
	for i, c := range l.farm.Cameras() {
		if cast[i].fault != nil {
			c.Do(cast[i].fault)
		}
	}
	var items []Stretch
	for i := range cast {
		s := l.around(i, at, 35+i%7, 40)
		if i%2 == 1 { // now the first picture lies just before the span, and the one after the last just inside
			s.Span.Start, s.Span.End = s.Span.Start+1, s.Span.End+1
		}
		items = append(items, s)
	}
	l.quiet()
	_, pkg := l.packed(items, slices.Repeat([]string{"grant"}, len(cast))...)
	folder, _ := l.clerk.Downloads(pkg.ID)
	if report, code := Verify(t, folder, l.LogKeys()...); code != 0 || report.Verdict != manifest.Authentic {
		t.Errorf("exit code %d: %s", code, report.Text())
	}
	l.p.Stop()
	l.stored = l.Open()
	p := described(t, folder)
	for i, h := range cast {
		t.Run(h.spec.Path, func(t *testing.T) {
			l := *l
			l.t = t
			gaps := p.Items[i].Gaps
			if runs := len(p.Items[i].Renditions) - 1; runs != h.runs || h.away && len(gaps) == 0 || h.fault == nil && len(gaps) > 0 {
				t.Errorf("%d originals, want %d; gaps: %v", runs, h.runs, gaps)
			}
			l.exact(folder, i, len(gaps))
		})
	}
}
