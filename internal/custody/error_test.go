package custody

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

func TestErrorKeepsItsCausePrivate(t *testing.T) {
	cause := errors.New("dial tcp: password=hunter2")
	err := fmt.Errorf("recorder: %w", Wrap(Unavailable, cause, "camera %s does not answer", "cam_a"))
	if got, want := PublicText(err), "camera cam_a does not answer"; got != want {
		t.Errorf("PublicText = %q, want %q", got, want)
	}
	if KindOf(err) != Unavailable || !errors.Is(err, cause) || !strings.Contains(err.Error(), "hunter2") {
		t.Errorf("KindOf = %v; the log's text is %q", KindOf(err), err)
	}
}

func TestErrorOfTheOutermostKind(t *testing.T) {
	inner := Errorf(NotFound, "no such object")
	outer := Wrap(Corrupt, inner, "the row has no object")
	if KindOf(outer) != Corrupt || PublicText(outer) != "the row has no object" || !errors.Is(outer, inner) {
		t.Errorf("KindOf = %v, PublicText = %q", KindOf(outer), PublicText(outer))
	}
}

func TestErrorOfStrangers(t *testing.T) {
	if KindOf(io.EOF) != Internal || KindOf(nil) != Internal {
		t.Error("an unclassified error is not Internal")
	}
	if text := PublicText(io.ErrUnexpectedEOF); strings.Contains(text, "EOF") {
		t.Errorf("a stranger's text is shown: %q", text)
	}
	if err := Wrap(Denied, nil, "nothing happened"); err != nil {
		t.Errorf("Wrap of nil = %v", err)
	}
	if text := Errorf(Invalid, "name: must not be empty").Error(); text != "name: must not be empty" {
		t.Errorf("Error = %q", text)
	}
}

func TestKindNames(t *testing.T) {
	seen := map[string]bool{}
	for k := Internal; k <= Exhausted; k++ {
		if name := k.String(); seen[name] || name == "" {
			t.Errorf("kind %d has the name %q", k, name)
		}
		seen[k.String()] = true
	}
	if got := Kind(200).String(); got != "internal" {
		t.Errorf("an unknown kind is called %q", got)
	}
}
