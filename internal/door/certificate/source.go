package certificate

import (
	"context"
	"crypto/tls"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/site/lifecycle"
)

// Source is where the door's certificate comes from. Between Start and Stop it is kept good.
type Source interface {
	lifecycle.Part
	// TLSConfig is the configuration of the server; the certificate is looked up at each handshake.
	TLSConfig() *tls.Config
}

// interval is how often files and ends are looked at.
const interval = time.Minute

// settings are the TLS settings of every source (RFC 9325): 1.2 with forward secrecy and AEAD only, 1.3 as the toolchain has it.
func settings(get func(*tls.ClientHelloInfo) (*tls.Certificate, error), protocols ...string) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		CipherSuites: []uint16{
			tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
			tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
			tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
		},
		NextProtos:     append([]string{"h2", "http/1.1"}, protocols...),
		GetCertificate: get,
	}
}

// holder holds the certificate in use, and looks after it in the background.
type holder struct {
	current atomic.Pointer[tls.Certificate]
	log     *slog.Logger
	task    *lifecycle.Task

	mu   sync.Mutex
	said string // the complaint that was made last
}

func (h *holder) TLSConfig() *tls.Config {
	return settings(func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return h.current.Load(), nil })
}

// watch makes the task that calls look once per interval until it is stopped.
func (h *holder) watch(every time.Duration, look func() error) {
	h.task = lifecycle.NewTask(func(ctx context.Context) error {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-tick.C:
				h.complain(look())
			}
		}
	})
}

// complain logs an error once until it changes or passes.
func (h *holder) complain(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	text := ""
	if err != nil {
		text = err.Error()
	}
	if text != h.said && text != "" {
		h.log.Error("the certificate needs a hand: the one in use stays", "error", text)
	}
	h.said = text
}

// Start begins to look after the certificate.
func (h *holder) Start(ctx context.Context) error { return h.task.Start(ctx) }

// Stop ends it.
func (h *holder) Stop() { h.task.Stop() }

// Expires is the end of the certificate in use.
func (h *holder) Expires() custody.Instant { return custody.InstantOf(h.current.Load().Leaf.NotAfter) }
