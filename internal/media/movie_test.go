package media_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"slices"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/proof/mp4box"
)

// checkMovie writes a movie and reads it back: every unit is there with its bytes and its times, and nothing else is.
func checkMovie(t testing.TB, clip media.Clip, m *media.Movie, payload func(media.Taken) []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := m.Write(&out, func(u media.Taken) ([]byte, error) { return payload(u), nil }); err != nil {
		t.Fatal(err)
	}
	b := out.Bytes()
	f, err := mp4box.Read(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	if int64(len(b)) != m.Size() || f.Fragments != 0 || len(f.Media) != 1 || f.Media[0].Offset+f.Media[0].Length != m.Size() {
		t.Fatalf("%d bytes of %d, %d fragments, media %v", len(b), m.Size(), f.Fragments, f.Media)
	}
	at, first := f.Media[0].Offset, int64(math.MaxInt64)
	read := map[uint32]int{}
	begun := map[uint32]int64{}
	for _, u := range clip.Units {
		track := f.Track(uint32(u.Track))
		s := track.Samples[read[track.ID]]
		if read[track.ID] == 0 {
			begun[track.ID] = u.DTS
		}
		read[track.ID]++
		described := described(t, m, u.Track)
		if s.DTS != u.DTS-begun[track.ID] || s.PTS() != u.PTS-described.Origin || s.PTS() < 0 {
			t.Fatalf("unit %d of track %d, decoded at %d and shown at %d, stands at %d and %d", u.Seq, u.Track, u.DTS, u.PTS, s.DTS, s.PTS())
		}
		if closed := u.Flags&(media.RandomAccess|media.Open) == media.RandomAccess; s.Sync() != (closed || track.Handler == "soun") {
			t.Fatalf("unit %d of track %d with flags %b: sync is %v", u.Seq, u.Track, u.Flags, s.Sync())
		}
		if s.Offset != at || !bytes.Equal(b[s.Offset:s.Offset+int64(s.Size)], payload(u)) {
			t.Fatalf("unit %d of track %d lies at %d, want %d, or has other bytes", u.Seq, u.Track, s.Offset, at)
		}
		at += int64(s.Size)
		first = min(first, media.Rescale(s.PTS(), 1_000_000, track.Timescale))
	}
	if at != m.Size() || first != 0 {
		t.Fatalf("the media end at %d of %d and begin at %d µs", at, m.Size(), first)
	}
	checkTracks(t, clip, m, f)
	return b
}

func described(t testing.TB, m *media.Movie, track uint8) media.MovieTrack {
	t.Helper()
	for _, d := range m.Tracks() {
		if d.Track == track {
			return d
		}
	}
	t.Fatalf("track %d is not described", track)
	return media.MovieTrack{}
}

func checkTracks(t testing.TB, clip media.Clip, m *media.Movie, f *mp4box.File) {
	t.Helper()
	for _, track := range f.Tracks {
		d, source := described(t, m, uint8(track.ID)), clip.Tracks[track.ID-1]
		least, lasts := int64(math.MaxInt64), int64(0)
		for _, s := range track.Samples {
			least, lasts = min(least, s.PTS()), lasts+int64(s.Duration)
		}
		e := track.Entries[0]
		if track.EditList || len(track.Samples) != source.Units || d.Samples != source.Units || d.Delay != least || d.Duration != lasts {
			t.Fatalf("track %d: edit list %v, %d samples from %d lasting %d; described as %+v", track.ID, track.EditList, len(track.Samples), least, lasts, d)
		}
		if track.Timescale != source.Track.Timescale || !sameSets(e.SPS, source.Track.SPS) || !sameSets(e.PPS, source.Track.PPS) || !sameSets(e.VPS, source.Track.VPS) {
			t.Fatalf("track %d has other parameters", track.ID)
		}
		if source.Track.Codec == media.AAC && !bytes.Equal(e.Config, source.Track.Config) {
			t.Fatalf("track %d has another configuration", track.ID)
		}
	}
}

func sameSets(a, b [][]byte) bool { return slices.EqualFunc(a, b, bytes.Equal) }

func wholeClip(t *testing.T, line string) media.Clip {
	t.Helper()
	return cutAt(t, cutTracks(), seconds(-99, 999), pictures(t, line))[0]
}

// TestTracksShareAnOrigin: what comes first stands at 0, whichever track it is on, and the other keeps its distance.
func TestTracksShareAnOrigin(t *testing.T) {
	for name, test := range map[string]struct {
		sound        int64 // tick of the first unit, at 48 kHz
		video, audio int64 // delays
	}{
		"sound first":               {-48_000, 1000, 0},
		"pictures first":            {72_000, 0, 72_000},
		"together":                  {0, 0, 0},
		"a third of a tick between": {-16, 0, 0},
		"sound first, not exactly":  {-72, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			units := pictures(t, "I0 P4 b2 b1 b3 P5")
			for i := range int64(3) {
				tick := test.sound + i*1024
				units = append(units, media.Shown{Unit: media.Unit{Track: 2, Seq: uint64(i), PTS: tick, DTS: tick, Size: 5}, Wall: epoch})
			}
			clip := cutAt(t, cutTracks(), seconds(0, 9), units)[0]
			m, err := media.NewMovie(clip, 0)
			if err != nil {
				t.Fatal(err)
			}
			checkMovie(t, clip, m, func(u media.Taken) []byte { return fakePayload(u.Unit) })
			if video, audio := described(t, m, 1).Delay, described(t, m, 2).Delay; video != test.video && video != test.video+1 || audio != test.audio {
				t.Errorf("the pictures begin at %d, the sound at %d; want %d and %d", video, audio, test.video, test.audio)
			}
		})
	}
}

