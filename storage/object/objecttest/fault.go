package objecttest

import (
	"context"
	"maps"
	"sync"
	"time"
)

// Mode is what goes wrong.
type Mode string

// The modes. Faulty knows the ones marked F, Proxy those marked P; another mode there is Healthy.
const (
	Healthy      Mode = ""
	Down         Mode = "down"          // FP nothing answers
	Slow         Mode = "slow"          // FP every call waits Delay first
	LoseAnswer   Mode = "lose-answer"   // FP the act is done, the answer is lost
	AlterReads   Mode = "alter-reads"   // FP reads succeed with one byte changed
	CutReads     Mode = "cut-reads"     // FP reads end half-way, against the announced length
	ShortenReads Mode = "shorten-reads" //  P reads announce and return half
	DropPuts     Mode = "drop-puts"     // FP puts are acknowledged, nothing is stored
	AlterPuts    Mode = "alter-puts"    //  P puts are acknowledged, one byte is stored changed
	CutPuts      Mode = "cut-puts"      //  P puts are acknowledged, half is stored
	ForgePuts    Mode = "forge-puts"    //  P as AlterPuts, and HEAD and GET claim the checksum of what was sent
	Error500     Mode = "error-500"     //  P every call is answered 500
	OldStore     Mode = "old-store"     //  P conditions and checksums are ignored, as by a service that predates them
)

// Fault is a mode and how long it lasts.
type Fault struct {
	Mode  Mode
	Delay time.Duration // of Slow
	Times int           // how many calls it hits; 0: all, until the next Set
}

// plan is the fault in force and what it has done. The zero plan is healthy.
type plan struct {
	mu    sync.Mutex
	fault Fault
	calls int
	hits  map[Mode]int
}

// Set puts a fault in force from the next call on.
func (p *plan) Set(f Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault = f
}

// Calls returns how many calls arrived.
func (p *plan) Calls() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls
}

// Hits returns how many calls each mode has hit.
func (p *plan) Hits() map[Mode]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.hits)
}

// next counts a call and returns its fault; applies says whether the mode concerns this kind of call.
func (p *plan) next(applies func(Mode) bool) Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls++
	f := p.fault
	if f.Mode == Healthy || !applies(f.Mode) {
		return Fault{}
	}
	if p.hits == nil {
		p.hits = map[Mode]int{}
	}
	p.hits[f.Mode]++
	if f.Times > 0 {
		if p.fault.Times--; p.fault.Times == 0 {
			p.fault = Fault{}
		}
	}
	return f
}

// pause waits d or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
