package vault_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/vault"
)

// promise is what the vault said about one segment before the machine stopped.
type promise struct {
	take     *take
	acked    int  // fragments whose Append returned nil
	sealed   bool // Seal returned nil
	finished bool // the whole protocol ran
}

// play records two segments, the second while the first is settled, and stops at the first error.
func (w *world) play(v *vault.Vault) []*promise {
	a, b := &promise{take: newTake(noon, 300)}, &promise{take: newTake(noon+60e6, 300)}
	promises := []*promise{a, b}
	begin := func(p *promise) (wr vault.Writer) {
		wr, _ = v.Begin(w.tb.Context(), p.take.head)
		return wr
	}
	appendTo := func(wr vault.Writer, p *promise, room int) bool {
		if wr == nil || wr.Append(w.tb.Context(), p.take.next(room)) != nil {
			return false
		}
		p.acked++
		return true
	}
	first := begin(a)
	if !appendTo(first, a, 4096) || !appendTo(first, a, media.Tailroom) {
		return promises
	}
	second := begin(b)
	if !appendTo(second, b, 4096) {
		return promises
	}
	w.finish(first, a)
	if !a.finished || !appendTo(second, b, 4096) {
		return promises
	}
	w.finish(second, b)
	return promises
}

func (w *world) finish(wr vault.Writer, pr *promise) {
	p, err := wr.Close(vault.SegmentEnd{Continuation: true})
	if err != nil {
		return
	}
	row, err := p.Seal(w.tb.Context())
	if err != nil {
		return
	}
	pr.sealed = true
	if p.Store(w.tb.Context()) != nil {
		return
	}
	w.catalog.commit(row)
	pr.finished = p.Drop() == nil
}

// recoverTwice recovers, stops again, recovers, seals, stops again: what is found and sealed must be the same each time.
func (w *world) recoverTwice(d *cutDisk, c cut) (*vault.Vault, []vault.Pending, []string) {
	w.tb.Helper()
	var rows []media.SegmentRow
	var quarantined []string
	var spans []custody.Span
	for round := range 3 {
		d.restart(c)
		v, err := vault.Open(w.options())
		if err != nil {
			w.tb.Fatal(err)
		}
		pending, report, err := v.Recover(w.tb.Context())
		if err != nil {
			w.tb.Fatal(err)
		}
		quarantined = append(quarantined, report.Quarantined...)
		var sealed []media.SegmentRow
		var found []custody.Span
		for _, p := range pending {
			found = append(found, p.Span())
			if round > 0 {
				sealed = append(sealed, must(p.Seal(w.tb.Context())))
			}
		}
		if diff := cmp.Diff(spans, found); round > 0 && diff != "" {
			w.tb.Fatal("the second recovery found something else:", diff)
		}
		if diff := cmp.Diff(rows, sealed); round > 1 && diff != "" {
			w.tb.Fatal("sealing again gave something else:", diff)
		}
		spans, rows = found, sealed
		if round == 2 {
			return v, pending, quarantined
		}
	}
	panic("unreachable")
}

// kept checks the promise after recovery and settling.
func (w *world) kept(v *vault.Vault, p *promise, c cut) {
	w.tb.Helper()
	row, err := w.catalog.Segment(w.tb.Context(), p.take.head.ID)
	fragments := 0
	if err == nil {
		fragments = len(must(media.UnpackFragments(row.Fragments)))
		if err := v.VerifySegment(w.tb.Context(), row, true); err != nil {
			w.tb.Fatal(err)
		}
	}
	least := p.acked
	if c != kill && w.durable == vault.PerSegment && !p.sealed {
		least = 0
	}
	if fragments < least || fragments > len(p.take.fragments) {
		w.tb.Fatalf("%d fragments are left; %d were promised, %d begun", fragments, least, len(p.take.fragments))
	}
	if fragments > 0 {
		p.take.fragments = p.take.fragments[:fragments]
		w.wantFootage(v, p.take)
	}
}

// crashWorld is a world on a disk that can be stopped, sharing the keys of another.
func crashWorld(t *testing.T, of *world, durable vault.Durability) (*world, *cutDisk) {
	d := newCutDisk()
	w := &world{tb: t, dir: "/spool", ring: of.ring, disk: d, durable: durable, now: of.now}
	w.objects = &objects{w: w, held: map[string][]byte{}}
	w.catalog = &catalog{rows: map[custody.SegmentID]media.SegmentRow{}}
	return w, d
}

// swept checks that nothing is left in the spool and, unless bytes turned to zeros, nothing was put aside.
func (w *world) swept(d *cutDisk, c cut, quarantined []string) {
	w.tb.Helper()
	if names := must(d.List(w.dir)); len(names) != 0 {
		w.tb.Fatal("left in the spool:", names)
	}
	if c < powerHole && len(quarantined) != 0 {
		w.tb.Fatal("quarantined:", quarantined)
	}
}

// Stop the machine before every single operation, in every way, and see every promise kept.
func TestEveryCrashKeepsWhatWasPromised(t *testing.T) {
	home := newWorld(t)
	for _, durable := range []vault.Durability{vault.PerFragment, vault.PerSegment} {
		for _, c := range []cut{kill, power, powerHole, powerGap} {
			t.Run(fmt.Sprint(durable, "/", c), func(t *testing.T) {
				for stopAt, played := 0, false; !played; stopAt++ {
					w, d := crashWorld(t, home, durable)
					v := must(vault.Open(w.options()))
					d.stopAt, d.holes = stopAt, c == powerHole
					promises := w.play(v)
					played = !d.stopped
					if played != (promises[0].finished && promises[1].finished) {
						t.Fatal("the story and the disk disagree about its end")
					}
					v, pending, quarantined := w.recoverTwice(d, c)
					for _, p := range pending {
						w.settle(p)
					}
					for _, p := range promises {
						w.kept(v, p, c)
					}
					w.swept(d, c, quarantined)
				}
			})
		}
	}
}

// Stop the machine, and stop it again before every operation of recovery and settling.
func TestACrashDuringRecoveryLosesNothing(t *testing.T) {
	home := newWorld(t)
	for _, c := range []cut{kill, power} {
		for stopAt := 0; stopAt < 31; stopAt++ {
			for again, recovered := 0, false; !recovered; again++ {
				w, d := crashWorld(t, home, vault.PerFragment)
				v := must(vault.Open(w.options()))
				d.stopAt = stopAt
				promises := w.play(v)
				d.restart(c)
				v = must(vault.Open(w.options()))
				d.stopAt = d.ops + again
				if pending, _, err := v.Recover(t.Context()); err == nil {
					for _, p := range pending {
						w.tryToSettle(p)
					}
				}
				recovered = !d.stopped
				v, pending, quarantined := w.recoverTwice(d, c)
				for _, p := range pending {
					w.settle(p)
				}
				for _, p := range promises {
					w.kept(v, p, c)
				}
				w.swept(d, c, quarantined)
			}
		}
	}
}

func (w *world) tryToSettle(p vault.Pending) {
	row, err := p.Seal(w.tb.Context())
	if err == nil && p.Store(w.tb.Context()) == nil {
		w.catalog.commit(row)
		_ = p.Drop() // the machine may stop here
	}
}
