package api_test

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/door/api"
	"github.com/footage-custody/custody/internal/door/api/apitest"
)

// wish is one random request for media.
type wish struct {
	by          *player
	cam         custody.CameraID
	segment     custody.SegmentID
	first, last uint32
	more        uint32
	odd         bool // in a spelling that nobody uses
}

func (s *trial) wish(w *show) (q wish, path string) {
	q = wish{by: w.by, cam: w.cam, segment: s.segments[s.r.IntN(len(s.segments))], first: s.r.Uint32N(14)}
	q.last = q.first + s.r.Uint32N(3)
	if s.r.IntN(5) == 0 {
		q.more = 1 + s.r.Uint32N(20)
	}
	switch s.r.IntN(8) {
	case 0:
		q.by = s.people[s.r.IntN(len(s.people))]
	case 1:
		q.cam = s.cams[s.r.IntN(len(s.cams))]
	case 2:
		q.by = &player{}
	}
	facts := s.filmed[w.cam]
	for n := s.r.IntN(6); n > 0; n-- { // mostly what could be there, and a little more often what is
		f := facts[s.r.IntN(len(facts))]
		if n > 1 && !s.allowed(w, f) {
			continue
		}
		q.segment, q.first = f.Segment, f.Fragment.Number
		q.last = q.first + s.r.Uint32N(2)
		break
	}
	name := fmt.Sprintf("%d-%d", q.first, q.last)
	if q.more > 0 {
		name += fmt.Sprintf("+%d", q.more)
	}
	path = s.path(w, q.cam) + "media/" + string(q.segment) + "/" + name + ".m4s"
	if s.r.IntN(6) == 0 {
		q.odd = true
		path = s.misspell(path, w)
	}
	return q, path
}

// misspell writes an address as somebody would who looks for a door beside the door.
func (s *trial) misspell(path string, w *show) string {
	elems := strings.Split(path, "/")
	other := s.shows[s.r.IntN(len(s.shows))]
	beside := "/../../../../../../viewings/" + other.id + "/cameras/" + string(other.cam) + "/media/" + elems[len(elems)-2] + "/" + elems[len(elems)-1]
	i := 1 + s.r.IntN(len(elems)-1)
	all := []func() string{
		func() string { return path + beside },
		func() string { return path + strings.ReplaceAll(beside, "..", "%2e%2e") },
		func() string { return path + strings.ReplaceAll(beside, "/../", "/%2E./") },
		func() string { return path + strings.ReplaceAll(beside, "..", "%252e%252e") },
		func() string { return path + strings.ReplaceAll(beside, "/", "%2f") },
		func() string { return path + strings.ReplaceAll(beside, "/", "%5c") },
		func() string { return path + strings.ReplaceAll(beside, "..", "..;") },
		func() string {
			return strings.Replace(path, elems[i], fmt.Sprintf("%%%02x%s", elems[i][0], elems[i][1:]), 1)
		},
		func() string {
			return strings.Replace(path, elems[i], fmt.Sprintf("%%25%02x%s", elems[i][0], elems[i][1:]), 1)
		},
		func() string { return strings.Replace(path, elems[i], strings.ToUpper(elems[i]), 1) },
		func() string { return strings.Replace(path, "/"+elems[i], "//"+elems[i], 1) },
		func() string { return strings.Replace(path, "/"+elems[i], "/./"+elems[i], 1) },
		func() string { return strings.Replace(path, w.id, w.id+"%00"+other.id, 1) },
		func() string { return strings.Replace(path, w.id, other.id, 1) },
		func() string { return strings.Replace(path, ".m4s", ".mp4", 1) },
		func() string { return strings.Replace(path, ".m4s", "", 1) },
		func() string { return strings.Replace(path, "media/", "media/0", 1) },
		func() string { return strings.Replace(path, "-", "-0", 1) },
		func() string { return strings.Replace(path, "-", "-4294967296", 1) },
		func() string { return strings.Replace(path, "-", "--", 1) },
		func() string { return strings.Replace(path, ".m4s", "%20.m4s", 1) },
		func() string { return strings.Replace(path, ".m4s", "+99999999999999999999.m4s", 1) },
		func() string { return strings.Replace(path, ".m4s", "%2b3.m4s", 1) },
		func() string { return path + "/" },
		func() string { return path + "?as=h265" },
		func() string { return path + "?from_us=1" },
		func() string {
			return path + "?camera=" + string(s.cams[0]) + "&viewing=" + other.id + "&segment=" + string(s.segments[0])
		},
	}
	return all[s.r.IntN(len(all))]()
}

// ask makes one wish and holds what comes back against the oracle.
func (s *trial) ask(w *show) {
	q, path := s.wish(w)
	var headers []string
	if s.r.IntN(10) == 0 {
		headers = []string{"Range", fmt.Sprintf("bytes=%d-%d", s.r.IntN(300), 200+s.r.IntN(3000))}
	}
	a := s.do(q.by, http.MethodGet, path, nil, headers...)
	switch {
	case a.Status == http.StatusOK:
		s.inside(w, q, path, a.Body)
	case a.Status == http.StatusPartialContent:
		whole := s.do(q.by, http.MethodGet, path, nil).Wants(http.StatusOK)
		s.inside(w, q, path, whole.Body)
		var first, last, size int
		if _, err := fmt.Sscanf(a.Header.Get("Content-Range"), "bytes %d-%d/%d", &first, &last, &size); err != nil || size != len(whole.Body) || !bytes.Equal(whole.Body[first:last+1], a.Body) {
			s.t.Fatalf("%s: a range that is no part of the whole: %s, %v", path, a.Header.Get("Content-Range"), err)
		}
	default:
		s.refused++
		s.outside(w, q, path, a)
	}
}

