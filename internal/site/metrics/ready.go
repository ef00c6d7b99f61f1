package metrics

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/footage-custody/custody/internal/custody"
)

// Check asks one part whether it works.
type Check struct {
	Name string
	// Run returns nil if the part works. It should return soon after ctx ends; the public text of
	// its error is shown to the operator.
	Run func(ctx context.Context) error
}

// probe runs one check, one run at a time: whoever asks while a run is under way shares its answer.
type probe struct {
	check   Check
	timeout time.Duration
	runs    *sync.WaitGroup

	mu      sync.Mutex
	current *run // nil if none is under way
}

type run struct {
	done chan struct{}
	err  error // set before done is closed
	took time.Duration
}

func (p *probe) ask() *run {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current != nil {
		return p.current
	}
	r := &run{done: make(chan struct{})}
	p.current = r
	p.runs.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), p.timeout)
		defer cancel()
		begin := time.Now()
		r.err = p.check.Run(ctx)
		r.took = time.Since(begin)
		p.mu.Lock()
		p.current = nil
		p.mu.Unlock()
		close(r.done)
	})
	return r
}

// readiness answers 200 if every check passes in time, 503 if not, with one line of text for each.
type readiness struct {
	probes  []*probe
	timeout time.Duration
	runs    sync.WaitGroup
}

func newReadiness(timeout time.Duration, checks []Check) *readiness {
	h := &readiness{timeout: timeout}
	for _, c := range checks {
		h.probes = append(h.probes, &probe{check: c, timeout: timeout, runs: &h.runs})
	}
	return h
}

// ServeHTTP asks all probes at once and answers after the timeout at the latest.
func (h *readiness) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	runs := make([]*run, len(h.probes))
	for i, p := range h.probes {
		runs[i] = p.ask()
	}
	deadline, cancel := context.WithTimeout(r.Context(), h.timeout)
	defer cancel()
	var text strings.Builder
	status := http.StatusOK
	for i, p := range h.probes {
		ok, line := verdict(deadline, runs[i], h.timeout)
		if !ok {
			status = http.StatusServiceUnavailable
		}
		fmt.Fprintf(&text, "%s %s\n", p.check.Name, line)
	}
	plain(w, status, text.String())
}

func verdict(deadline context.Context, r *run, timeout time.Duration) (bool, string) {
	select {
	case <-r.done:
	case <-deadline.Done():
		return false, fmt.Sprintf("failed: no answer within %v", timeout)
	}
	if r.err != nil {
		return false, "failed: " + strings.ReplaceAll(custody.PublicText(r.err), "\n", " ")
	}
	return true, fmt.Sprintf("ok %v", r.took.Round(time.Millisecond))
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	fmt.Fprint(w, text)
}
