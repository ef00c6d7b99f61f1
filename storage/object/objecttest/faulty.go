package objecttest

import (
	"context"
	"io"
	"iter"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/vault"
)

// Faulty is a vault.Objects in front of a real one that does what Set says. It is safe for concurrent use.
// AlterReads and DropPuts break the interface's contract on purpose: they are a lying store as seen from
// above.
type Faulty struct {
	plan
	inner vault.Objects
}

var _ vault.Objects = (*Faulty)(nil)

// NewFaulty returns a healthy wrapper of inner.
func NewFaulty(inner vault.Objects) *Faulty { return &Faulty{inner: inner} }

// before applies what happens ahead of a call and returns the fault for what happens after.
func (f *Faulty) before(ctx context.Context, extra ...Mode) (Fault, error) {
	fault := f.next(func(m Mode) bool {
		for _, e := range append(extra, Down, Slow, LoseAnswer) {
			if m == e {
				return true
			}
		}
		return false
	})
	switch fault.Mode {
	case Down:
		return fault, custody.Errorf(custody.Unavailable, "the object store is down (injected)")
	case Slow:
		if err := pause(ctx, fault.Delay); err != nil {
			return fault, custody.Wrap(custody.Unavailable, err, "the object store was too slow (injected)")
		}
	}
	return fault, nil
}

// after loses the answer of a finished call where the fault says so.
func after(fault Fault, err error) error {
	if fault.Mode == LoseAnswer {
		return custody.Errorf(custody.Unavailable, "the object store's answer was lost (injected)")
	}
	return err
}

// Put implements vault.Objects.
func (f *Faulty) Put(ctx context.Context, key string, src vault.Source) error {
	fault, err := f.before(ctx, DropPuts)
	if err != nil || fault.Mode == DropPuts {
		return err
	}
	return after(fault, f.inner.Put(ctx, key, src))
}

// Replace implements vault.Objects.
func (f *Faulty) Replace(ctx context.Context, key string, src vault.Source) error {
	fault, err := f.before(ctx, DropPuts)
	if err != nil || fault.Mode == DropPuts {
		return err
	}
	return after(fault, f.inner.Replace(ctx, key, src))
}

// Stat implements vault.Objects.
func (f *Faulty) Stat(ctx context.Context, key string) (vault.Stat, error) {
	fault, err := f.before(ctx)
	if err != nil {
		return vault.Stat{}, err
	}
	st, err := f.inner.Stat(ctx, key)
	return st, after(fault, err)
}

// ReadAt implements vault.Objects.
func (f *Faulty) ReadAt(ctx context.Context, key string, p []byte, off int64) error {
	fault, err := f.before(ctx, AlterReads, CutReads)
	if err != nil {
		return err
	}
	err = f.inner.ReadAt(ctx, key, p, off)
	switch {
	case err == nil && fault.Mode == CutReads:
		return custody.Errorf(custody.Corrupt, "the object %s ended early (injected)", key)
	case err == nil && fault.Mode == AlterReads && len(p) > 0:
		p[len(p)/2] ^= 0x20
	}
	return after(fault, err)
}

// Open implements vault.Objects.
func (f *Faulty) Open(ctx context.Context, key string) (io.ReadCloser, error) {
	fault, err := f.before(ctx, AlterReads, CutReads)
	if err != nil {
		return nil, err
	}
	r, err := f.inner.Open(ctx, key)
	if err != nil {
		return nil, after(fault, err)
	}
	switch fault.Mode {
	case LoseAnswer:
		r.Close()
		return nil, after(fault, nil)
	case AlterReads, CutReads:
		return &faultyReader{ReadCloser: r, key: key, mode: fault.Mode}, nil
	}
	return r, nil
}

// List implements vault.Objects.
func (f *Faulty) List(ctx context.Context) iter.Seq2[vault.Stat, error] {
	return func(yield func(vault.Stat, error) bool) {
		fault, err := f.before(ctx)
		if err := after(fault, err); err != nil {
			yield(vault.Stat{}, err)
			return
		}
		f.inner.List(ctx)(yield)
	}
}

// Purge implements vault.Objects.
func (f *Faulty) Purge(ctx context.Context, key string) error {
	fault, err := f.before(ctx)
	if err != nil {
		return err
	}
	return after(fault, f.inner.Purge(ctx, key))
}

// Hold implements vault.Objects.
func (f *Faulty) Hold(ctx context.Context, key string, on bool) error {
	fault, err := f.before(ctx)
	if err != nil {
		return err
	}
	return after(fault, f.inner.Hold(ctx, key, on))
}

// faultyReader changes the first byte, or ends with Corrupt after the first read.
type faultyReader struct {
	io.ReadCloser
	key  string
	mode Mode
	read bool
}

func (r *faultyReader) Read(p []byte) (int, error) {
	if r.read && r.mode == CutReads {
		return 0, custody.Errorf(custody.Corrupt, "the object %s ended early (injected)", r.key)
	}
	n, err := r.ReadCloser.Read(p[:max(1, len(p)/2)])
	if n > 0 && !r.read && r.mode == AlterReads {
		p[0] ^= 0x20
	}
	r.read = r.read || n > 0
	return n, err
}
