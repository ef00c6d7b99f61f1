package sitetest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

const within = 5 * time.Second // for a recorder to follow the registry

// Cameras come and go at the command line while the site records: each begins and ends within seconds, and what is missing of
// a removed one is said to be missing because it was removed.
func TestTheRegistryIsFollowedWhileRecording(t *testing.T) {
	farm := Farm(t, simcam.Options{Count: 3, Ledger: 1 << 16, Now: time.Now})
	site := New(t, Options{})
	stays, goes, comes := farm.Cameras()[0], farm.Cameras()[1], farm.Cameras()[2]
	site.Add(stays, goes)
	p := site.Serve()
	WaitUntil(t, 2*within, "both cameras record", func() bool { return Sent(stays) > 30 && Sent(goes) > 30 })
	site.Add(comes)
	WaitUntil(t, within, "the new camera records", func() bool { return Sent(comes) > 0 })
	removed := custody.InstantOf(time.Now())
	site.Must("camera", "remove", CameraName(goes))
	WaitUntil(t, within, "the removed camera is left alone", func() bool { return goes.Playing() == 0 })
	ended := custody.InstantOf(time.Now())
	site.Must("camera", "add", "the same again", "--url", goes.URL())
	WaitUntil(t, within, "the camera records under its new name", func() bool { return goes.Playing() == 1 })
	WaitUntil(t, 2*within, "all have gone on", func() bool { return Sent(comes) > 60 && Sent(stays) > 100 })
	list := site.Must("camera", "list")
	if strings.Contains(list, "\n"+CameraName(goes)) || !strings.Contains(list, "the same again") {
		t.Errorf("the list is not what is recorded:\n%s", list)
	}
	p.Stop()
	st := site.Open()
	for _, c := range []*simcam.Camera{stays, comes} {
		SameAsSent(t, st.Units(CameraName(c)), farm, c)
		causes(t, st.Gaps(CameraName(c)), media.GapStopped)
	}
	both := slices.Concat(st.Units(CameraName(goes)), st.Units("the same again"))
	SameAsSent(t, both, farm, goes)
	causes(t, st.Gaps("the same again"), media.GapStopped)
	causes(t, st.Gaps(CameraName(goes)), media.GapDisabled)
	gap, footage := st.Gaps(CameraName(goes))[0], st.Segments(CameraName(goes))
	if gap.Span.End != 0 || gap.Span.Start != footage[len(footage)-1].Span.End || gap.Span.Start < removed.Add(-time.Second) || gap.Span.Start > ended.Add(time.Second) {
		t.Errorf("the camera was removed between %s and %s, and the gap is %s", removed, ended, gap.Span)
	}
}

// causes fails the test unless the gaps have these causes.
func causes(t *testing.T, gaps []media.Gap, want ...media.GapCause) {
	t.Helper()
	var got []media.GapCause
	for _, g := range gaps {
		got = append(got, g.Cause)
	}
	if !slices.Equal(got, want) {
		t.Fatalf("gaps are %v, want %v", got, want)
	}
}
