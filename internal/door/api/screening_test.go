package api_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/door/api"
	"github.com/footage-custody/custody/internal/door/api/apitest"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/proof/mp4box"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/identity"
)

// cinema is a site with real pictures of a hall: a run of 8 s, a gap, another run of 4 s in another size, and one that is being filmed.
type cinema struct {
	*apitest.Site
	t     *testing.T
	hall  custody.CameraID
	from  custody.Instant
	gap   custody.Span
	clerk apitest.Voice
}

const fifth = 200 * time.Millisecond

func newCinema(t *testing.T) *cinema {
	c := &cinema{Site: apitest.New(t), t: t}
	c.hall, c.from = c.Camera("Hall", access.PublicArea), c.Clock.Now().Add(-time.Hour)
	wide, track := c.Numbered(40, 320)
	c.Film(apitest.Reel{Camera: c.hall, Start: c.from, Step: fifth, Pictures: wide, Track: track, Segment: 2})
	c.gap = custody.Span{Start: c.from.Add(8 * time.Second), End: c.from.Add(20 * time.Second)}
	c.Gap(c.hall, c.gap, media.GapUnreachable)
	narrow, track := c.Numbered(20, 160)
	c.Film(apitest.Reel{Camera: c.hall, Start: c.gap.End, Step: fifth, Pictures: narrow, Track: track, Segment: 8})
	third, track := c.Numbered(30, 240)
	c.Film(apitest.Reel{Camera: c.hall, Start: c.from.Add(30 * time.Second), Step: fifth, Pictures: third, Track: track, Segment: 8, Growing: true})
	c.clerk = c.As(c.Hire("clerk", identity.StageFull, nil, identity.Viewer))
	return c
}

func (c *cinema) minute() custody.Span {
	return custody.Span{Start: c.from, End: c.from.Add(time.Minute)}
}

// watch opens a viewing and returns the address of what can be seen.
func watch(v apitest.Voice, cam custody.CameraID, span custody.Span) (path string) {
	var o api.Viewing
	v.View(cam, span).Wants(http.StatusCreated).Into(&o)
	return "/api/viewings/" + o.ID + "/cameras/" + string(cam) + "/"
}

func window(span custody.Span) string {
	return fmt.Sprintf("?from_us=%d&to_us=%d", span.Start, span.End)
}

func (c *cinema) index(path string) (x api.Index) {
	c.clerk.Get(path + "index" + window(c.minute())).Wants(http.StatusOK).Into(&x)
	return x
}

// TestTheIndexIsWhatWasFilmed holds the index against what was filmed, and every part's bytes against both.
func TestTheIndexIsWhatWasFilmed(t *testing.T) {
	c := newCinema(t)
	path := watch(c.clerk, c.hall, c.minute())
	x := c.index(path)
	filmed := c.Filmed(c.hall)
	if len(x.Runs) != 3 || x.Runs[0].Width != 320 || x.Runs[1].Width != 160 || x.Runs[2].Width != 240 || x.Runs[0].Timescale != apitest.Timescale || !x.Playable {
		t.Errorf("runs: %+v", x.Runs)
	}
	if len(x.Gaps) != 1 || x.Gaps[0].StartUS != int64(c.gap.Start) || *x.Gaps[0].EndUS != int64(c.gap.End) || x.Gaps[0].Cause != string(media.GapUnreachable) {
		t.Errorf("gaps: %+v", x.Gaps)
	}
	for _, p := range x.Parts {
		a := c.clerk.Get(path + p.Media).Wants(http.StatusOK)
		if ct := a.Header.Get("Content-Type"); ct != "video/mp4" || a.Header.Get("Content-Length") != fmt.Sprint(len(a.Body)) {
			t.Errorf("%s: %s of %s bytes, %d came", p.Media, ct, a.Header.Get("Content-Length"), len(a.Body))
		}
		shown := c.Pictures(a.Body)
		if len(shown) != len(p.Samples.WallUS) || len(shown) > len(filmed) {
			t.Fatalf("%s: %d pictures, %d in the index, %d left", p.Media, len(shown), len(p.Samples.WallUS), len(filmed))
		}
		for i, f := range shown {
			want := filmed[i]
			if f != want || p.Samples.WallUS[i] != int64(want.Wall) || p.BaseTicks+p.Samples.PTSTicks[i] != want.Ticks || p.Segment != string(want.Segment) || p.Run != string(want.Run) {
				t.Fatalf("picture %d of %s: %+v, the index has %d; filmed was %+v", i, p.Media, f, p.Samples.WallUS[i], want)
			}
		}
		filmed = filmed[len(shown):]
	}
	if !x.Parts[len(x.Parts)-1].Growing || len(filmed) != 0 {
		t.Errorf("%d pictures are in no part; the last part grows: %v", len(filmed), x.Parts[len(x.Parts)-1].Growing)
	}
}

