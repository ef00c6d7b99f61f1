package vault_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/vault"
)

// TestExactlyTheDecidedUnitsLeave draws decided spans, to the microsecond, and restrictions, and compares what a Cut opens with the rule
// written down once more: a unit leaves if and only if its instant lies in the span - which the camera of this studio makes the instant
// of its receipt - and nothing leaves if what lies in the span is closed anywhere.
func TestExactlyTheDecidedUnitsLeave(t *testing.T) {
	r := record(t, 35, 120, 30, 200)
	rnd := rand.New(rand.NewPCG(18, 6))
	refused, taken := 0, 0
	for range 80 {
		start := r.whole.Start.Add(time.Duration(rnd.Int64N(int64(r.whole.Duration()))) - 5*time.Second)
		span := custody.Span{Start: start, End: start.Add(time.Duration(1 + rnd.Int64N(int64(12*time.Second))))}
		if rnd.IntN(4) == 0 { // to the unit, at both ends
			span.Start, span.End = span.Start-span.Start%100_000, span.End-span.End%100_000+100_000
		}
		var closed []custody.Span
		var lifts []func()
		if rnd.IntN(3) == 0 {
			at := span.Start.Add(time.Duration(rnd.Int64N(int64(15*time.Second))) - 10*time.Second)
			closed = append(closed, custody.Span{Start: at, End: at.Add(time.Duration(1 + rnd.Int64N(int64(6*time.Second))))})
			lifts = append(lifts, r.site.Restrict(r.head.Run.Camera, closed[0], access.RestrictSealed))
		}
		g, err := r.granted(access.FootageExport, span)
		if err == nil {
			var cuts []*vault.Cut
			if cuts, err = r.v.Cuts(t.Context(), g, r.head.Run.Stream); err == nil {
				taken += r.compare(g, cuts)
			}
		}
		if shut := r.anyClosed(span, closed); (err != nil) != shut || shut && custody.KindOf(err) != custody.Denied {
			t.Fatalf("%s, closed %v: %v", span, closed, err)
		}
		if err != nil {
			refused++
		}
		for _, lift := range lifts {
			lift()
		}
		r.wait(2 * time.Second)
	}
	if refused < 5 || taken < 1000 {
		t.Errorf("the draw says little: %d refused, %d units", refused, taken)
	}
}

// TestPicturesDecodedLateLeaveToo cuts a stream with open groups: the two leading pictures of every second random access point are shown
// before it and stored behind it, mostly in the fragment after the one that lasts while they are shown.
func TestPicturesDecodedLateLeaveToo(t *testing.T) {
	r := record(t, 15)
	r.late = true
	start := r.Now()
	r.run()
	for range 12 {
		r.group(start, media.RandomAccess, 25)
		r.group(start, media.RandomAccess|media.Open, 25)
	}
	r.wait(time.Minute + time.Minute)
	r.sent[r.head.Run.Run] = r.studio.sent
	r.studio.sent = nil
	r.cut()
	rnd := rand.New(rand.NewPCG(3, 4))
	late := 0
	for range 60 {
		at := start.Add(time.Duration(rnd.Int64N(int64(58 * time.Second))))
		g := r.export(custody.Span{Start: at, End: at.Add(time.Duration(1 + rnd.Int64N(int64(3*time.Second))))})
		cuts := r.cuts(g)
		r.compare(g, cuts)
		for _, u := range r.units(r.cuts(g)[0]) {
			if u.Inside && u.Flags&media.Leading != 0 {
				late++
			}
		}
	}
	if late < 10 {
		t.Errorf("only %d leading pictures were inside", late)
	}
}

// TestSoundAheadOfItsPicturesLeavesToo: what is heard as a span begins lies in the fragment of the pictures before it.
func TestSoundAheadOfItsPicturesLeavesToo(t *testing.T) {
	r := record(t, 10)
	r.ahead = 3
	start := r.Now()
	r.run()
	r.film(200)
	r.segment(vault.SegmentEnd{})
	r.film(100)
	r.wait(time.Minute)
	r.sent[r.head.Run.Run] = r.studio.sent
	r.studio.sent = nil
	r.cut()
	rnd := rand.New(rand.NewPCG(5, 2))
	for range 60 {
		at := start.Add(time.Duration(rnd.Int64N(int64(25 * time.Second)))).Add(time.Second)
		g := r.export(custody.Span{Start: at, End: at.Add(time.Duration(1 + rnd.Int64N(int64(3*time.Second))))})
		want, got := map[uint8]int{}, map[uint8]int{}
		for _, u := range r.sent[r.head.Run.Run] {
			if g.Span().Contains(u.Receipt) {
				want[u.Track]++
			}
		}
		for at, u := range r.units(r.cuts(g)[0]) {
			if u.Inside {
				got[u.Track]++
			}
			if _, err := r.cuts(g)[0].Payload(t.Context(), uint32(at)); (err == nil) != u.Inside {
				t.Fatalf("%s: unit %d of track %d, inside %v: %v", g.Span(), u.Seq, u.Track, u.Inside, err)
			}
		}
		if !maps.Equal(got, want) {
			t.Fatalf("%s: %v units leave by track; %v were recorded", g.Span(), got, want)
		}
	}
}

