package release

import (
	"context"
	"io"
	"sync"

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
	return manifest.Data{Path: f.path, Open: func() (io.ReadCloser, error) {
		if err := it.reopened(ctx, b.k.p.Vault, f.run, it.lease.now()); err != nil {
			return nil, err
		}
		clip, err := b.open.of(ctx, f.run, f.clip)
		if err != nil {
			return nil, err
		}
		m, err := movieOf(clip)
		if err != nil {
			return nil, err
		}
		if m.Size() != f.size {
			return nil, custody.Errorf(custody.Corrupt, "the footage of item %s is not what it was a moment ago", it.Number)
		}
		cut := f.run.cut
		return pour(func(w io.Writer) error {
			return m.Write(w, func(u media.Taken) ([]byte, error) { return cut.Payload(ctx, u.At) })
		}), nil
	}}
}

// stream is what a writing function writes, to be read. Close waits for it.
type stream struct {
	*io.PipeReader
	writing sync.WaitGroup
}

// pour runs write beside the reader of what it returns.
func pour(write func(w io.Writer) error) io.ReadCloser {
	r, w := io.Pipe()
	s := &stream{PipeReader: r}
	s.writing.Go(func() { w.CloseWithError(write(w)) })
	return s
}

// Close implements io.Closer.
func (s *stream) Close() error {
	err := s.PipeReader.Close()
	s.writing.Wait()
	return err
}
