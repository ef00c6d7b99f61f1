package main

import (
	"context"
	"fmt"
	"io"
	"iter"
	"os"
	"sync"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/release"
	"github.com/footage-custody/custody/internal/site/check"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/storage/db"
)

type checkCommand struct {
	Quick bool `help:"Rows, log and sizes only: no object is read." xor:"how"`
	Deep  bool `help:"Also every access unit's payload and parameter sets." xor:"how"`
	JSON  bool `help:"One JSON object a line: findings, invariants, a summary." name:"json"`
}

// Run proves the invariants over everything stored. It writes nothing, and may run beside the recorder.
func (c *checkCommand) Run(ctx context.Context, cli *commands, term terminal) error {
	b, err := openBooks(ctx, cli.Config, term.err)
	if err != nil {
		return err
	}
	defer b.close()
	v, objects, err := b.openVault(ctx, false)
	if err != nil {
		return err
	}
	defer v.Close()
	bar := newProgress(term.err, b.clock)
	r, err := check.Do(ctx, check.Parts{Books: checkedBooks{b.db}, Log: b.db, Vault: v, Objects: objects, Ring: b.ring, Clock: b.clock,
		Site: b.config.Site.Origin, Sinks: checkpointSinks(b.config), Progress: bar.show}, check.Options{Quick: c.Quick, Deep: c.Deep})
	bar.wipe()
	if err != nil {
		return err
	}
	write := r.WriteText
	if c.JSON {
		write = r.WriteJSON
	}
	if err := write(term.out); err != nil {
		return err
	}
	if !r.Clean() {
		return errFound
	}
	return nil
}

// checkedBooks gives the check the database's rows in its own words.
type checkedBooks struct{ *db.DB }

func (b checkedBooks) AllRuns(ctx context.Context) iter.Seq2[check.Run, error] {
	return translated(b.DB.AllRuns(ctx), func(r db.RunRecord) check.Run {
		return check.Run{ID: r.ID, Stream: r.Stream, Camera: r.Camera, Started: r.Started, Text: r.Text}
	})
}

func (b checkedBooks) AllQuarantined(ctx context.Context) iter.Seq2[string, error] {
	return translated(b.DB.AllQuarantined(ctx), func(q db.Quarantined) string { return q.Key })
}

// PackageByID is one package.
func (b checkedBooks) PackageByID(ctx context.Context, id custody.PackageID) (release.Package, error) {
	return b.Packages().ByID(ctx, id)
}

// PackageKey is the key of a package whose bytes are stored.
func (b checkedBooks) PackageKey(ctx context.Context, id custody.PackageID) (release.SealedKey, error) {
	return b.Packages().Key(ctx, id)
}

// Settings are the rules' settings.
func (b checkedBooks) Settings(ctx context.Context) (access.Settings, error) {
	return b.Facts().Settings(ctx)
}

func translated[A, B any](rows iter.Seq2[A, error], word func(A) B) iter.Seq2[B, error] {
	return func(yield func(B, error) bool) {
		for r, err := range rows {
			if !yield(word(r), err) {
				return
			}
		}
	}
}

// progress shows how far a check is on one line of a terminal, twice a second, and nothing anywhere else.
type progress struct {
	w     io.Writer // nil unless it is a terminal
	clock custody.Clock

	mu    sync.Mutex
	shown custody.Instant
}

func newProgress(w io.Writer, clock custody.Clock) *progress {
	p := &progress{clock: clock}
	if f, ok := w.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			p.w = w
		}
	}
	return p
}

func (p *progress) show(step string, done, total uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.clock.Now()
	if p.w == nil || now.Sub(p.shown) < 500*time.Millisecond {
		return
	}
	p.shown = now
	of := ""
	if total > 0 {
		of = fmt.Sprintf(" of %d", total)
	}
	fmt.Fprintf(p.w, "\r\x1b[K%s: %d%s", step, done, of)
}

func (p *progress) wipe() {
	if p.w != nil {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