// TestALatePictureIsJudgedByItsOwnTime closes the instant of one leading picture, which lies in another segment than what lasts then.
func TestALatePictureIsJudgedByItsOwnTime(t *testing.T) {
	r := record(t, 15)
	start := r.Now()
	r.run()
	r.group(start, media.RandomAccess, 25)
	r.group(start, media.RandomAccess|media.Open, 1) // which closes the fragment before it
	r.segment(vault.SegmentEnd{})
	r.wait(time.Minute)
	r.group(start, media.Leading, 2)
	r.group(start, 0, 10)
	r.cut()
	id := r.head.ID
	g := r.export(custody.Span{Start: start, End: start.Add(3 * time.Second)})
	if e, err := r.v.Evidence(t.Context(), g, id, func(u media.Unit) bool { return u.Flags&media.Leading != 0 }); err != nil || len(e.Disclosed) != 2 {
		t.Fatalf("%d disclosed, %v", len(e.Disclosed), err)
	}
	at := start.Add(2500 * time.Millisecond)
	r.site.Restrict(r.head.Run.Camera, custody.Span{Start: at, End: at + 1}, access.RestrictSealed)
	r.wait(2 * time.Second)
	if e, err := r.v.Evidence(t.Context(), g, id, func(media.Unit) bool { return true }); custody.KindOf(err) != custody.Denied || e.Disclosed != nil {
		t.Errorf("%d disclosed, %v", len(e.Disclosed), err)
	}
}

