package custody

import (
	"math"
	"testing"
	"time"
)

func TestInstantIsWrittenAsItSorts(t *testing.T) {
	instants := []Instant{math.MinInt32, -1, 0, 1, 999_999, 1_000_000, 1_790_000_000_123_456}
	for i, a := range instants {
		back, err := ParseInstant(a.String())
		if err != nil || back != a {
			t.Errorf("ParseInstant(%s) = %d, %v; want %d", a, back, err, a)
		}
		if i > 0 && instants[i-1].String() >= a.String() {
			t.Errorf("%s does not sort before %s", instants[i-1], a)
		}
	}
	if got, want := Instant(1_762_178_700_000_001).String(), "2025-11-03T14:05:00.000001Z"; got != want {
		t.Errorf("String = %s, want %s", got, want)
	}
}

func TestParseInstant(t *testing.T) {
	want := InstantOf(time.Date(2026, 11, 3, 14, 5, 0, 0, time.UTC))
	for _, text := range []string{"2026-11-03T14:05:00Z", "2026-11-03T08:05:00-06:00", "2026-11-03T14:05:00.000000Z", "2026-11-03T14:05:00.000000999Z"} {
		if got, err := ParseInstant(text); err != nil || got != want {
			t.Errorf("ParseInstant(%q) = %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "now", "2026-11-03", "2026-11-03T14:05:00", "2026-11-03 14:05:00Z", "2026-02-30T00:00:00Z", "2026-11-03T14:05:60Z", "2026-11-03T25:05:00Z", "1790000000"} {
		if got, err := ParseInstant(text); KindOf(err) != Invalid || err == nil {
			t.Errorf("ParseInstant(%q) = %v, %v; want Invalid", text, got, err)
		}
	}
}

func TestInstantArithmetic(t *testing.T) {
	i := InstantOf(time.Unix(100, 1_999)) // truncates to a microsecond
	if i != 100_000_001 {
		t.Fatalf("InstantOf = %d", i)
	}
	if got := i.Add(1500 * time.Nanosecond).Sub(i); got != time.Microsecond {
		t.Errorf("a move by 1.5 us is %v, want 1us", got)
	}
	if got := i.Add(-time.Hour).Sub(i); got != -time.Hour {
		t.Errorf("there and back is %v, want -1h", got)
	}
	if !i.Time().Equal(time.Unix(100, 1_000)) || i.Time().Location() != time.UTC {
		t.Errorf("Time = %v", i.Time())
	}
}

// TestALongSpanIsNotShort: 2^64 ns are 584.5 years, so a span of that and a day would pass for a day.
func TestALongSpanIsNotShort(t *testing.T) {
	const round = Instant(1<<62) / 250 // 2^64 ns in microseconds
	for _, s := range []Span{{1, 1 + round + 86_400_000_000}, {1, 253_402_300_799_999_999}, {math.MinInt64, math.MaxInt64}, {-1, math.MaxInt64}} {
		if d := s.Duration(); d != math.MaxInt64 {
			t.Errorf("%d to %d lasts %v", s.Start, s.End, d)
		}
		if d := s.Start.Sub(s.End); d != math.MinInt64 {
			t.Errorf("%d to %d backwards lasts %v", s.Start, s.End, d)
		}
	}
	if d := (Span{1, 1 + math.MaxInt64/1000}).Duration(); d != math.MaxInt64/1000*1000 {
		t.Errorf("the longest span that a Duration holds lasts %v", d)
	}
}

func TestSpanIsHalfOpen(t *testing.T) {
	s := Span{10, 20}
	for i, want := range map[Instant]bool{9: false, 10: true, 19: true, 20: false} {
		if got := s.Contains(i); got != want {
			t.Errorf("%d in [10,20) is %v, want %v", i, got, want)
		}
	}
	for _, tc := range []struct {
		other, common Span
	}{
		{Span{0, 10}, Span{}}, {Span{20, 30}, Span{}}, {Span{30, 40}, Span{}},
		{Span{0, 11}, Span{10, 11}}, {Span{19, 30}, Span{19, 20}}, {Span{12, 15}, Span{12, 15}},
		{Span{0, 99}, s}, {s, s}, {Span{15, 15}, Span{}}, {Span{16, 14}, Span{}},
	} {
		if got := s.Intersect(tc.other); got != tc.common {
			t.Errorf("%d and %d have %d in common, want %d", s, tc.other, got, tc.common)
		}
		if got := tc.other.Intersect(s); got != tc.common {
			t.Errorf("Intersect is not symmetric for %d", tc.other)
		}
		want := !tc.common.Empty()
		if s.Overlaps(tc.other) != want || tc.other.Overlaps(s) != want {
			t.Errorf("Overlaps and Intersect disagree about %d", tc.other)
		}
	}
}

func TestSpanDurationAndText(t *testing.T) {
	s := Span{0, 1_500_000}
	if s.Duration() != 1500*time.Millisecond || s.Empty() {
		t.Errorf("Duration = %v, Empty = %v", s.Duration(), s.Empty())
	}
	if got, want := s.String(), "1970-01-01T00:00:00.000000Z/1970-01-01T00:00:01.500000Z"; got != want {
		t.Errorf("String = %s, want %s", got, want)
	}
	for _, empty := range []Span{{}, {5, 5}, {5, 4}} {
		if !empty.Empty() || empty.Duration() != 0 || empty.Contains(5) {
			t.Errorf("%d is not empty", empty)
		}
	}
}

func FuzzParseInstant(f *testing.F) {
	for _, seed := range []string{"2026-11-03T14:05:00Z", "2026-11-03T08:05:00.123456789-06:00", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59+23:59", "", "T"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		i, err := ParseInstant(text)
		if err != nil {
			if KindOf(err) != Invalid {
				t.Errorf("ParseInstant(%q) = %v, want Invalid", text, err)
			}
			return
		}
		if y := i.Time().Year(); y < 0 || y > 9999 {
			return // an offset has moved it out of the years that RFC 3339 can write
		}
		if back, err := ParseInstant(i.String()); err != nil || back != i {
			t.Errorf("%q is %d, written %s, read %d, %v", text, i, i, back, err)
		}
	})
}
