package db

import (
	"context"
	"database/sql"
	"errors"
	"iter"

	"github.com/footage-custody/custody/internal/custody"
)

// Setting returns a site setting; found is false if it was never set.
func (d *DB) Setting(ctx context.Context, key string) (value string, found bool, err error) {
	err = d.read.QueryRowContext(ctx, `SELECT value FROM site_setting WHERE key = $1`, key).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	return value, err == nil, fault(d.dialect, err, "reading a setting")
}

// SetSetting stores a site setting, key 1 to 64 and value at most 65,536 characters, with the events that record
// it, if any. Settings hold no secrets.
func (d *DB) SetSetting(ctx context.Context, key, value string, events ...custody.Event) error {
	if !isText(key) || !isText(value) {
		return custody.Errorf(custody.Invalid, "a setting's key and value are UTF-8 text without NUL")
	}
	return d.seq.commit(ctx, &change{doing: "storing a setting", events: events, apply: func(t *tx) (bool, error) {
		_, err := t.exec(`INSERT INTO site_setting (key, value) VALUES ($1, $2)
			ON CONFLICT (key) DO UPDATE SET value = excluded.value`, key, value)
		return true, err
	}})
}

// TimeSync is the kernel's opinion of its clock at one moment (adjtimex). Offset and MaxError are microseconds.
type TimeSync struct {
	At       custody.Instant
	State    string // 1-40 characters, such as "ok" or "unsynchronised"
	Offset   int64
	MaxError int64
}

// AddTimeSync stores one sample. A second one at the same instant is dropped.
func (d *DB) AddTimeSync(ctx context.Context, s TimeSync) error {
	if !isText(s.State) {
		return custody.Errorf(custody.Invalid, "the time state is not text")
	}
	return d.seq.commit(ctx, &change{doing: "storing the time state", apply: func(t *tx) (bool, error) {
		_, err := t.exec(`INSERT INTO time_sync (sampled_at, state, offset_us, max_error_us) VALUES ($1, $2, $3, $4)
			ON CONFLICT (sampled_at) DO NOTHING`, int64(s.At), s.State, s.Offset, s.MaxError)
		return false, err
	}})
}

// TimeSyncs yields the samples taken within the span, in time order.
func (d *DB) TimeSyncs(ctx context.Context, span custody.Span) iter.Seq2[TimeSync, error] {
	return pages(ctx, d, "reading time states", func(ctx context.Context, last *TimeSync) ([]TimeSync, error) {
		from := int64(span.Start)
		if last != nil {
			from = int64(last.At) + 1
		}
		return collect(ctx, d.read, func(rows *sql.Rows) (s TimeSync, err error) {
			return s, rows.Scan(&s.At, &s.State, &s.Offset, &s.MaxError)
		}, `SELECT sampled_at, state, offset_us, max_error_us FROM time_sync
			WHERE sampled_at >= $1 AND sampled_at < $2 ORDER BY sampled_at LIMIT $3`, from, int64(span.End), pageRows)
	})
}

// Quarantined is an object in the store that nothing of ours accounts for. It is never deleted (CONTRACTS 22).
type Quarantined struct {
	Key    string
	Seen   custody.Instant
	Reason string // one sentence, shortened to 200 bytes
}

// Quarantine sets an object apart. A key that is there already stays as it was and nothing is recorded.
func (d *DB) Quarantine(ctx context.Context, q Quarantined, ev custody.Event) error {
	if !isText(q.Key) {
		return custody.Errorf(custody.Invalid, "the object's key is not text")
	}
	return d.seq.commit(ctx, &change{doing: "setting the object apart", events: []custody.Event{ev}, apply: func(t *tx) (bool, error) {
		n, err := t.exec(`INSERT INTO quarantine (object_key, seen_at, reason) VALUES ($1, $2, $3) ON CONFLICT (object_key) DO NOTHING`,
			q.Key, int64(q.Seen), toText(q.Reason, 200))
		return n > 0, err
	}})
}

// AllQuarantined yields every object set apart, ordered by key.
func (d *DB) AllQuarantined(ctx context.Context) iter.Seq2[Quarantined, error] {
	return pages(ctx, d, "reading the quarantine", func(ctx context.Context, last *Quarantined) ([]Quarantined, error) {
		after := ""
		if last != nil {
			after = last.Key
		}
		return collect(ctx, d.read, func(rows *sql.Rows) (q Quarantined, err error) {
			return q, rows.Scan(&q.Key, &q.Seen, &q.Reason)
		}, `SELECT object_key, seen_at, reason FROM quarantine WHERE object_key > $1 ORDER BY object_key LIMIT $2`, after, pageRows)
	})
}

// Alarm is a condition that a person should know of.
type Alarm struct {
	Kind     string // 1-64 characters
	Subject  string // id of what it concerns; empty for the whole site
	Raised   custody.Instant
	Cleared  custody.Instant // 0 while it lasts
	Sentence string          // without secrets, shortened to 500 bytes
}

// RaiseAlarm stores the alarm with its event. While one of that kind and subject lasts nothing is stored.
func (d *DB) RaiseAlarm(ctx context.Context, a Alarm, ev custody.Event) error {
	if !isText(a.Kind) || !isText(a.Subject) {
		return custody.Errorf(custody.Invalid, "an alarm's kind and subject are text")
	}
	return d.seq.commit(ctx, &change{doing: "raising the alarm", events: []custody.Event{ev}, apply: func(t *tx) (bool, error) {
		n, err := t.exec(`INSERT INTO alarm (kind, subject, raised_at, cleared_at, sentence) VALUES ($1, $2, $3, NULL, $4)
			ON CONFLICT (kind, subject) WHERE cleared_at IS NULL DO NOTHING`, a.Kind, a.Subject, int64(a.Raised), toText(a.Sentence, 500))
		return n > 0, err
	}})
}

// ClearAlarm ends the alarm with its event; without one of that kind and subject it is success and stores nothing.
func (d *DB) ClearAlarm(ctx context.Context, kind, subject string, at custody.Instant, ev custody.Event) error {
	return d.seq.commit(ctx, &change{doing: "clearing the alarm", events: []custody.Event{ev}, apply: func(t *tx) (bool, error) {
		n, err := t.exec(`UPDATE alarm SET cleared_at = CASE WHEN raised_at > $3 THEN raised_at ELSE $3 END
			WHERE kind = $1 AND subject = $2 AND cleared_at IS NULL`, kind, subject, int64(at))
		return n > 0, err
	}})
}

// OpenAlarms returns the alarms that last, oldest first.
func (d *DB) OpenAlarms(ctx context.Context) ([]Alarm, error) {
	as, err := collect(ctx, d.read, func(rows *sql.Rows) (a Alarm, err error) {
		return a, rows.Scan(&a.Kind, &a.Subject, &a.Raised, &a.Sentence)
	}, `SELECT kind, subject, raised_at, sentence FROM alarm WHERE cleared_at IS NULL ORDER BY raised_at, kind, subject`)
	return as, fault(d.dialect, err, "reading the alarms")
}