// TestAListOpensNoPicture plans under FootageList.
func TestAListOpensNoPicture(t *testing.T) {
	r := record(t, 20, 60)
	span := custody.Span{Start: r.whole.Start.Add(2100 * time.Millisecond), End: r.whole.Start.Add(4 * time.Second)}
	g := r.grant(r.head.Run.Camera, access.FootageList, span)
	c := r.cuts(g)[0]
	n := 0
	for _, u := range r.units(c) {
		if u.Inside {
			n++
		}
	}
	if n != 38 {
		t.Errorf("%d units are inside", n)
	}
	_, payload := c.Payload(t.Context(), 45)
	_, evidence := r.v.Evidence(t.Context(), g, c.Segments()[0], func(media.Unit) bool { return true })
	for name, err := range map[string]error{"payload": payload, "reel": c.Reel(t.Context(), io.Discard), "evidence": evidence} {
		if custody.KindOf(err) != custody.Denied {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := r.v.Cuts(t.Context(), r.grant(r.head.Run.Camera, access.FootageRead, span), r.head.Run.Stream); custody.KindOf(err) != custody.Denied {
		t.Errorf("a look: %v", err)
	}
}

// TestADecisionThatFallsEndsTheCut takes the decision back while footage is read.
func TestADecisionThatFallsEndsTheCut(t *testing.T) {
	r := record(t, 20, 60)
	g := r.export(custody.Span{Start: r.whole.Start.Add(time.Second), End: r.whole.Start.Add(4 * time.Second)})
	c := r.cuts(g)[0]
	units := r.units(c)
	at := uint32(slices.IndexFunc(units, func(u vault.CutUnit) bool { return u.Inside }))
	if _, err := c.Payload(t.Context(), at); err != nil {
		t.Fatal(err)
	}
	r.site.PutMatter(string(r.item), access.MatterFacts{Request: custody.NewRequestID(), Open: true, Stage: access.Ended})
	r.wait(3 * time.Second)
	later := at + uint32(slices.IndexFunc(units[at:], func(u vault.CutUnit) bool { return u.Wall > units[at].Wall.Add(2*time.Second) && u.Inside }))
	_, payload := c.Payload(t.Context(), later)
	_, evidence := r.v.Evidence(t.Context(), g, units[at].Segment, nil)
	_, again := r.v.Cuts(t.Context(), g, r.head.Run.Stream)
	var listed error
	for _, err := range c.Units(t.Context()) {
		listed = errors.Join(listed, err)
	}
	for name, err := range map[string]error{"payload": payload, "reel": c.Reel(t.Context(), io.Discard), "evidence": evidence, "cuts": again, "units": listed} {
		if custody.KindOf(err) != custody.Denied {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestWhatCannotBeCut asks for what is not there, not yet, or not the Grant's.
func TestWhatCannotBeCut(t *testing.T) {
	r := record(t, 20, 60)
	other := custody.NewCameraID()
	if cuts, err := r.v.Cuts(t.Context(), r.grant(other, access.FootageExport, r.whole), r.head.Run.Stream); err != nil || len(cuts) > 0 {
		t.Errorf("another camera's stream: %d, %v", len(cuts), err)
	}
	id := r.cuts(r.export(r.whole))[0].Segments()[0]
	for name, g := range map[string]access.Grant{
		"another camera's":  r.grant(other, access.FootageExport, r.whole),
		"before everything": r.export(custody.Span{Start: r.whole.Start.Add(-time.Minute), End: r.whole.Start.Add(-time.Second)}),
	} {
		if e, err := r.v.Evidence(t.Context(), g, id, func(media.Unit) bool { return true }); custody.KindOf(err) != custody.NotFound || e.Header != nil || e.Leaves != nil {
			t.Errorf("evidence, %s: %v", name, err)
		}
	}
	for name, c := range map[string]struct {
		span custody.Span
		kind custody.Kind
	}{
		"too long":  {custody.Span{Start: r.Now().Add(-vault.MaxCut - 1000), End: r.Now()}, custody.Invalid},
		"not ended": {custody.Span{Start: r.whole.Start, End: r.Now().Add(time.Hour)}, custody.Unavailable},
	} {
		if _, err := r.v.Cuts(t.Context(), r.export(c.span), r.head.Run.Stream); custody.KindOf(err) != c.kind {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := r.v.Cuts(t.Context(), access.Grant{}, r.head.Run.Stream); custody.KindOf(err) != custody.Denied {
		t.Errorf("nobody: %v", err)
	}
	start := r.Now()
	r.run()
	r.film(60)
	recorded := custody.Span{Start: start.Add(time.Second), End: start.Add(2 * time.Second)}
	if _, err := r.v.Cuts(t.Context(), r.grant(r.head.Run.Camera, access.FootageExport, recorded), r.head.Run.Stream); custody.KindOf(err) != custody.Unavailable {
		t.Errorf("not sealed yet: %v", err)
	}
	r.cut()
	if cuts := r.cuts(r.grant(r.head.Run.Camera, access.FootageExport, recorded)); len(cuts) != 1 {
		t.Errorf("sealed: %d cuts", len(cuts))
	}
}

// TestAlteredFootageIsNotCut changes objects and rows.
func TestAlteredFootageIsNotCut(t *testing.T) {
	r := record(t, 20, 60)
	g := r.export(r.whole)
	id := r.cuts(g)[0].Segments()[0]
	all := func() error {
		cuts, err := r.v.Cuts(t.Context(), g, r.head.Run.Stream)
		for _, c := range cuts {
			defer c.Close()
			if err == nil {
				err = c.Reel(t.Context(), io.Discard)
			}
			for i := uint32(0); err == nil && i < 40; i++ {
				_, err = c.Payload(t.Context(), i)
			}
		}
		return err
	}
	everything := func(media.Unit) bool { return true }
	evidence := func() error {
		e, err := r.v.Evidence(t.Context(), g, id, everything)
		if err != nil && (e.Leaves != nil || e.Disclosed != nil) {
			t.Error("something is told of what was not proved")
		}
		return err
	}
	if err := errors.Join(all(), evidence()); err != nil {
		t.Fatal(err)
	}
	whole := r.objects.held[string(id)]
	infos := must(media.UnpackFragments(r.catalog.rows[id].Fragments))
	index := int64(binary.BigEndian.Uint64(whole[len(whole)-48+28:]))
	for at := 0; at < len(whole); at += len(whole)/60 + 1 {
		bad := bytes.Clone(whole)
		bad[at] ^= 4
		r.objects.held[string(id)] = bad
		// What is said of units beside their fragment is for recovery; a cut reads it in the index.
		spare := slices.ContainsFunc(infos, func(f media.FragmentInfo) bool {
			return int64(at) >= f.Offset+f.Length && (int(f.Number)+1 == len(infos) || int64(at) < infos[f.Number+1].Offset) && int64(at) < index
		})
		if err := errors.Join(all(), evidence()); err == nil && !spare || err != nil && custody.KindOf(err) != custody.Corrupt {
			t.Errorf("byte %d of %d: %v", at, len(whole), err)
		}
	}
	r.objects.held[string(id)] = whole
	good := r.catalog.rows[id]
	for name, alter := range map[string]func(*media.SegmentRow){
		"root":   func(row *media.SegmentRow) { row.Root[0] ^= 1 },
		"leaves": func(row *media.SegmentRow) { row.Leaves++ },
		"number": func(row *media.SegmentRow) { row.Number++ },
		"run":    func(row *media.SegmentRow) { row.Run = custody.NewRunID() },
		"table": func(row *media.SegmentRow) {
			infos := must(media.UnpackFragments(row.Fragments))
			infos[0].WallStart += 5
			row.Fragments = must(media.PackFragments(infos))
		},
	} {
		row := good
		alter(&row)
		r.catalog.rows[id] = row
		if err := evidence(); custody.KindOf(err) != custody.Corrupt || err == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	erased := good
	erased.WrappedKey = nil
	r.catalog.rows[id] = erased
	if err := evidence(); custody.KindOf(err) != custody.NotFound {
		t.Errorf("disposed of: %v", err)
	}
}
