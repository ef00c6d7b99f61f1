package api

import (
	"net/url"
	"testing"
)

func TestARangeIsOneAndInside(t *testing.T) {
	for _, c := range []struct {
		header      string
		first, last int64
		partial, ok bool
	}{
		{"", 0, 99, false, true}, {"bytes=0-0", 0, 0, true, true}, {"bytes=10-", 10, 99, true, true}, {"bytes=-5", 95, 99, true, true},
		{"bytes=-500", 0, 99, true, true}, {"bytes=90-500", 90, 99, true, true}, {"bytes=100-", 0, 0, false, false}, {"bytes=-0", 0, 0, false, false},
		{"bytes=5-4", 0, 99, false, true}, {"bytes=0-1,3-4", 0, 99, false, true}, {"items=0-1", 0, 99, false, true}, {"bytes=", 0, 99, false, true},
		{"bytes=-", 0, 99, false, true}, {"bytes=+1-2", 0, 99, false, true}, {"bytes=9999999999999999999-", 0, 99, false, true},
	} {
		var header []string
		if c.header != "" {
			header = []string{c.header}
		}
		first, last, partial, err := rangeOf(header, 100)
		if (err == nil) != c.ok || err == nil && (first != c.first || last != c.last || partial != c.partial) {
			t.Errorf("%q: %d-%d %v %v", c.header, first, last, partial, err)
		}
	}
}

func FuzzWhatCallersWrite(f *testing.F) {
	for _, s := range []string{"bytes=0-1", "bytes=-1", "2026-11-03T10:00:00Z", "1.2", "from_us=1&to_us=2&stream=main", "0", "cam_aaaaaaaaaaaaaaaaaaaaaaaaaa", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if first, last, _, err := rangeOf([]string{s}, 100); err == nil && (first < 0 || last > 99 || first > last) {
			t.Errorf("%q is the range %d-%d of 100", s, first, last)
		}
		if q, err := url.ParseQuery(s); err == nil {
			if span, _, err := windowOf(q); err == nil && span.Empty() {
				t.Errorf("%q is an empty span", s)
			}
		}
		if span, err := stretch(s, s); err == nil && s != "" && span.Empty() {
			t.Errorf("%q is an empty stretch", s)
		}
		if p, err := place(s); err == nil && s != "" && p.Epoch == 0 {
			t.Errorf("%q is a place in no epoch", s)
		}
		_, _ = cameras([]string{s})
		_, _ = roles(s, []string{s})
	})
}
