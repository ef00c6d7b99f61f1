package check_test

import (
	"testing"

	"github.com/footage-custody/custody/internal/site/check"
)

func TestASoundSiteIsClean(t *testing.T) {
	s := recorded(t)
	s.open(false)
	defer s.close()
	for name, o := range map[string]check.Options{"quick": {Quick: true}, "default": {}, "deep": {Deep: true}} {
		r := s.check(o)
		wantClean(t, name, r)
		for _, l := range r.Lines {
			t.Log(name, l)
		}
	}
}
