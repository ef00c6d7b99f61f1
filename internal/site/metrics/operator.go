package metrics

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/site/lifecycle"
)

// drain is how long Stop lets open requests finish before it cuts them off.
const drain = 2 * time.Second

// Operator is the operator's listener: a lifecycle.Part and Failer.
type Operator struct {
	listen string
	server *http.Server
	ready  *readiness

	mu      sync.Mutex
	serving *lifecycle.Task // nil until started
	addr    net.Addr
	stopped bool
	never   chan struct{} // Done before the start: stays open
}

// NewOperator makes the listener for an address as config.Operator.Listen gives it; port 0 takes a
// free one. Each check has timeout to answer.
func NewOperator(listen string, source Source, timeout time.Duration, log *slog.Logger, checks ...Check) *Operator {
	o := &Operator{listen: listen, ready: newReadiness(timeout, checks), never: make(chan struct{})}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", exposition(source))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "alive\n") })
	mux.Handle("GET /readyz", o.ready)
	o.server = &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      timeout + 20*time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	return o
}

// exposition serves the site's metrics, and the process's own, from a registry of its own.
func exposition(source Source) http.Handler {
	r := prometheus.NewPedanticRegistry()
	r.MustRegister(newCollector(source), collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return promhttp.HandlerFor(r, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 10 * time.Second})
}

// Start listens and begins to serve.
func (o *Operator) Start(ctx context.Context) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.stopped {
		return lifecycle.ErrStopped
	}
	if o.serving != nil {
		return nil
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", o.listen)
	if err != nil {
		return custody.Wrap(custody.Unavailable, err, "operator.listen: cannot listen on %s", o.listen)
	}
	serving := lifecycle.NewTask(func(ctx context.Context) error { return o.serve(ctx, l) })
	if err := serving.Start(ctx); err != nil {
		l.Close()
		return err
	}
	o.serving, o.addr = serving, l.Addr()
	return nil
}

// serve returns when ctx ends and all requests are finished or cut off, or when the listener fails.
func (o *Operator) serve(ctx context.Context, l net.Listener) error {
	var closing sync.WaitGroup
	defer o.ready.runs.Wait()
	defer closing.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	closing.Go(func() {
		<-ctx.Done()
		graceful, cancel := context.WithTimeout(context.Background(), drain)
		defer cancel()
		if o.server.Shutdown(graceful) != nil {
			o.server.Close()
		}
	})
	if err := o.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return custody.Wrap(custody.Unavailable, err, "the operator's listener failed")
	}
	return nil
}

// Stop closes the listener and waits for open requests and running checks.
func (o *Operator) Stop() {
	o.mu.Lock()
	o.stopped = true
	serving := o.serving
	o.mu.Unlock()
	if serving != nil {
		serving.Stop()
	}
}

// Addr is where it listens; nil before Start has returned nil.
func (o *Operator) Addr() net.Addr {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.addr
}

// Done is closed when the listener has failed.
func (o *Operator) Done() <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.serving == nil {
		return o.never
	}
	return o.serving.Done()
}

// Err is the listener's failure.
func (o *Operator) Err() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.serving == nil {
		return nil
	}
	return o.serving.Err()
}
