package sitetest

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// Bounds that hold on a machine that does much else besides: a farm, ffmpeg and other tests share its processors. On a
// quiet one nearly every picture is received within the 100 ms between two rounds of reading; the log shows it.
const (
	usual = time.Second           // for nearly every picture
	never = 10 * time.Second      // for none
	early = 10 * time.Millisecond // by how much the camera sends unevenly, and a clock is slewed
)

// punctual holds receipt and wall time of every picture against the instant at which it was sent. Receipt comes after it. The wall
// time is that of what is seen: a camera with B-frames sends a picture before those that are shown earlier, so the
// truth is the presentation time counted from where the least-delayed picture of the run puts its zero.
func punctual(t *testing.T, r *role) {
	t.Helper()
	var receipts, walls []time.Duration
	var end custody.Instant
	for _, f := range r.films {
		pictures := track(f.units, 1)
		zero := custody.Instant(math.MaxInt64)
		for i, u := range pictures {
			if f.sent[i] != 0 {
				zero = min(zero, f.sent[i].Add(-onScreen(f, u)))
			}
		}
		start := end
		for i, u := range pictures {
			if u.Wall < start {
				t.Errorf("run %s: unit %d lies before the end of the run before it", f.run, u.Seq)
			}
			end = max(end, u.Wall)
			walls = append(walls, u.Wall.Sub(zero.Add(onScreen(f, u))))
			if f.sent[i] != 0 {
				receipts = append(receipts, u.Receipt.Sub(f.sent[i]))
			}
		}
	}
	close := func(what string, d []time.Duration) {
		slices.Sort(d)
		least, median, nearly, most := d[0], d[len(d)/2], d[len(d)*95/100], d[len(d)-1]
		t.Logf("%s: least %s, median %s, 95 %% %s, most %s", what, least, median, nearly, most)
		if least < -early || nearly > usual || most > never {
			t.Errorf("%s: from %s to %s, 95 %% within %s", what, least, most, nearly)
		}
	}
	close("receipt after sending", receipts)
	close("wall time after the truth", walls)
}

func onScreen(f *film, u Unit) time.Duration {
	return time.Duration(media.Rescale(u.PTS, 1e6, f.header.Tracks[u.Track-1].Timescale)) * time.Microsecond
}

func track(units []Unit, n uint8) []Unit {
	return slices.DeleteFunc(slices.Clone(units), func(u Unit) bool { return u.Track != n })
}

// declared: each forced end of a connection is one gap, with the true cause, from exactly where one run's footage
// ends to exactly where the next run's begins, and so is the end of recording; there is no other.
func declared(t *testing.T, r *role, st *Stored, drops []time.Time) {
	t.Helper()
	causes := []media.GapCause{media.GapClosed, media.GapClosed, media.GapStopped}
	if len(r.gaps) != len(causes) {
		t.Fatalf("%d gaps, want %d: %v", len(r.gaps), len(causes), r.gaps)
	}
	recorded := spans(st, r)
	if len(recorded) != len(causes) {
		t.Fatalf("footage in %d pieces, want %d", len(recorded), len(causes))
	}
	for i, g := range r.gaps {
		if g.Cause != causes[i] || g.Detail == "" || g.Span.Start != recorded[i].End {
			t.Errorf("gap %d is %s from %s (%s), want %s from %s", i, g.Cause, g.Span.Start, g.Detail, causes[i], recorded[i].End)
		}
		if i == len(drops) {
			if g.Span.End != 0 {
				t.Errorf("the last gap ends at %s", g.Span.End)
			}
			break
		}
		last, next := r.ends(i)
		if g.Span.End != recorded[i+1].Start {
			t.Errorf("gap %d ends at %s, and footage begins at %s", i, g.Span.End, recorded[i+1].Start)
		}
		near(t, "a gap's start and the connection's end", g.Span.Start, custody.InstantOf(drops[i]))
		near(t, "a gap's start and the last picture sent", g.Span.Start, last)
		near(t, "a gap's end and the next picture sent", g.Span.End, next)
	}
}

// spans are a stream's stretches of footage without a hole.
func spans(st *Stored, r *role) []custody.Span {
	var out []custody.Span
	for _, row := range st.SegmentsOf(r.stream) {
		if n := len(out); n > 0 && out[n-1].End == row.Span.Start {
			out[n-1].End = row.Span.End
		} else {
			out = append(out, row.Span)
		}
	}
	return out
}

// ends are the instants at which a session's last whole picture and the next session's first were sent.
func (r *role) ends(session int) (last, next custody.Instant) {
	at := map[uint32]custody.Instant{}
	for _, f := range r.films {
		for i, u := range track(f.units, 1) {
			at[u.RTP] = f.sent[i]
		}
	}
	stored := r.sessions[session].Stored
	return at[stored[len(stored)-1].RTP], at[r.sessions[session+1].Stored[0].RTP]
}

// near: two seconds cover the reordering of the deepest stream here, a picture's duration and a busy machine.
func near(t *testing.T, what string, a, b custody.Instant) {
	t.Helper()
	if d := a.Sub(b).Abs(); d > 2*time.Second {
		t.Errorf("%s lie %s apart", what, d)
	}
}

// offsets: each session keeps the offset of the camera's clock as it is set, short of the time that the report took to us.
func offsets(t *testing.T, r *role, st *Stored) {
	t.Helper()
	runs := map[custody.RunID]bool{}
	for s, err := range st.DB.ClockSamples(t.Context(), r.stream, always()) {
		if err != nil {
			t.Fatal(err)
		}
		runs[s.Run] = true
		r.ahead(t, "a clock sample", s.Offset)
	}
	for _, s := range r.sessions {
		if !runs[s.Runs[0]] {
			t.Errorf("session %d has no clock sample", s.Number)
		}
	}
	for _, row := range st.SegmentsOf(r.stream) {
		if row.CameraOffset == nil {
			t.Errorf("segment %s knows no offset of the camera's clock", row.ID)
			continue
		}
		r.ahead(t, "a segment", *row.CameraOffset)
	}
}

func (r *role) ahead(t *testing.T, what string, offset int64) {
	t.Helper()
	if d := r.fast - time.Duration(offset)*time.Microsecond; d < -time.Millisecond || d > never {
		t.Errorf("%s says that the camera's clock is %s ahead; it is %s", what, time.Duration(offset)*time.Microsecond, r.fast)
	}
}