func (s *trial) inside(w *show, q wish, path string, body []byte) {
	facts := s.Pictures(body)
	s.pictures += len(facts)
	owner := w
	if q.odd {
		for _, other := range s.shows {
			if strings.Contains(path, other.id) && !strings.Contains(path, w.id) {
				owner = other
			}
		}
	}
	if q.by != owner.by || q.cam != owner.cam || len(facts) == 0 {
		s.t.Fatalf("%s: %d pictures for somebody else", path, len(facts))
	}
	for _, f := range facts {
		if !s.allowed(owner, f) {
			s.t.Fatalf("%s: a fragment at %s-%s of %s leaves under %s of %s (closed: %+v)", path, f.Fragment.WallStart, f.Fragment.WallEnd, f.Camera, owner.granted, owner.cam, s.closed)
		}
	}
	if !q.odd && (facts[0].Segment != q.segment || facts[0].Fragment.Number != q.first) {
		s.t.Fatalf("%s: begins with fragment %d of %s", path, facts[0].Fragment.Number, facts[0].Segment)
	}
}

// outside checks that what was refused was rightly refused, and in words alone.
func (s *trial) outside(w *show, q wish, path string, a apitest.Answer) {
	if len(a.Body) > 2000 || a.Header.Get("Content-Type") != "application/problem+json" {
		s.t.Fatalf("%s: a refusal of %d bytes of %s", path, len(a.Body), a.Header.Get("Content-Type"))
	}
	if q.odd || a.Status == http.StatusRequestedRangeNotSatisfiable {
		return
	}
	if q.by.Token == "" {
		a.Wants(http.StatusUnauthorized)
		return
	}
	a.Wants(http.StatusNotFound)
	if q.by != w.by || q.cam != w.cam || q.more > 0 || q.segment == s.growing {
		return
	}
	has := map[uint32]bool{}
	for _, f := range s.filmed[w.cam] {
		if f.Segment == q.segment && s.allowed(w, f) {
			has[f.Fragment.Number] = true
		}
	}
	for n := q.first; n <= q.last; n++ {
		if !has[n] {
			return
		}
	}
	s.t.Fatalf("%s: refused, although all of it lies in %s: %s", path, w.granted, a.Body)
}

// list asks for an index or a playlist with random bounds and holds every moment in it against the oracle.
func (s *trial) list(w *show) {
	from := w.granted.Start.Add(time.Duration(s.r.Int64N(int64(6*time.Minute)) - int64(3*time.Minute)))
	span := custody.Span{Start: from, End: from.Add(time.Duration(1+s.r.Int64N(int64(4*time.Minute)))) + 1}
	var x api.Index
	s.do(w.by, "GET", s.path(w, w.cam)+"index"+window(span), nil).Wants(http.StatusOK).Into(&x)
	at := map[int64]apitest.Fact{}
	for _, f := range s.filmed[w.cam] {
		at[int64(f.Wall)] = f
	}
	for _, p := range x.Parts {
		for _, wall := range p.Samples.WallUS {
			if f, ok := at[wall]; !ok || !s.allowed(w, f) {
				s.t.Fatalf("the index of %s under %s tells of %d (%+v)", span, w.granted, wall, f)
			}
		}
	}
	if len(x.Parts) > 0 {
		p := x.Parts[s.r.IntN(len(x.Parts))]
		facts := s.Pictures(s.do(w.by, "GET", s.path(w, w.cam)+p.Media, nil).Wants(http.StatusOK).Body)
		if len(facts) != len(p.Samples.WallUS) {
			s.t.Fatalf("%s: %d pictures, %d in the index", p.Media, len(facts), len(p.Samples.WallUS))
		}
	}
	a := s.do(w.by, "GET", s.path(w, w.cam)+"playlist.m3u8"+window(span), nil).Wants(http.StatusOK)
	for line := range strings.Lines(string(a.Body)) {
		if _, value, ok := strings.Cut(strings.TrimSpace(line), "PROGRAM-DATE-TIME:"); ok {
			if i, err := time.Parse(time.RFC3339Nano, value); err != nil || !w.granted.Contains(custody.InstantOf(i)+999) {
				s.t.Fatalf("the playlist under %s tells of %s", w.granted, value)
			}
		}
	}
	segment := s.segments[s.r.IntN(len(s.segments))]
	if a := s.do(w.by, "GET", s.path(w, w.cam)+"init/"+string(segment)+".mp4", nil); a.Status == http.StatusOK &&
		!slices.ContainsFunc(s.filmed[w.cam], func(f apitest.Fact) bool { return f.Segment == segment && w.granted.Contains(f.Fragment.WallStart) }) {
		s.t.Fatalf("the init section of %s leaves under %s of %s", segment, w.granted, w.cam)
	}
}
