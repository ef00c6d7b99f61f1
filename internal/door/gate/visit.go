package gate

import (
	"context"
	"sync"
)

// visit is what the gate notes of one request while it is under way, for the log and for the middlewares further in. Only
// the goroutines of that one request touch it.
type visit struct {
	id      string
	address string
	writer  *writer

	mu      sync.Mutex
	pattern string // the route's pattern, never the raw path
	actor   string
	err     error // what went wrong, with its private cause
}

type visitKey struct{}

// visitOf is the visit that ctx belongs to; an empty one outside the gate.
func visitOf(ctx context.Context) *visit {
	if v, ok := ctx.Value(visitKey{}).(*visit); ok {
		return v
	}
	return &visit{}
}

// RequestID is the number of the request that ctx belongs to; empty outside the gate.
func RequestID(ctx context.Context) string { return visitOf(ctx).id }

// note keeps the first error.
func (v *visit) note(err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.err == nil {
		v.err = err
	}
}

func (v *visit) matched(pattern string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.pattern = pattern
}

func (v *visit) known(actor string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.actor = actor
}

func (v *visit) begun() bool { return v.writer != nil && v.writer.status != 0 }
