package ingest

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/footage-custody/custody/internal/site/lifecycle"
)

// PollInterval is the usual time between a Poller's rounds: what it adds to a live picture's delay, at most.
const PollInterval = 100 * time.Millisecond

const pollBuffer = 256 << 10

var errPollerStopped = errors.New("the recorder is stopping")

// Poller reads many cameras' sockets in rounds, outside the runtime's network poller: a camera sends a packet
// every few milliseconds, and being woken for each costs more than everything done with it. It is shared by the
// sessions of a process, and is started before and stopped after them. It is safe for concurrent use.
//
// A round's time is jittered by a fifth, so that no camera's frames keep the same distance to it for long: the least
// receipt delay of a fragment stays honest.
type Poller struct {
	workers []*pollWorker
	group   *lifecycle.Group
}

// NewPoller makes a poller of that many goroutines (at least 1), each with a read buffer of 256 KiB.
func NewPoller(workers int, interval time.Duration) *Poller {
	p := &Poller{}
	var parts []lifecycle.Named
	for range max(workers, 1) {
		w := &pollWorker{interval: max(interval, time.Millisecond), begin: make(chan struct{}, 1)}
		p.workers = append(p.workers, w)
		parts = append(parts, lifecycle.Named{Name: "poller", Part: lifecycle.NewTask(w.run)})
	}
	p.group = lifecycle.NewGroup(time.Second, nil, parts...)
	return p
}

// Start implements lifecycle.Part.
func (p *Poller) Start(ctx context.Context) error { return p.group.Start(ctx) }

// Stop implements lifecycle.Part. A session still attached ends.
func (p *Poller) Stop() { p.group.Stop() }

// add attaches a connection to the worker with the fewest. It reports false once the poller has stopped.
func (p *Poller) add(w *wire) bool {
	least := p.workers[0]
	for _, k := range p.workers[1:] {
		if k.load() < least.load() {
			least = k
		}
	}
	return least.add(w)
}

// pollWorker is one goroutine of a Poller. mu is a leaf: it is not held while sockets are read.
type pollWorker struct {
	interval time.Duration
	begin    chan struct{} // a first connection came; holds one

	mu      sync.Mutex
	wires   []*wire
	stopped bool
}

func (k *pollWorker) load() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.wires)
}

func (k *pollWorker) add(w *wire) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.stopped {
		return false
	}
	k.wires = append(k.wires, w)
	select {
	case k.begin <- struct{}{}:
	default:
	}
	return true
}

func (k *pollWorker) run(ctx context.Context) error {
	defer k.stop()
	buf := make([]byte, pollBuffer)
	var round []*wire
	for {
		round = k.snapshot(round)
		for _, w := range round {
			w.drain(buf)
		}
		var tick <-chan time.Time
		if len(round) > 0 {
			tick = time.After(k.interval*4/5 + rand.N(k.interval*2/5+1))
		}
		clear(round)
		select {
		case <-ctx.Done():
			return nil
		case <-tick:
		case <-k.begin:
		}
	}
}

// snapshot copies the connections that live into round and forgets the others.
func (k *pollWorker) snapshot(round []*wire) []*wire {
	k.mu.Lock()
	defer k.mu.Unlock()
	live := k.wires[:0]
	for _, w := range k.wires {
		if !w.over() {
			live = append(live, w)
		}
	}
	clear(k.wires[len(live):])
	k.wires = live
	return append(round[:0], live...)
}

func (k *pollWorker) stop() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.stopped = true
	for _, w := range k.wires {
		w.fail(errPollerStopped)
	}
	k.wires = nil
}
