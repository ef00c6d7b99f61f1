package sitetest

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/door/gate"
)

// Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte

	t     testing.TB
	asked string
}

// OK fails the test unless what was asked for was given.
func (a Answer) OK() Answer {
	a.t.Helper()
	if a.Status < 200 || a.Status > 299 {
		a.t.Fatalf("%s: %d: %s", a.asked, a.Status, a.Body)
	}
	return a
}

// Wants fails the test unless the answer is a refusal of that kind, in the form of RFC 9457.
func (a Answer) Wants(kind custody.Kind) Answer {
	a.t.Helper()
	if got := a.Problem(); got.Kind != kind.String() || got.Status != a.Status {
		a.t.Fatalf("%s: %d, %s; want %s: %s", a.asked, a.Status, got.Kind, kind, a.Body)
	}
	return a
}

// WantsStatus fails the test unless the answer has that status.
func (a Answer) WantsStatus(status int) Answer {
	a.t.Helper()
	if a.Status != status {
		a.t.Fatalf("%s: %d, want %d: %s", a.asked, a.Status, status, a.Body)
	}
	return a
}

// WantsSignIn fails the test unless the site takes the caller for nobody.
func (a Answer) WantsSignIn() Answer { a.t.Helper(); return a.WantsStatus(http.StatusUnauthorized) }

// Problem is why it was refused; the zero Problem if it was not.
func (a Answer) Problem() gate.Problem {
	var p gate.Problem
	if a.Header.Get("Content-Type") == "application/problem+json" {
		if err := json.Unmarshal(a.Body, &p); err != nil {
			a.t.Fatalf("%s: %d: %v: %s", a.asked, a.Status, err, a.Body)
		}
	}
	return p
}

// Into reads the JSON of a good answer.
func (a Answer) Into(v any) Answer {
	a.t.Helper()
	a.OK()
	if err := json.Unmarshal(a.Body, v); err != nil {
		a.t.Fatalf("%s: %v: %s", a.asked, err, a.Body)
	}
	return a
}
