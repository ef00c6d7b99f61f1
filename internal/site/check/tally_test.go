package check

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

func one(id, value string) record {
	return record{kind: "x", id: id, fields: []field{{"a", value}, {"b", "same"}}}
}

func TestATallyFindsTheOneRecordThatDiffers(t *testing.T) {
	const n = 20000
	t1 := newTally()
	for i := range n {
		t1.add(one(fmt.Sprint(i), "v"))
	}
	for _, i := range rand.Perm(n) {
		value := "v"
		if i == 777 {
			value = "w"
		}
		t1.subtract(one(fmt.Sprint(i), value))
	}
	if got := t1.unequal(); !slices.Equal(got, []int{t1.place(name{"x", "777"})}) {
		t.Errorf("unequal cells %v", got)
	}
}

func TestFieldsDoNotRunIntoEachOther(t *testing.T) {
	t1 := newTally()
	t1.add(record{kind: "x", id: "1", fields: []field{{"a", "12"}, {"b", "3"}}})
	t1.subtract(record{kind: "x", id: "1", fields: []field{{"a", "1"}, {"b", "23"}}})
	if len(t1.unequal()) != 1 {
		t.Error("two records look the same")
	}
}

func TestLateRecordsAreExcusedAndOthersAreNot(t *testing.T) {
	t1, recent := newTally(), late{}
	tell := func(r record, seen bool) {
		at := t1.place(r.name())
		if seen {
			t1.add(r)
		}
		t1.subtract(r)
		recent[at] = append(recent[at], t1.digest(&r))
	}
	for i := range 100 {
		tell(one(fmt.Sprint("late", i), "v"), i%2 == 0)
	}
	t1.subtract(one("lost", "v"))
	t1.excuse(recent)
	if got := t1.unequal(); !slices.Equal(got, []int{t1.place(name{"x", "lost"})}) {
		t.Errorf("unequal cells %v", got)
	}
}

func TestBetweenTwoPieces(t *testing.T) {
	at := func(kind string, start, end int64, number uint32) piece {
		p := gapPiece(gapAt(start, end))
		if p.kind = kind; kind == "segment" {
			p.run, p.number = "run", number
		}
		return p
	}
	for _, c := range []struct {
		before, after piece
		flaw          string
	}{
		{at("segment", 0, 10, 0), at("segment", 10, 20, 1), ""},
		{at("segment", 0, 10, 0), at("segment", 10, 20, 2), "numbers"},
		{at("segment", 0, 10, 0), at("segment", 11, 20, 2), "hole"},
		{at("segment", 0, 10, 0), at("segment", 9, 20, 1), "overlap"},
		{at("segment", 0, 10, 0), at("gap", 10, 0, 0), ""},
		{at("gap", 0, 0, 0), at("segment", 10, 20, 0), "overlap"},
		{at("gap", 0, 10, 0), at("gap", 9, 20, 0), "overlap"},
	} {
		got := ""
		for _, s := range between(c.before, c.after) {
			got = s.flaw
		}
		if got != c.flaw {
			t.Errorf("%v then %v: %q, want %q", c.before.span, c.after.span, got, c.flaw)
		}
	}
}

func gapAt(start, end int64) *media.Gap {
	return &media.Gap{Span: custody.Span{Start: custody.Instant(start), End: custody.Instant(end)}}
}
