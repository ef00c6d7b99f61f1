package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/footage-custody/custody/internal/capture/recorder"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/audit"
	"github.com/footage-custody/custody/storage/db"
)

// alarmStore keeps alarms durably with the event that records them; *db.DB is one.
type alarmStore interface {
	RaiseAlarm(ctx context.Context, a db.Alarm, ev custody.Event) error
	ClearAlarm(ctx context.Context, kind, subject string, at custody.Instant, ev custody.Event) error
	OpenAlarms(ctx context.Context) ([]db.Alarm, error)
}

// bell is the one place where alarms go: the process's log at once, the database as soon as it takes them, the
// metrics for as long as they last. Raising and clearing never wait; the database learns the latest state of each
// alarm, not every flutter.
type bell struct {
	store alarmStore
	clock custody.Clock
	log   *slog.Logger

	mu    sync.Mutex
	up    map[alarmKey]string // sentence of each alarm in force
	dirty map[alarmKey]bool   // not yet in the database
	wake  chan struct{}       // capacity 1
}

type alarmKey struct{ kind, subject string }

const alarmRetry = 2 * time.Second

func newBell(store alarmStore, clock custody.Clock, log *slog.Logger) *bell {
	return &bell{store: store, clock: clock, log: log, up: map[alarmKey]string{}, dirty: map[alarmKey]bool{}, wake: make(chan struct{}, 1)}
}

// load takes over the alarms that a previous process left: each lasts until its cause is seen to be gone. Those that
// only a running process can have are cleared.
func (b *bell) load(ctx context.Context) error {
	open, err := b.store.OpenAlarms(ctx)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, a := range open {
		b.dirty[alarmKey{a.Kind, a.Subject}] = true
	}
	return nil
}

func (b *bell) raise(kind, subject, sentence string) {
	k := alarmKey{kind, subject}
	b.mu.Lock()
	_, was := b.up[k]
	b.up[k] = sentence
	if !was {
		b.dirty[k] = true
	}
	b.mu.Unlock()
	if !was {
		b.log.Error("alarm", "kind", kind, "subject", subject, "what", sentence)
		b.nudge()
	}
}

func (b *bell) clear(kind, subject string) {
	k := alarmKey{kind, subject}
	b.mu.Lock()
	_, was := b.up[k]
	delete(b.up, k)
	if was {
		b.dirty[k] = true
	}
	b.mu.Unlock()
	if was {
		b.log.Info("alarm over", "kind", kind, "subject", subject)
		b.nudge()
	}
}

func (b *bell) nudge() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// names are the kinds of the alarms in force.
func (b *bell) names() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	seen := map[string]bool{}
	var out []string
	for k := range b.up {
		if !seen[k.kind] {
			seen[k.kind] = true
			out = append(out, k.kind)
		}
	}
	return out
}

// run writes alarms to the database until ctx ends.
func (b *bell) run(ctx context.Context) error {
	for {
		wait := time.Hour
		if !b.flush(ctx) {
			wait = alarmRetry
		}
		t := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			t.Stop()
			return nil
		case <-b.wake:
		case <-t.C:
		}
		t.Stop()
	}
}

// flush brings the database up to date; false if it did not take everything.
func (b *bell) flush(ctx context.Context) bool {
	b.mu.Lock()
	todo := make(map[alarmKey]string, len(b.dirty))
	for k := range b.dirty {
		todo[k] = b.up[k]
	}
	clear(b.dirty)
	b.mu.Unlock()
	done := true
	for k, sentence := range todo {
		if err := b.write(ctx, k, sentence); err != nil {
			done = false
			b.mu.Lock()
			b.dirty[k] = true
			b.mu.Unlock()
		}
	}
	return done
}

func (b *bell) write(ctx context.Context, k alarmKey, sentence string) error {
	at := b.clock.Now()
	t := custody.EventAlarmRaised
	if sentence == "" {
		t = custody.EventAlarmCleared
	}
	ev, err := custody.NewEvent(t, at, "system", "", k.subject, map[string]string{"kind": k.kind, "what": sentence})
	if err != nil {
		return err
	}
	if sentence == "" {
		return b.store.ClearAlarm(ctx, k.kind, k.subject, at, ev)
	}
	return b.store.RaiseAlarm(ctx, db.Alarm{Kind: k.kind, Subject: k.subject, Raised: at, Sentence: sentence}, ev)
}

// The rooms each name their own kinds; these say the same to all of them.
type (
	recorderBell struct{ *bell }
	auditBell    struct{ *bell }
)

func (b recorderBell) Raise(k recorder.AlarmKind, subject, sentence string) {
	b.raise(string(k), subject, sentence)
}
func (b recorderBell) Clear(k recorder.AlarmKind, subject string) { b.clear(string(k), subject) }

func (b auditBell) Raise(k audit.Alarm, subject, sentence string) {
	b.raise(string(k), subject, sentence)
}
func (b auditBell) Clear(k audit.Alarm, subject string) { b.clear(string(k), subject) }