func TestTheLastPictureEndsWithTheWindow(t *testing.T) {
	for end, want := range map[int64]int64{2: 1000, 3: 1000, 9: 1000} {
		units := pictures(t, "I0 P1")
		window := custody.Span{Start: epoch, End: epoch + custody.Instant(end*1_000_000)}
		for _, early := range []int64{0, 400_000} {
			window.End -= custody.Instant(early)
			m, err := media.NewMovie(cutAt(t, cutTracks(), window, units)[0], 0)
			if err != nil {
				t.Fatal(err)
			}
			want := want
			if end == 2 {
				want -= early / 1000
			}
			if got := m.Tracks()[0].Duration; got != 1000+want {
				t.Errorf("a window of %v: %d ticks, want %d", window.Duration(), got, 1000+want)
			}
		}
	}
}

func TestMoviesThatCannotBe(t *testing.T) {
	if _, err := media.NewMovie(media.Clip{}, 0); custody.KindOf(err) != custody.Invalid {
		t.Errorf("nothing at all: %v", err)
	}
	for name, change := range map[string]func(*media.Clip){
		"a silence of two months":           func(c *media.Clip) { c.Units[2].DTS += 5_000_000_000 },
		"a picture shown a month late":      func(c *media.Clip) { c.Units[1].PTS += 3_000_000_000 },
		"a picture shown before everything": func(c *media.Clip) { c.Units[1].PTS, c.Units[2].PTS = math.MinInt64, math.MaxInt64 },
		"a track that the clip has not":     func(c *media.Clip) { c.Units[1].Track = 7 },
		"parameters of nothing":             func(c *media.Clip) { c.Tracks[0].Track.SPS = [][]byte{{1}} },
	} {
		clip := wholeClip(t, "I0 P1 P2")
		change(&clip)
		if _, err := media.NewMovie(clip, 0); custody.KindOf(err) != custody.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestMovieHeaders: what the reader does not look at. Offsets are declared signed, times are 64 bits since 1904.
func TestMovieHeaders(t *testing.T) {
	clip := wholeClip(t, "I0 P4 b2 b1 b3")
	for created, want := range map[custody.Instant]uint64{0: 0, -5: 0, 1_000_000: 2_082_844_801, epoch + 999_999: 2_082_844_800 + uint64(epoch/1_000_000)} {
		m, err := media.NewMovie(clip, created)
		if err != nil {
			t.Fatal(err)
		}
		b := checkMovie(t, clip, m, func(u media.Taken) []byte { return fakePayload(u.Unit) })
		for _, kind := range []string{"mvhd", "tkhd", "mdhd", "ctts"} {
			_, content, found := bytes.Cut(b, []byte(kind))
			if !found || content[0] != 1 {
				t.Fatalf("%s: version %d", kind, content[0])
			}
			if kind != "ctts" && (binary.BigEndian.Uint64(content[4:]) != want || binary.BigEndian.Uint64(content[12:]) != want) {
				t.Errorf("%s: created %d, want %d", kind, binary.BigEndian.Uint64(content[4:]), want)
			}
		}
	}
}

func TestMovieWriteFails(t *testing.T) {
	clip := wholeClip(t, "I0 P1 P2")
	m, err := media.NewMovie(clip, 0)
	if err != nil {
		t.Fatal(err)
	}
	gone := errors.New("gone")
	if err := m.Write(io.Discard, func(media.Taken) ([]byte, error) { return nil, gone }); !errors.Is(err, gone) {
		t.Errorf("no payload: %v", err)
	}
	if err := m.Write(io.Discard, func(media.Taken) ([]byte, error) { return make([]byte, 9), nil }); custody.KindOf(err) != custody.Corrupt {
		t.Errorf("a short payload: %v", err)
	}
	r, w := io.Pipe()
	r.CloseWithError(gone)
	if err := m.Write(w, func(media.Taken) ([]byte, error) { return make([]byte, 10), nil }); custody.KindOf(err) != custody.Unavailable || !errors.Is(err, gone) {
		t.Errorf("no room: %v", err)
	}
}

// vast is a file of which only the first bytes exist.
type vast struct{ head []byte }

func (v vast) ReadAt(b []byte, at int64) (int, error) {
	clear(b)
	if at < int64(len(v.head)) {
		copy(b, v.head[at:])
	}
	return len(b), nil
}

func TestAMovieBeyondFourGigabytes(t *testing.T) {
	clip := wholeClip(t, "I0 P1 P2 P3 I4 P5")
	for i := range clip.Units {
		clip.Units[i].Size = 1 << 30
	}
	m, err := media.NewMovie(clip, epoch)
	if err != nil {
		t.Fatal(err)
	}
	head := make([]byte, m.Size()-6<<30)
	full := errors.New("that is enough")
	into := &prefix{b: head, full: full}
	if err := m.Write(into, func(media.Taken) ([]byte, error) { return make([]byte, 1<<30), nil }); !errors.Is(err, full) {
		t.Fatal(err)
	}
	f, err := mp4box.Read(vast{head}, m.Size())
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range f.Tracks[0].Samples {
		if want := int64(len(head)) + int64(i)<<30; s.Offset != want || s.Size != 1<<30 {
			t.Errorf("sample %d lies at %d, want %d", i, s.Offset, want)
		}
	}
	if len(f.Media) != 1 || f.Media[0] != (mp4box.Area{Offset: int64(len(head)), Length: 6 << 30}) {
		t.Errorf("media: %v", f.Media)
	}
}

// prefix takes what fits.
type prefix struct {
	b    []byte
	n    int
	full error
}

func (p *prefix) Write(b []byte) (int, error) {
	n := copy(p.b[p.n:], b)
	if p.n += n; n < len(b) {
		return n, p.full
	}
	return n, nil
}
