package sitetest

import (
	"encoding/binary"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/door/api"
	"github.com/footage-custody/custody/internal/proof/manifest"
)

var summer, winter = time.FixedZone("CDT", -5*3600), time.FixedZone("CST", -6*3600)

// zoneFile is a zone whose clocks change once (RFC 9636, version 1).
func zoneFile(at time.Time, before, after *time.Location) []byte {
	b := append([]byte("TZif"), make([]byte, 16)...)
	for _, n := range []uint32{0, 0, 0, 1, 2, 8} { // one change between two types, 8 bytes of names
		b = binary.BigEndian.AppendUint32(b, n)
	}
	b = append(binary.BigEndian.AppendUint32(b, uint32(at.Unix())), 1)
	names := ""
	for _, z := range []*time.Location{before, after} {
		name, offset := at.In(z).Zone()
		b = append(binary.BigEndian.AppendUint32(b, uint32(int32(offset))), map[string]byte{"CDT": 1, "CST": 0}[name], byte(len(names)))
		names += name + "\x00"
	}
	return append(b, names...)
}

// atNight is a library whose clocks change a few seconds after its recorder was started again, and the second pictures' worth of footage
// on either side of that. A site cannot be told another time than it is, so its zone is one in which tonight is the night.
func atNight(t *testing.T, before, after *time.Location) (l *library, change custody.Instant, at Stretch) {
	t.Helper()
	zones := t.TempDir()
	l = newLibrary(t, Options{Env: []string{"ZONEINFO=" + zones}}, simcam.CameraSpec{Path: "door", Profile: simcam.H264B})
	l.p.Stop()
	night := time.Now().Add(15 * time.Second).Truncate(time.Second)
	if err := os.MkdirAll(filepath.Join(zones, "America"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(zones, "America", "Chicago"), zoneFile(night, before, after), 0o600); err != nil {
		t.Fatal(err)
	}
	l.p = l.Serve()
	change = custody.InstantOf(night)
	l.stretch(0, 0, 45)
	at = l.around(0, change, 35, 40)
	if at.Span.Start >= change || at.Span.End <= change {
		t.Fatalf("%s is not around %s", at.Span, change)
	}
	return l, change, at
}

// reads asks the site what its clocks show at an instant of a zone means.
func (l *library) reads(at custody.Instant, zone *time.Location) (out api.LocalTimes) {
	l.t.Helper()
	local := at.Time().In(zone).Format("2006-01-02T15:04:05.000000")
	l.clerk.Get("/api/local-times?at=" + url.QueryEscape(local)).Into(&out)
	return out
}

// leaves releases a stretch and holds what leaves against what was sent.
func (l *library) leaves(logged api.Logged, at Stretch) {
	l.t.Helper()
	l.clerk.CallsBack(logged.ID, l.agency)
	r := l.clerk.Adds(l.clerk.Request(logged.ID), at)
	l.quiet()
	l.director.Decides(l.clerk.Proposes(r, "grant"), "grant")
	pkg := l.clerk.Waits(logged.ID)
	folder, _ := l.clerk.Downloads(pkg.ID)
	if report, code := Verify(l.t, folder, l.LogKeys()...); code != 0 || report.Verdict != manifest.Authentic || report.Gaps {
		l.t.Errorf("exit code %d: %s", code, report.Text())
	}
	if p := described(l.t, folder); p.Items[0].Decided.In() != at.Span || p.Site.Zone != "America/Chicago" {
		l.t.Errorf("package.json tells of %s in %s", p.Items[0].Decided.In(), p.Site.Zone)
	}
	l.p.Stop()
	l.stored = l.Open()
	l.exact(folder, 0, 0)
}

// TestSituation07TheHourThatComesTwice: clocks go back while the camera records. What they show means two instants, and the site asks which;
// both are held; and what leaves runs straight through the change, every picture at its own time, none of the other hour among them.
func TestSituation07TheHourThatComesTwice(t *testing.T) {
	t.Parallel()
	l, change, at := atNight(t, summer, winter)
	hour := custody.Instant(time.Hour / time.Microsecond)
	from, to := l.reads(at.Span.Start, summer), l.reads(at.Span.End, winter)
	us := func(lt api.LocalTimes) (out []custody.Instant) {
		for _, i := range lt.Instants {
			out = append(out, custody.Instant(i.AtUS))
		}
		return out
	}
	if !slices.Equal(us(from), []custody.Instant{at.Span.Start, at.Span.Start + hour}) || !slices.Equal(us(to), []custody.Instant{at.Span.End - hour, at.Span.End}) {
		t.Fatalf("%s is around %s; the clocks' times mean %+v and %+v", at.Span, change, from, to)
	}
	for i, want := range []string{"first", "CDT", "second", "CST"} {
		if !strings.Contains(from.Instants[i/2].Label, want) {
			t.Errorf("the choice %d is %q", i/2, from.Instants[i/2].Label)
		}
	}
	both := custody.Span{Start: us(to)[0], End: us(from)[1]} // nobody knows yet which is meant
	logged := l.clerk.Logs(Asks(Stretch{at.Camera, both}))
	if h := logged.Holds; len(h) != 1 || custody.Instant(h[0].FromUS) > both.Start || custody.Instant(h[0].ToUS) < both.End {
		t.Errorf("%s is asked for; held is %+v", both, h)
	}
	l.leaves(logged, at)
}

// TestSituation08TheHourThatNeverCame: clocks go forward while the camera records. What they never showed means nothing, and the nearest
// instant is offered; what leaves runs straight through the change.
func TestSituation08TheHourThatNeverCame(t *testing.T) {
	t.Parallel()
	l, change, at := atNight(t, winter, summer)
	skipped := l.reads(change+custody.Instant(30*time.Minute/time.Microsecond), winter)
	if len(skipped.Instants) != 0 || skipped.Nearest == nil || custody.Instant(skipped.Nearest.AtUS) != change || !strings.Contains(skipped.Nearest.Label, "CDT") {
		t.Errorf("a time that never was means %+v", skipped)
	}
	from, to := l.reads(at.Span.Start, winter), l.reads(at.Span.End, summer)
	if len(from.Instants) != 1 || len(to.Instants) != 1 || custody.Instant(from.Instants[0].AtUS) != at.Span.Start || custody.Instant(to.Instants[0].AtUS) != at.Span.End {
		t.Errorf("the ends of %s mean %+v and %+v", at.Span, from, to)
	}
	l.leaves(l.clerk.Logs(Asks(at)), at)
}

// TestSituation10TheCameraIsSevenMinutesFast: the site's clock counts, not the camera's. The clerk sees how far it is off and finds what
// happened at the time at which it happened; the originals are what the camera sent; and the package says how far its clock was off.
func TestSituation10TheCameraIsSevenMinutesFast(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, Options{}, simcam.CameraSpec{Path: "fast", Faults: []simcam.Fault{simcam.SenderReports{Offset: cameraAhead, Interval: time.Second}}})
	ahead := func(what string, us int64) {
		t.Helper()
		if d := cameraAhead - time.Duration(us)*time.Microsecond; d < -time.Second || d > never {
			t.Errorf("%s says that the camera is %s ahead, it is %s", what, time.Duration(us)*time.Microsecond, cameraAhead)
		}
	}
	at := l.stretch(0, 20, 75)
	var cameras api.Cameras
	l.clerk.Get("/api/cameras").Into(&cameras)
	if len(cameras.Cameras) != 1 || cameras.Cameras[0].ClockOffsetUS == nil {
		t.Fatalf("the clerk is not told how far the camera's clock is off: %+v", cameras)
	}
	ahead("the list of cameras", *cameras.Cameras[0].ClockOffsetUS)
	byItsClock := custody.Span{Start: at.Span.Start.Add(cameraAhead), End: at.Span.End.Add(cameraAhead)}
	if walls := l.walls(0); slices.ContainsFunc(walls, byItsClock.Contains) {
		t.Error("footage is found under the camera's own time")
	}
	l.quiet()
	_, pkg := l.packed([]Stretch{at}, "grant")
	folder, _ := l.clerk.Downloads(pkg.ID)
	p := described(t, folder)
	if len(p.Items) != 1 || len(p.Items[0].Clock) == 0 {
		t.Fatalf("package.json does not say how far the clock was off: %+v", p.Items)
	}
	for _, c := range p.Items[0].Clock {
		if c.Clock != "camera" || c.Source == "" {
			t.Errorf("%+v", c)
		}
		ahead("package.json", c.Offset)
	}
	l.p.Stop()
	l.stored = l.Open()
	l.exact(folder, 0, 0) // the same bytes, and by the instants in them of the true time
}
