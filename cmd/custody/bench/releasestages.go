package bench

import (
	"context"
	"errors"
	"io"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/release"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/proof/manifest"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/vault"
)

// stage is one that a package goes through, as its ports see it.
type stage int

const (
	planned  stage = iota // every segment's tables are read
	rendered              // the viewing rendition is made
	written               // the originals are cut, written, read back, hashed twice, encrypted and hashed again
	verified              // every segment is proved, the documents are written, all of it is verified
	put                   // the documents too, and all of it durable
	visible
	stages
)

// stopwatch sees a package go through its stages.
type stopwatch struct {
	mu   sync.Mutex
	last moment
	took [stages]moment
	at   stage
	made chan result
}

// moment is an instant of this process, or how much lies between two.
type moment struct {
	wall time.Time
	cpu  time.Duration
	long time.Duration
}

type result struct {
	pkg release.Package
	err error
}

func (s *stopwatch) start() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last, s.at = moment{wall: time.Now(), cpu: ownCPU()}, planned
}

// end ends a stage and those before it; only the first call for a stage counts.
func (s *stopwatch) end(which stage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.at > which {
		return
	}
	now := moment{wall: time.Now(), cpu: ownCPU()}
	s.took[which] = moment{cpu: now.cpu - s.last.cpu, long: now.wall.Sub(s.last.wall)}
	s.last, s.at = now, which+1
}

// The ports of a packer that is watched.
type (
	watchedStore struct {
		release.Store
		*stopwatch
	}
	watchedDiary struct {
		release.Diary
		*stopwatch
	}
	watchedFootage struct {
		release.Footage
		*stopwatch
	}
)

func (w watchedStore) Begin(ctx context.Context, p release.Package, evs ...custody.Event) (release.Package, error) {
	w.start()
	return w.Store.Begin(ctx, p, evs...)
}

func (w watchedStore) Films(ctx context.Context, item custody.ItemID) ([]release.Kept, error) {
	w.end(planned)
	return w.Store.Films(ctx, item)
}

func (w watchedStore) Finish(ctx context.Context, p release.Package, key release.SealedKey, evs ...custody.Event) error {
	err := w.Store.Finish(ctx, p, key, evs...)
	w.end(visible)
	w.made <- result{p, err}
	return err
}

func (w watchedStore) Change(ctx context.Context, id custody.PackageID, from, to release.State, why string, evs ...custody.Event) error {
	if to == release.Failed {
		w.made <- result{err: errors.New(why)}
	}
	return w.Store.Change(ctx, id, from, to, why, evs...)
}

func (w watchedDiary) Story(ctx context.Context, a release.About) (release.Story, error) {
	w.end(rendered)
	return w.Diary.Story(ctx, a)
}

func (w watchedFootage) Evidence(ctx context.Context, g access.Grant, id custody.SegmentID, wanted func(media.Unit) bool) (vault.Evidence, error) {
	w.end(written)
	return w.Footage.Evidence(ctx, g, id, wanted)
}

func (w watchedFootage) PutPackage(ctx context.Context, p *vault.Packing, progress func(done, total int64)) (vault.SealedPackage, error) {
	w.end(verified)
	sealed, err := w.Footage.PutPackage(ctx, p, progress)
	w.end(put)
	return sealed, err
}

// blank makes no film, but a file that can be read as one.
type blank struct{ release.Renderer }

func (blank) Viewing(_ context.Context, r release.Reel, _ string, w io.Writer, _ func(done, total int64)) (release.Rendered, error) {
	_, err := w.Write(r.Pieces[0].Init)
	return release.Rendered{Pictures: 1, Codec: "h264"}, err
}

// Tool implements release.Renderer.
func (blank) Tool() manifest.Tool { return manifest.Tool{Name: "blank", Version: "1"} }

// pack makes the package of one span and returns it, what each stage took, and the memory at its peak above what was held before.
func (o *office) pack(ctx context.Context, p place, span custody.Span, by release.Renderer) (release.Package, [stages]moment, int64, error) {
	id, err := o.decided(ctx, p.camera, span)
	if err != nil {
		return release.Package{}, [stages]moment{}, 0, err
	}
	w := &stopwatch{made: make(chan result, 4)}
	parts := o.Parts
	parts.Store, parts.Diary, parts.Vault, parts.Renderer = watchedStore{parts.Store, w}, watchedDiary{parts.Diary, w}, watchedFootage{parts.Vault, w}, by
	k := release.NewPacker(parts, o.Options)
	idle, err := peakAnew()
	if err == nil {
		err = k.Start(ctx)
	}
	if err != nil {
		return release.Package{}, w.took, 0, err
	}
	defer k.Stop()
	select {
	case <-ctx.Done():
		return release.Package{}, w.took, 0, ctx.Err()
	case r := <-w.made:
		most, err := memoryOf(os.Getpid())
		if r.pkg.Request != id && r.err == nil {
			r.err = errors.New("another request's package was made")
		}
		return r.pkg, w.took, most.peak - idle, errors.Join(r.err, err)
	}
}

// peakAnew counts this process's peak of memory anew, and returns what it holds now, in bytes.
func peakAnew() (int64, error) {
	debug.FreeOSMemory()
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0o600); err != nil {
		return 0, err
	}
	m, err := memoryOf(os.Getpid())
	return m.resident, err
}