// TestAFileIsMadeOfItsParts puts init section and parts together and reads them with the verifier's reader.
func TestAFileIsMadeOfItsParts(t *testing.T) {
	c := newCinema(t)
	path := watch(c.clerk, c.hall, c.minute())
	x := c.index(path)
	for _, run := range x.Runs {
		file := c.clerk.Get(path + run.Init).Wants(http.StatusOK).Body
		for _, p := range x.Parts {
			if p.Run == run.ID {
				file = append(file, c.clerk.Get(path+p.Media).Wants(http.StatusOK).Body...)
			}
		}
		f, err := mp4box.Read(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			t.Fatal(err)
		}
		if e := f.Tracks[0].Entries[0]; len(f.Tracks) != 1 || e.Width != run.Width || e.Height != run.Height || len(f.Tracks[0].Samples) < 20 {
			t.Errorf("run %s: %d tracks, %dx%d", run.ID, len(f.Tracks), e.Width, e.Height)
		}
	}
}

// TestAPartInPieces asks for ranges of a part.
func TestAPartInPieces(t *testing.T) {
	c := newCinema(t)
	path := watch(c.clerk, c.hall, c.minute())
	media := path + c.index(path).Parts[0].Media
	whole := c.clerk.Get(media).Wants(http.StatusOK).Body
	var pieces []byte
	for at := 0; at < len(whole); at += 1000 {
		last := min(at+999, len(whole)-1)
		a := c.clerk.Do(http.MethodGet, media, nil, "Range", fmt.Sprintf("bytes=%d-%d", at, at+999)).Wants(http.StatusPartialContent)
		if got, want := a.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-%d/%d", at, last, len(whole)); got != want {
			t.Errorf("%s, want %s", got, want)
		}
		pieces = append(pieces, a.Body...)
	}
	if !bytes.Equal(pieces, whole) {
		t.Error("the pieces are not the whole")
	}
	tail := c.clerk.Do(http.MethodGet, media, nil, "Range", "bytes=-7").Wants(http.StatusPartialContent)
	if !bytes.Equal(tail.Body, whole[len(whole)-7:]) {
		t.Error("the last seven bytes are others")
	}
	several := c.clerk.Do(http.MethodGet, media, nil, "Range", "bytes=0-1,5-6").Wants(http.StatusOK)
	if !bytes.Equal(several.Body, whole) {
		t.Error("several ranges at once are not answered with the whole")
	}
	beyond := c.clerk.Do(http.MethodGet, media, nil, "Range", fmt.Sprintf("bytes=%d-", len(whole))).Wants(http.StatusRequestedRangeNotSatisfiable)
	problem(t, beyond)
	if got := beyond.Header.Get("Content-Range"); got != fmt.Sprintf("bytes */%d", len(whole)) {
		t.Errorf("Content-Range %q", got)
	}
	problem(t, c.clerk.Get(media+"?as=h264&as=h264").Wants(http.StatusUnprocessableEntity))
	head := c.clerk.Do(http.MethodHead, media, nil)
	if head.Status == http.StatusOK && len(head.Body) > 0 {
		t.Error("HEAD has a body")
	}
}

