package manifest

import (
	"testing"
)

func TestPackagesOfEveryKind(t *testing.T) {
	for name, c := range map[string]struct {
		sound, reorder bool
		cut            cut
		verdict        string
		units          uint64
	}{
		"pictures alone":              {false, false, cut{window: window(3e6, 27.5e6)}, "AUTHENTIC", 245},
		"pictures out of order":       {false, true, cut{window: window(3e6, 27e6)}, "AUTHENTIC", 231},
		"with sound":                  {true, false, cut{window: window(3e6, 27e6)}, "AUTHENTIC", 240 + 1200},
		"sound left out":              {true, false, cut{window: window(3e6, 27e6), silent: true}, "AUTHENTIC", 240},
		"from the middle of a group":  {false, false, cut{window: window(3.35e6, 27e6)}, "AUTHENTIC", 230},
		"inside one fragment":         {false, false, cut{window: window(4e6, 5.5e6)}, "AUTHENTIC", 15},
		"without the run header":      {false, false, cut{window: window(3e6, 12e6), closed: true}, "AUTHENTIC", 90},
		"with a viewing copy":         {false, false, cut{window: window(3e6, 12e6), viewing: true}, "AUTHENTIC", 90},
		"redacted":                    {false, false, cut{window: window(3e6, 12e6), redact: true}, "DERIVATIVE", 0},
		"with a gap after the camera": {false, false, cut{window: window(25e6, 40e6), gap: &Gap{Span: SpanOf(window(30e6, 40e6)), Cause: "camera-unreachable"}}, "AUTHENTIC WITH GAPS", 50},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, c.sound)
			s.reorder = c.reorder
			s.record(30, 300)
			content := s.content(c.cut)
			dir := s.write(content)
			r := verify(t, dir, content.LogKey)
			if r.Title() != c.verdict || len(r.Findings) > 0 || r.Files[0].Units != c.units {
				t.Errorf("%s, %d units; want %s, %d\n%s", r.Title(), r.Files[0].Units, c.verdict, c.units, r.Text())
			}
			want := Consistent
			if c.cut.redact {
				want = Derivative
			}
			if r := verify(t, dir); r.Verdict != want {
				t.Errorf("without a key: %s", r.Text())
			}
		})
	}
}
