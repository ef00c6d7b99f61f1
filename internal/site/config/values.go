package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Duration is written like 90s, 1m or 1h30m.
type Duration time.Duration

// String writes d without zero parts: 1m, not 1m0s.
func (d Duration) String() string {
	s := time.Duration(d).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// MarshalYAML implements yaml.Marshaler.
func (d Duration) MarshalYAML() (any, error) { return d.String(), nil }

// UnmarshalYAML implements yaml.Unmarshaler.
func (d *Duration) UnmarshalYAML(n *yaml.Node) error {
	v, err := time.ParseDuration(n.Value)
	if err != nil || n.Kind != yaml.ScalarNode {
		return valueError(n, "a duration such as 30s or 1m")
	}
	*d = Duration(v)
	return nil
}

// Size is a number of bytes, written as a whole number with or without one of the units KiB, MiB,
// GiB and TiB.
type Size int64

func (s Size) unit() (int64, string) {
	for _, u := range []struct {
		bits int
		name string
	}{{40, "TiB"}, {30, "GiB"}, {20, "MiB"}, {10, "KiB"}} {
		if s != 0 && s%(1<<u.bits) == 0 {
			return int64(s) >> u.bits, u.name
		}
	}
	return int64(s), ""
}

// String writes s with the largest unit that keeps it whole.
func (s Size) String() string {
	n, unit := s.unit()
	return strconv.FormatInt(n, 10) + unit
}

// MarshalYAML implements yaml.Marshaler.
func (s Size) MarshalYAML() (any, error) { return s.String(), nil }

// UnmarshalYAML implements yaml.Unmarshaler.
func (s *Size) UnmarshalYAML(n *yaml.Node) error {
	v, ok := parseSize(n.Value)
	if !ok || n.Kind != yaml.ScalarNode {
		return valueError(n, "a size such as 20GiB, 512MiB or a number of bytes")
	}
	*s = v
	return nil
}

func parseSize(text string) (Size, bool) {
	bits := 0
	for i, unit := range []string{"KiB", "MiB", "GiB", "TiB"} {
		if rest, ok := strings.CutSuffix(text, unit); ok {
			text, bits = strings.TrimRight(rest, " "), 10*(i+1)
			break
		}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64>>bits {
		return 0, false
	}
	return Size(n << bits), true
}

// TimeOfDay is a wall clock time in the site's zone, written "02:30".
type TimeOfDay struct{ Hour, Minute int }

// String writes t as HH:MM.
func (t TimeOfDay) String() string { return fmt.Sprintf("%02d:%02d", t.Hour, t.Minute) }

// Next is the first moment after now at which the clocks of loc show t. On the night when they skip
// t it is the moment that follows the skip by as much; on the night when they show t twice, the first.
func (t TimeOfDay) Next(now time.Time, loc *time.Location) time.Time {
	y, m, d := now.In(loc).Date()
	for day := d; ; day++ {
		if next := t.on(y, m, day, loc); next.After(now) {
			return next
		}
	}
}

// on is the moment of one day. time.Date may choose either side of a change of the clocks, so what the clocks would show by
// the offset before the change is asked first.
func (t TimeOfDay) on(y int, m time.Month, day int, loc *time.Location) time.Time {
	date := time.Date(y, m, day, t.Hour, t.Minute, 0, 0, loc)
	_, before := date.Add(-4 * time.Hour).Zone()
	first := time.Date(y, m, day, t.Hour, t.Minute, 0, 0, time.UTC).Add(time.Duration(-before) * time.Second).In(loc)
	shown := func(at time.Time) bool { return at.Hour() == t.Hour && at.Minute() == t.Minute }
	if !shown(first) && shown(date) {
		return date
	}
	return first
}

// MarshalYAML implements yaml.Marshaler.
func (t TimeOfDay) MarshalYAML() (any, error) {
	return &yaml.Node{Kind: yaml.ScalarNode, Style: yaml.DoubleQuotedStyle, Value: t.String()}, nil
}

// UnmarshalYAML implements yaml.Unmarshaler.
func (t *TimeOfDay) UnmarshalYAML(n *yaml.Node) error {
	v, err := time.Parse("15:04", n.Value)
	if err != nil || n.Kind != yaml.ScalarNode || len(n.Value) != len("15:04") {
		return valueError(n, `a time of day such as "02:30"`)
	}
	*t = TimeOfDay{v.Hour(), v.Minute()}
	return nil
}

// valueError is a problem in the form that lets the decoder go on to the next key.
func valueError(n *yaml.Node, want string) error {
	got := strconv.Quote(n.Value)
	if n.Kind != yaml.ScalarNode {
		got = "a list or a map"
	}
	return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: want %s, not %s", n.Line, want, got)}}
}