// TestThePlaylistIsOneOfHLS reads the playlist as RFC 8216 says and fetches what it names.
func TestThePlaylistIsOneOfHLS(t *testing.T) {
	c := newCinema(t)
	path := watch(c.clerk, c.hall, c.minute())
	a := c.clerk.Get(path + "playlist.m3u8" + window(c.minute())).Wants(http.StatusOK)
	if ct := a.Header.Get("Content-Type"); ct != "application/vnd.apple.mpegurl" || !strings.HasPrefix(string(a.Body), "#EXTM3U\n") {
		t.Fatalf("%s: %s", ct, a.Body)
	}
	var at custody.Instant
	var seconds float64
	maps, breaks, ended, target := 0, 0, false, 0
	var shown []apitest.Fact
	for line := range strings.Lines(string(a.Body)) {
		line = strings.TrimSpace(line)
		tag, value, _ := strings.Cut(line, ":")
		switch {
		case tag == "#EXT-X-MAP":
			maps++
			uri := strings.Trim(strings.TrimPrefix(value, "URI="), `"`)
			c.clerk.Get(path + uri).Wants(http.StatusOK)
		case tag == "#EXT-X-DISCONTINUITY":
			breaks++
		case tag == "#EXT-X-ENDLIST":
			ended = true
		case tag == "#EXT-X-TARGETDURATION":
			_, _ = fmt.Sscan(value, &target)
		case tag == "#EXT-X-PROGRAM-DATE-TIME":
			i, err := time.Parse(time.RFC3339Nano, value)
			if err != nil {
				t.Fatal(err)
			}
			at = custody.InstantOf(i)
		case tag == "#EXTINF":
			_, _ = fmt.Sscanf(value, "%f,", &seconds)
			if int(seconds+0.5) > target {
				t.Errorf("a part of %f s in a list of at most %d s", seconds, target)
			}
		case line != "" && !strings.HasPrefix(line, "#"):
			p := c.Pictures(c.clerk.Get(path + line).Wants(http.StatusOK).Body)
			if d := p[0].Wall.Sub(at); d.Abs() > time.Millisecond {
				t.Errorf("%s begins at %s, the list says %s", line, p[0].Wall, at)
			}
			at = at.Add(time.Duration(seconds * float64(time.Second)))
			shown = append(shown, p...)
		}
	}
	if maps != 3 || breaks != 2 || !ended {
		t.Errorf("%d maps, %d discontinuities, ended %v:\n%s", maps, breaks, ended, a.Body)
	}
	if all := c.Filmed(c.hall); len(shown) < len(all)-10 || len(shown) >= len(all) {
		t.Errorf("%d pictures of %d: all but the part that grows", len(shown), len(all))
	}
}

// TestAStillOverHTTP asks for pictures of known moments.
func TestAStillOverHTTP(t *testing.T) {
	c := newCinema(t)
	path := watch(c.clerk, c.hall, c.minute())
	for _, f := range c.Filmed(c.hall) {
		if f.Number%13 != 0 {
			continue
		}
		a := c.clerk.Get(fmt.Sprintf("%sstill?at_us=%d", path, f.Wall)).Wants(http.StatusOK)
		if n, _ := a.Shown(); n != f.Number || a.Header.Get("X-Frame-Time") != f.Wall.String() || a.Header.Get("Content-Type") != "image/jpeg" {
			t.Errorf("at %s: picture %d of %s, want %d", f.Wall, n, a.Header.Get("X-Frame-Time"), f.Number)
		}
	}
	a := c.clerk.Get(fmt.Sprintf("%sstill?at_us=%d&width=64", path, c.from)).Wants(http.StatusOK)
	if _, width := a.Shown(); width != 64 {
		t.Errorf("a still of %d, want 64", width)
	}
	a = c.clerk.Get(fmt.Sprintf("%sthumb?at_us=%d", path, c.from.Add(3*time.Second))).Wants(http.StatusOK)
	if n, width := a.Shown(); n != 10 || width > 160 {
		t.Errorf("thumbnail: picture %d, %d wide", n, width)
	}
	problem(t, c.clerk.Get(fmt.Sprintf("%sstill?at_us=%d", path, c.from.Add(-time.Second))).Wants(http.StatusNotFound))
	problem(t, c.clerk.Get(fmt.Sprintf("%sthumb?at_us=%d", path, c.from.Add(10*time.Minute))).Wants(http.StatusNotFound))
}

