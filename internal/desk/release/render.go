package release

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/proof/manifest"
	"github.com/footage-custody/custody/internal/trust/access"
)

// reelBuffer is how much of the fragments is written at a time.
const reelBuffer = 256 << 10

// render makes the viewing rendition of every item, or finds the one that an earlier package of the item holds.
func (b *builder) render(ctx context.Context) error {
	for n, it := range b.items {
		kept, err := b.viewed(ctx, it)
		if err != nil {
			return err
		}
		if kept != nil {
			it.kept, it.rendered.Codec = kept, kept.Codec
			continue
		}
		dir := filepath.Join(b.dir, "reel-"+strconv.Itoa(n))
		if err := os.Mkdir(dir, 0o700); err != nil {
			return diskError(err)
		}
		err = b.show(ctx, it, dir)
		if err = errors.Join(err, diskError(os.RemoveAll(dir))); err != nil {
			return err
		}
	}
	return nil
}

// viewed finds the viewing rendition of exactly this item, camera and span (CONTRACTS 19).
func (b *builder) viewed(ctx context.Context, it *item) (*Kept, error) {
	films, err := b.k.p.Store.Films(ctx, it.ID)
	if err != nil {
		return nil, err
	}
	for _, f := range films {
		if f.Kind == manifest.Viewing && f.Camera == it.Camera && f.Span == it.Decided {
			return &f, nil
		}
	}
	return nil, nil
}

// show lays the item's fragments down in dir and has them made into one film.
func (b *builder) show(ctx context.Context, it *item, dir string) error {
	reel := Reel{Text: it.Number, Span: it.Decided, Zone: b.k.o.Zone}
	for _, g := range it.gaps {
		reel.Gaps = append(reel.Gaps, g.Gap)
	}
	for n, r := range it.runs {
		path := filepath.Join(dir, strconv.Itoa(n))
		p, err := b.lay(ctx, it, r, path)
		if err != nil {
			return err
		}
		reel.Sound = reel.Sound || len(p.Sound) > 0
		reel.Pieces = append(reel.Pieces, p)
	}
	it.viewing = filepath.Join(b.dir, "viewing-"+it.stem()+".mp4")
	f, err := os.OpenFile(it.viewing, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return diskError(err)
	}
	progress := b.progress.part(ctx, renderWeight*it.size())
	scratch := filepath.Join(dir, "scratch")
	if err := os.Mkdir(scratch, 0o700); err != nil {
		return errors.Join(diskError(err), f.Close())
	}
	it.rendered, err = b.k.p.Renderer.Viewing(ctx, reel, scratch, f, progress)
	if err = errors.Join(err, diskError(f.Close())); err != nil {
		return custody.Wrap(custody.KindOf(err), err, "item %s: the viewing copy could not be made: %s", it.Number, custody.PublicText(err))
	}
	return nil
}

// lay writes one run's fragments to a file, so that the renderer reads them as often as it needs to, under no decision.
func (b *builder) lay(ctx context.Context, it *item, r *run, path string) (Piece, error) {
	p := Piece{Init: r.head.Init, Media: func(_ context.Context, w io.Writer) error {
		f, err := os.Open(path)
		if err != nil {
			return diskError(err)
		}
		defer f.Close()
		_, err = io.Copy(w, f)
		return err
	}}
	if err := it.reopened(ctx, b.k.p.Vault, r, it.lease.now()); err != nil {
		return p, err
	}
	sound := r.sound()
	for u, err := range r.cut.Units(ctx) {
		if err != nil {
			return p, err
		}
		frame := Frame{PTS: r.ticks(u.Unit), Wall: u.Wall, Damaged: u.Flags&media.Damaged != 0}
		switch {
		case !u.Reel:
		case u.Track == 1:
			p.Frames = append(p.Frames, frame)
		case u.Track == sound:
			p.Sound = append(p.Sound, frame)
		}
	}
	slices.SortStableFunc(p.Frames, func(a, b Frame) int { return cmp.Compare(a.PTS, b.PTS) })
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return p, diskError(err)
	}
	w := bufio.NewWriterSize(f, reelBuffer)
	if err = r.cut.Reel(ctx, w); err == nil {
		err = diskError(w.Flush())
	}
	return p, errors.Join(err, diskError(f.Close()))
}

// renderWeight is how much more work a byte of footage is to encode again than to copy.
const renderWeight = 4

// size is how many bytes the item's originals have.
func (it *item) size() (n int64) {
	for _, r := range it.runs {
		for _, f := range r.films {
			n += f.size
		}
	}
	return n
}

// viewingPath is where an item's viewing rendition lies in the package.
func (it *item) viewingPath() string { return "data/viewing/" + it.stem() + ".mp4" }

// copied is the content of an item's viewing rendition.
func (b *builder) copied(ctx context.Context, it *item) manifest.Data {
	return manifest.Data{Path: it.viewingPath(), Write: func(w io.Writer) error {
		if it.kept == nil {
			f, err := os.Open(it.viewing)
			if err != nil {
				return diskError(err)
			}
			defer f.Close()
			return pour(w, f)
		}
		key, err := b.k.p.Store.Key(ctx, it.kept.Package)
		if err != nil {
			return err
		}
		p, err := b.k.p.Vault.OpenPackage(ctx, it.lease.now(), it.kept.Package, key)
		if err != nil {
			return err
		}
		f, err := p.Open(it.kept.Path)
		if err != nil {
			return err
		}
		defer f.Close()
		return pour(w, io.NewSectionReader(f, 0, f.Size()))
	}}
}

// pour copies a file in large blocks.
func pour(w io.Writer, r io.Reader) error {
	_, err := io.CopyBuffer(w, struct{ io.Reader }{r}, make([]byte, copyBlock)) // a file's own WriteTo takes small ones
	return diskError(err)
}

// allowed reports whether an item is to leave as a copy.
func allowed(i Item) bool { return i.Outcome == access.Granted }
