package release

import (
	"context"
	"io"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/proof/manifest"
)

// opened is the run whose clips are in memory while its originals are written, one after another.
type opened struct {
	run   *run
	clips []media.Clip
}

func (o *opened) close() { *o = opened{} }

// of returns a clip of the run, which is planned again unless it was the last.
func (o *opened) of(ctx context.Context, r *run, n int) (*media.Clip, error) {
	if o.run != r {
		o.close()
		clips, err := r.clipsOf(ctx, r.window)
		if err != nil {
			return nil, err
		}
		o.run, o.clips = r, clips
	}
	if n >= len(o.clips) || len(o.clips) != r.clips {
		return nil, custody.Errorf(custody.Corrupt, "the footage of run %s is not what it was a moment ago", r.head.Run.Run)
	}
	return &o.clips[n], nil
}

// data is the content of an original: the clip's units, read as they are asked for.
func (b *builder) data(ctx context.Context, it *item, f *film) manifest.Data {
	return manifest.Data{Path: f.path, Size: f.size, Write: func(w io.Writer) error {
		if err := it.reopened(ctx, b.k.p.Vault, f.run, it.lease.now()); err != nil {
			return err
		}
		clip, err := b.open.of(ctx, f.run, f.clip)
		if err != nil {
			return err
		}
		m, err := movieOf(clip)
		if err != nil {
			return err
		}
		if m.Size() != f.size {
			return custody.Errorf(custody.Corrupt, "the footage of item %s is not what it was a moment ago", it.Number)
		}
		cut := f.run.cut
		return m.Write(w, func(u media.Taken) ([]byte, error) { return cut.Payload(ctx, u.At) })
	}}
}
