package certificate

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/pem"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
)

// journal is a log that a test can read while it is written.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) { j.mu.Lock(); defer j.mu.Unlock(); return j.b.Write(p) }
func (j *journal) count(s string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Count(j.b.String(), s)
}

// own makes a certificate of an own authority and splits it into the two files of the Files source.
func own(t *testing.T, clock *hand, dir, host string) {
	t.Helper()
	a, made := found(t, clock, host)
	if err := a.leaf([]string{host}, clock.Now()); err != nil {
		t.Fatal(err)
	}
	both, err := os.ReadFile(filepath.Join(made, leafFile))
	if err != nil {
		t.Fatal(err)
	}
	key, cert := pem.Decode(both)
	put(t, filepath.Join(dir, "cert.pem"), cert)
	put(t, filepath.Join(dir, "key.pem"), pem.EncodeToMemory(key))
}

func put(t *testing.T, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// until waits for something that a running source does by itself.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for !ok() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

func TestOwnFilesAreReloaded(t *testing.T) {
	clock, dir, log := newHand(), t.TempDir(), &journal{}
	own(t, clock, dir, "one.lan")
	f, err := newFiles(filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"), clock, slog.New(slog.NewTextHandler(log, nil)), 5*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer f.Stop()
	serves := func(host string) func() bool {
		return func() bool {
			cert, err := f.TLSConfig().GetCertificate(&tls.ClientHelloInfo{})
			return err == nil && cert.Leaf.VerifyHostname(host) == nil
		}
	}
	if !serves("one.lan")() {
		t.Fatal("the first certificate is not served")
	}
	put(t, filepath.Join(dir, "cert.pem"), []byte("nonsense"))
	until(t, "nonsense is complained of", func() bool { return log.count("needs a hand") == 1 })
	if !serves("one.lan")() {
		t.Error("nonsense took the place of a good certificate")
	}
	own(t, clock, dir, "two.lan")
	until(t, "the new certificate is served", serves("two.lan"))
	if err := os.Remove(filepath.Join(dir, "key.pem")); err != nil {
		t.Fatal(err)
	}
	until(t, "the missing key is complained of", func() bool { return log.count("is missing") >= 1 })
	if !serves("two.lan")() {
		t.Error("a missing key took the certificate away")
	}
	if n := log.count("is missing"); n != 1 {
		t.Errorf("one fault was complained of %d times", n)
	}
}

func TestBadFilesAreRefusedAtTheBeginning(t *testing.T) {
	clock, dir := newHand(), t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	if _, err := NewFiles(cert, key, clock, quiet()); custody.KindOf(err) != custody.NotFound {
		t.Errorf("missing files: %v", err)
	}
	own(t, clock, dir, "one.lan")
	good, err := os.ReadFile(cert)
	if err != nil {
		t.Fatal(err)
	}
	own(t, clock, dir, "two.lan")
	put(t, cert, good)
	if _, err := NewFiles(cert, key, clock, quiet()); custody.KindOf(err) != custody.Invalid {
		t.Errorf("a key of another certificate: %v", err)
	}
	put(t, cert, bytes.Repeat([]byte("a"), maxFile+1))
	if _, err := NewFiles(cert, key, clock, quiet()); custody.KindOf(err) != custody.Invalid {
		t.Errorf("a huge file: %v", err)
	}
}

func TestExpiredFilesNeverReplaceGoodOnes(t *testing.T) {
	clock, dir, log := newHand(), t.TempDir(), &journal{}
	own(t, clock, dir, "one.lan")
	f, err := NewFiles(filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"), clock, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	past := newHand()
	past.advance(-2 * leafLife)
	own(t, past, dir, "two.lan")
	if err := f.look(); custody.KindOf(err) != custody.Invalid || f.current.Load().Leaf.VerifyHostname("one.lan") != nil {
		t.Errorf("an expired certificate: %v", err)
	}
	if _, err := NewFiles(filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"), clock, slog.New(slog.NewTextHandler(log, nil))); err != nil || log.count("needs a hand") != 1 {
		t.Errorf("the only certificate there is, expired: %v", err)
	}
}
