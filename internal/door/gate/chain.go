package gate

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"path"
	"runtime"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
)

// chain is everything between the socket and the router, outermost last.
func (d *Door) chain() http.Handler {
	var h http.Handler = d.engine
	for _, layer := range []func(http.Handler) http.Handler{
		d.checkTarget, d.checkMethod, d.checkLimits, d.checkHost, d.recover, d.logVisit, d.secureHeaders, d.open,
	} {
		h = layer(h)
	}
	return h
}

// open begins the visit: a number of our own and the caller's address as trusted.
func (d *Door) open(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out := &writer{ResponseWriter: w}
		v := &visit{id: requestID(), address: d.address(r), writer: out}
		next.ServeHTTP(out, r.WithContext(context.WithValue(r.Context(), visitKey{}, v)))
	})
}

func requestID() string {
	var b [10]byte
	rand.Read(b[:]) // never fails (crypto/rand, Go 1.24)
	return "req-" + strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))
}

// address is the caller's: of the connection, unless that is a trusted proxy; then the last one in X-Forwarded-For that is
// no trusted proxy itself. What cannot be read is the proxy's own word against itself: its address counts.
func (d *Door) address(r *http.Request) string {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		host, _, _ := net.SplitHostPort(r.RemoteAddr)
		return host
	}
	addr := peer.Addr().Unmap().WithZone("")
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && d.trusted(addr); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		addr = hop.Unmap().WithZone("")
	}
	return addr.String()
}

func (d *Door) trusted(a netip.Addr) bool {
	for _, p := range d.proxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// logVisit writes one line per request. Nothing in it was chosen by the caller but the method, and that is one of a few.
func (d *Door) logVisit(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, begin := visitOf(r.Context()), d.clock.Reading().Mono
		defer func() {
			took := d.clock.Reading().Mono - begin
			d.logLine(r, v, took.Milliseconds())
		}()
		next.ServeHTTP(w, r)
	})
}

func (d *Door) logLine(r *http.Request, v *visit, ms int64) {
	v.mu.Lock()
	pattern, actor, err := v.pattern, v.actor, v.err
	v.mu.Unlock()
	status := v.writer.status
	if status == 0 {
		status = http.StatusOK // net/http answers for a handler that wrote nothing
	}
	level := slog.LevelInfo
	attrs := []slog.Attr{
		slog.String("method", knownMethod(r.Method)), slog.String("route", pattern), slog.Int("status", status),
		slog.Int64("ms", ms), slog.Int64("bytes", v.writer.bytes), slog.String("request", v.id),
		slog.String("actor", actor), slog.String("address", v.address),
	}
	if err != nil {
		attrs = append(attrs, slog.String("error", err.Error()))
	}
	if status >= 500 {
		level = slog.LevelError
	}
	d.log.LogAttrs(context.WithoutCancel(r.Context()), level, "request", attrs...)
}

func knownMethod(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "other"
}

// recover turns a panic into a 500. The log has the place, never the panic's text: it may quote what was sent.
func (d *Door) recover(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			thrown := recover()
			if thrown == nil {
				return
			}
			if err, ok := thrown.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(http.ErrAbortHandler)
			}
			v := visitOf(r.Context())
			begun := v.begun()
			WriteProblem(w, r, thrownError(thrown))
			if begun {
				panic(http.ErrAbortHandler)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// thrownError is a panic as an error. Its text stays behind: it may quote what was sent.
func thrownError(thrown any) error {
	return &custody.Error{Kind: custody.Internal, Public: "something went wrong on our side", Cause: fmt.Errorf("panic of %T at %s", thrown, places())}
}

// places names the functions that panicked, innermost first: names and lines of ours, no values.
func places() string {
	pcs := make([]uintptr, 32)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(4, pcs)])
	var out []string
	for {
		f, more := frames.Next()
		if !strings.HasPrefix(f.Function, "runtime.") && f.Function != "" {
			out = append(out, fmt.Sprintf("%s (%s:%d)", f.Function, path.Base(f.File), f.Line))
		}
		if !more || len(out) == 8 {
			return strings.Join(out, " < ")
		}
	}
}
