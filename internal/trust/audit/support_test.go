package audit_test

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"iter"
	"slices"
	"sync"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/proof/seal"
	"github.com/footage-custody/custody/internal/trust/audit"
	"github.com/footage-custody/custody/internal/trust/audit/audittest"
)

const site = "main-street"

type clock struct{}

func (clock) Now() custody.Instant          { return 1_800_000_000_000_000 }
func (clock) Reading() custody.ClockReading { return custody.ClockReading{Now: clock{}.Now()} }

// signKeys is a log key made from a seed.
type signKeys byte

func (k signKeys) key() ed25519.PrivateKey {
	s := sha256.Sum256([]byte{byte(k)})
	return ed25519.NewKeyFromSeed(s[:])
}
func (k signKeys) LogSigner() (crypto.Signer, error) { return k.key(), nil }
func (k signKeys) LogKeys() []ed25519.PublicKey {
	return []ed25519.PublicKey{k.key().Public().(ed25519.PublicKey)}
}
func (k signKeys) verifiers() seal.Verifiers { return seal.KnownKeys(k.LogKeys()...) }

func event(t testing.TB, typ custody.EventType) custody.Event {
	t.Helper()
	e, err := custody.NewEvent(typ, clock{}.Now(), "system", "cam_a", "seg_b", map[string]string{"k": "v"})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func grow(t testing.TB, s audit.Store, n int) {
	t.Helper()
	evs := make([]custody.Event, n)
	for i := range evs {
		evs[i] = event(t, custody.EventSegmentSealed)
	}
	if err := s.Append(t.Context(), evs...); err != nil {
		t.Fatal(err)
	}
}

// checkpoint signs the log as it is.
func checkpoint(t testing.TB, s audit.Store, k signKeys) audit.Checkpoint {
	t.Helper()
	h, err := s.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c := audit.Checkpoint{Epoch: h.Epoch, Size: h.Size, Note: note(t, k, h.Epoch, h.Size, h.Root), At: clock{}.Now()}
	if err := s.AddCheckpoint(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	return c
}

func note(t testing.TB, k signKeys, epoch uint32, size uint64, root seal.Hash) []byte {
	t.Helper()
	o, err := seal.Origin(site, epoch)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := seal.NewSigner(o, k.key())
	if err != nil {
		t.Fatal(err)
	}
	n, err := seal.Checkpoint{Origin: o, Size: size, Root: root}.Sign(signer)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func put(t testing.TB, sink audit.CheckpointSink, c audit.Checkpoint) {
	t.Helper()
	if err := sink.Put(t.Context(), audit.CheckpointName(c.Epoch, c.Size), c.Note); err != nil {
		t.Fatal(err)
	}
}

// memSink is a sink in memory that can be made to fail or to hang.
type memSink struct {
	mu    sync.Mutex
	notes map[string][]byte
	fail  error
	hang  bool
}

func (m *memSink) broken(ctx context.Context) error {
	m.mu.Lock()
	fail, hang := m.fail, m.hang
	m.mu.Unlock()
	if hang {
		<-ctx.Done()
		return ctx.Err()
	}
	return fail
}

func (m *memSink) Put(ctx context.Context, name string, note []byte) error {
	if err := m.broken(ctx); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if old, ok := m.notes[name]; ok && string(old) != string(note) {
		return custody.Errorf(custody.Exists, "there is another note")
	}
	if m.notes == nil {
		m.notes = map[string][]byte{}
	}
	m.notes[name] = note
	return nil
}

func (m *memSink) Get(ctx context.Context, name string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.notes[name], nil
}

func (m *memSink) List(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if err := m.broken(ctx); err != nil {
			yield("", err)
			return
		}
		for _, n := range m.names() {
			if !yield(n, nil) {
				return
			}
		}
	}
}

func (m *memSink) names() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	names := []string{}
	for n := range m.notes {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

func (m *memSink) set(fail error, hang bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fail, m.hang = fail, hang
}

// bells remembers which alarms ring.
type bells struct {
	mu sync.Mutex
	on map[string]string
}

func (b *bells) Raise(kind audit.Alarm, subject, sentence string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.on == nil {
		b.on = map[string]string{}
	}
	b.on[string(kind)+"/"+subject] = sentence
}

func (b *bells) Clear(kind audit.Alarm, subject string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.on, string(kind)+"/"+subject)
}

func (b *bells) ringing() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := []string{}
	for k := range b.on {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

var errDown = errors.New("down")

func newLog(t testing.TB, n int) *audittest.Store {
	t.Helper()
	s := audittest.NewStore()
	grow(t, s, n)
	return s
}
