package media_test

import (
	"reflect"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// cutAt gives the units to a Cutter and returns its clips.
func cutAt(t testing.TB, tracks []media.Track, window custody.Span, units []media.Shown) []media.Clip {
	t.Helper()
	c, err := media.NewCutter(tracks, window)
	if err != nil {
		t.Fatal(err)
	}
	for i, u := range units {
		if err := c.Add(u); err != nil {
			t.Fatalf("unit %d: %v", i, err)
		}
	}
	return c.Clips()
}

// oracle says in the plainest way which of the units a cut must hold: per stretch their numbers. It tries every
// point where decoding may begin.
func oracle(tracks []media.Track, window custody.Span, units []media.Shown) (stretches []map[uint32]bool) {
	begin, last := 0, uint64(0)
	begun := false
	for i, u := range units {
		if u.Track != 1 {
			continue
		}
		if begun && u.Seq != last+1 {
			stretches = append(stretches, oracleStretch(tracks, window, units, begin, i))
			begin = i
		}
		begun, last = true, u.Seq
	}
	return append(stretches, oracleStretch(tracks, window, units, begin, len(units)))
}

func oracleStretch(tracks []media.Track, window custody.Span, units []media.Shown, begin, end int) map[uint32]bool {
	taken := map[uint32]bool{}
	if tracks[0].Codec.Video() {
		var best []uint32
		for a := begin; a < end; a++ {
			if row := sequenceFrom(window, units, a, end); len(row) > len(best) {
				best = row
			}
		}
		for _, i := range best {
			taken[i] = true
		}
	}
	for i := begin; i < end; i++ {
		u := units[i]
		if tracks[u.Track-1].Codec.Video() || !window.Contains(u.Wall) {
			continue
		}
		rate := int64(tracks[u.Track-1].Timescale)
		lasts := map[media.Codec]int64{media.AAC: 2048, media.Opus: rate * 12 / 100}[tracks[u.Track-1].Codec]
		for _, next := range units[i+1 : end] {
			if next.Track == u.Track {
				lasts = min(lasts, next.PTS-u.PTS)
				break
			}
		}
		if u.Wall+custody.Instant((lasts*1_000_000+rate-1)/rate) <= window.End {
			taken[uint32(i)] = true
		}
	}
	return taken
}

// sequenceFrom is the longest cut whose pictures begin at units[a].
func sequenceFrom(window custody.Span, units []media.Shown, a, end int) (row []uint32) {
	const point = media.RandomAccess
	if units[a].Track != 1 || units[a].Flags&(point|media.Open) != point || !window.Contains(units[a].Wall) {
		return nil
	}
	ofStart := true
	for i := a; i < end; i++ {
		u := units[i]
		if u.Track != 1 {
			continue
		}
		if i > a && u.Flags&point != 0 {
			ofStart = false
		}
		if ofStart && u.Flags&(media.Leading|point) == media.Leading {
			continue
		}
		if !window.Contains(u.Wall) {
			break
		}
		row = append(row, uint32(i))
	}
	return row
}

// checkClips holds clips against the oracle: what is taken, that all else inside is accounted for, and that the sums are right.
func checkClips(t testing.TB, tracks []media.Track, window custody.Span, units []media.Shown, clips []media.Clip) {
	t.Helper()
	all := map[uint32]bool{}
	for _, stretch := range oracle(tracks, window, units) {
		for i := range stretch {
			all[i] = true
		}
	}
	inside := 0
	for i, n := range accounts(clips, units) {
		is := 0
		if window.Contains(units[i].Wall) {
			is = 1
		}
		if inside += is; n != is {
			t.Fatalf("unit %d of track %d at %v is accounted for %d times", units[i].Seq, units[i].Track, units[i].Wall, n)
		}
	}
	for _, clip := range clips {
		sums := make([]media.ClipTrack, len(tracks))
		for i, u := range clip.Units {
			if !all[u.At] || units[u.At] != u.Shown || i > 0 && u.At <= clip.Units[i-1].At {
				t.Fatalf("unit %d of track %d does not belong here", u.Seq, u.Track)
			}
			delete(all, u.At)
			sums[u.Track-1].Units++
			sums[u.Track-1].Bytes += int64(u.Size)
		}
		inside -= len(clip.Units)
		for _, o := range clip.LeftOut {
			inside -= o.Units
			if o.Last < o.First || !window.Contains(o.First) || !window.Contains(o.Last) || o.LastSeq < o.FirstSeq {
				t.Fatalf("an omission %+v", o)
			}
		}
		for i, s := range clip.Tracks {
			if s.Units != sums[i].Units || s.Bytes != sums[i].Bytes || s.Track.ID != uint8(i+1) {
				t.Fatalf("track %d sums to %+v, want %+v", i+1, s, sums[i])
			}
		}
	}
	if len(all) != 0 || inside != 0 {
		t.Fatalf("%d units are missing from the clips, %d accounted for wrongly", len(all), inside)
	}
	if again := cutAt(t, tracks, window, units); !reflect.DeepEqual(clips, again) {
		t.Fatalf("the same units give other clips:\n%+v\n%+v", clips, again)
	}
}

// accounts counts, for each unit by its number, in how many places it is taken or left out.
func accounts(clips []media.Clip, units []media.Shown) []int {
	n := make([]int, len(units))
	for _, clip := range clips {
		for _, u := range clip.Units {
			n[u.At]++
		}
		for _, o := range clip.LeftOut {
			for i, u := range units {
				if clip.Window.Contains(u.Wall) && o.Track == u.Track && o.FirstSeq <= u.Seq && u.Seq <= o.LastSeq {
					n[i]++
				}
			}
		}
	}
	return n
}
