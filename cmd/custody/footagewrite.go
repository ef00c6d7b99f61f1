package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/vault"
)

func finishPieces(out []*piece) []*piece {
	slices.SortStableFunc(out, func(a, b *piece) int { return int(a.span.Start - b.span.Start) })
	for _, p := range out {
		p.Start = p.span.Start.String()
		if p.span.End != 0 {
			p.End = p.span.End.String()
			p.Seconds = p.span.Duration().Seconds()
		}
	}
	return out
}

type footageWrite struct {
	which
	Out string `help:"The MP4 file to write; further runs get -2, -3 ... before the ending." required:"" type:"path" short:"o"`
}

// Run writes the settled fragments that start within the span, unchanged, as fragmented MP4. A run has its own
// file, because its parameters and its time line are its own. Files appear whole or not at all.
func (c *footageWrite) Run(ctx context.Context, cli *commands, term terminal) error {
	b, err := openBooks(ctx, cli.Config, term.err)
	if err != nil {
		return err
	}
	defer b.close()
	_, st, grant, err := c.ask(ctx, b, access.FootageExport)
	if err != nil {
		return err
	}
	v, _, err := b.openVault(ctx, false)
	if err != nil {
		return err
	}
	defer v.Close()
	w := &movieWriter{vault: v, grant: grant, out: c.Out}
	for row, err := range b.db.Segments(ctx, st.ID, grant.Span()) {
		if err == nil {
			err = w.segment(ctx, row)
		}
		if err != nil {
			return errors.Join(err, w.abandon())
		}
	}
	if err := w.finish(); err != nil {
		return err
	}
	if len(w.written) == 0 {
		return custody.Errorf(custody.NotFound, "no settled footage starts in %s; custody footage list shows what there is", grant.Span())
	}
	zone := b.config.Site.Location()
	for _, m := range w.written {
		fmt.Fprintf(term.out, "%s: %d frames, %s to %s\n", m.path, m.units, m.span.Start.Time().In(zone).Format("2006-01-02 15:04:05.000 MST"),
			m.span.End.Time().In(zone).Format("15:04:05.000 MST"))
	}
	return nil
}

// movie is one file that was written.
type movie struct {
	path  string
	units int
	span  custody.Span
}

// movieWriter writes one file after another through a temporary name.
type movieWriter struct {
	vault   *vault.Vault
	grant   access.Grant
	out     string
	run     custody.RunID
	file    *os.File
	now     movie
	written []movie
}

// segment adds the fragments of a segment that start within the grant's span.
func (w *movieWriter) segment(ctx context.Context, row media.SegmentRow) error {
	infos, err := media.UnpackFragments(row.Fragments)
	if err != nil {
		return err
	}
	for _, f := range infos {
		if !w.grant.Span().Contains(f.WallStart) {
			continue
		}
		if w.file == nil || w.run != row.Run {
			if err := w.begin(ctx, row); err != nil {
				return err
			}
		}
		b, info, err := w.vault.Read(ctx, w.grant, row.ID, f.Number)
		if err != nil {
			return err
		}
		if _, err := w.file.Write(b); err != nil {
			return custody.Wrap(custody.Unavailable, err, "--out: %s cannot be written", w.now.path)
		}
		if w.now.units == 0 {
			w.now.span.Start = info.WallStart
		}
		w.now.units += int(info.Units)
		w.now.span.End = info.WallEnd
	}
	return nil
}

func (w *movieWriter) begin(ctx context.Context, row media.SegmentRow) error {
	if err := w.finish(); err != nil {
		return err
	}
	path := w.out
	if n := len(w.written); n > 0 {
		ext := filepath.Ext(path)
		path = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(path, ext), n+1, ext)
	}
	head, err := w.vault.Init(ctx, w.grant, row.ID)
	if err != nil {
		return err
	}
	if w.file, err = os.OpenFile(path+".part", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600); err != nil {
		return custody.Wrap(custody.Invalid, err, "--out: %s cannot be created", path)
	}
	w.run, w.now = row.Run, movie{path: path}
	if _, err := w.file.Write(head.Init); err != nil {
		return custody.Wrap(custody.Unavailable, err, "--out: %s cannot be written", path)
	}
	return nil
}

func (w *movieWriter) finish() error {
	if w.file == nil {
		return nil
	}
	f := w.file
	w.file = nil
	if err := errors.Join(f.Sync(), f.Close(), os.Rename(f.Name(), w.now.path)); err != nil {
		return custody.Wrap(custody.Unavailable, err, "--out: %s cannot be written", w.now.path)
	}
	w.written = append(w.written, w.now)
	return nil
}

// abandon removes the file that could not be finished.
func (w *movieWriter) abandon() error {
	if w.file == nil {
		return nil
	}
	f := w.file
	w.file = nil
	return errors.Join(f.Close(), os.Remove(f.Name()))
}