// TestLiveOverHTTP listens to live pictures from init to the end.
func TestLiveOverHTTP(t *testing.T) {
	c := newCinema(t)
	pictures, track := c.Numbered(20, 160)
	yard := c.Camera("Yard", access.PublicArea)
	air := c.OnAir(apitest.Reel{Camera: yard, Start: c.Clock.Now(), Step: fifth, Pictures: pictures, Track: track})
	var o api.Viewing
	c.clerk.Do("POST", "/api/viewings", map[string]any{"basis": "incident", "reference": "7", "text": "now", "cameras": []string{string(yard)}, "live": true}).
		Wants(http.StatusCreated).Into(&o)
	path := "/api/viewings/" + o.ID + "/cameras/" + string(yard) + "/live"
	if _, status := c.clerk.Listen(path, "Origin", "http://elsewhere.example"); status != http.StatusForbidden {
		t.Errorf("a foreign page opens the socket: %d", status)
	}
	if _, status := c.clerk.Listen(path, "Origin", ""); status != http.StatusForbidden {
		t.Errorf("nobody's page opens the socket: %d", status)
	}
	k, status := c.clerk.Listen(path)
	if status != http.StatusSwitchingProtocols {
		t.Fatal(status)
	}
	for !air.Watched() { // the feed is taken a moment after the socket is open
		select {
		case <-t.Context().Done():
			t.Fatal("nobody watches")
		case <-time.After(time.Millisecond):
		}
	}
	air.Show(15)
	var init struct {
		Codec         string
		Width, Height int
		Timescale     int64
		WallUS        int64 `json:"wall_us"`
	}
	if kind := k.Word(&init); kind != "init" || init.Width != 160 || init.Timescale != apitest.Timescale || !strings.HasPrefix(init.Codec, "avc1.") {
		t.Errorf("%s %+v", kind, init)
	}
	file := k.Next().Binary
	for i := range 15 {
		b := k.Next().Binary
		wall, flags := custody.Instant(binary.BigEndian.Uint64(b)), b[8]
		if want := air.At(i); wall != want || (flags&1 != 0) != (i%10 == 0) || i == 0 && int64(wall) != init.WallUS {
			t.Errorf("picture %d at %s, want %s; flags %d", i, wall, want, flags)
		}
		if !bytes.Contains(b[12:], pictures[i]) {
			t.Errorf("picture %d is another", i)
		}
		file = append(file, b[12:]...)
	}
	f, err := mp4box.Read(bytes.NewReader(file), int64(len(file)))
	if err != nil || f.Fragments != 15 || len(f.Tracks[0].Samples) != 15 {
		t.Fatalf("%v, %+v", err, f)
	}
	c.clerk.Do("DELETE", "/api/viewings/"+o.ID, nil).Wants(http.StatusNoContent)
	var end struct{ Status int }
	if kind := k.Word(&end); kind != "end" || end.Status != http.StatusForbidden {
		t.Errorf("%s %+v", kind, end)
	}
	if said := k.Next(); said.Closed != 4403 {
		t.Errorf("closed with %+v", said)
	}
}
