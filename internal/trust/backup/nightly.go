package backup

import (
	"context"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/site/lifecycle"
)

// Alarm names a condition that a person should know of.
type Alarm string

const (
	AlarmFailed  Alarm = "backup"         // the last backup failed, or older ones cannot be removed
	AlarmOverdue Alarm = "backup-overdue" // there has been no good backup for Overdue
)

// Alarms tells people. Both methods are idempotent, return at once and never fail. The sentence has no secrets.
type Alarms interface {
	Raise(kind Alarm, subject, sentence string)
	Clear(kind Alarm, subject string)
}

const (
	// Overdue is how old the last good backup may become before it is an alarm of its own.
	Overdue = 50 * time.Hour

	lookEvery  = 10 * time.Minute // the directory is looked at, and the clock: it may have been stepped
	firstRetry = time.Minute      // after a failure; doubles up to lastRetry
	lastRetry  = 30 * time.Minute
)

// Nightly is a lifecycle.Part that makes a backup once a night, and at once when there is none yet or a night was missed: a
// backup is due at the first moment that next gives after the last good one. A failure is an alarm and is tried again
// until it succeeds. Stop abandons a backup under way, which leaves no file.
type Nightly struct {
	*lifecycle.Task
	shelf  *Shelf
	next   func(time.Time) time.Time
	alarms Alarms
	log    *slog.Logger

	// Only the task's goroutine touches these.
	retry time.Duration   // 0 after a success
	good  custody.Instant // of the last good backup seen; the start of this part before that
}

// NewNightly returns the part at rest. next gives the first moment after its argument at which a backup is to be
// made: the time of day in the site's zone.
func NewNightly(shelf *Shelf, next func(time.Time) time.Time, alarms Alarms, log *slog.Logger) *Nightly {
	n := &Nightly{shelf: shelf, next: next, alarms: alarms, log: log}
	n.Task = lifecycle.NewTask(n.run)
	return n
}

func (n *Nightly) run(ctx context.Context) error {
	for {
		t := time.NewTimer(n.step(ctx))
		select {
		case <-ctx.Done():
			t.Stop()
			return nil
		case <-t.C:
		}
	}
}

// step makes a backup if one is due and says how long to wait for the next look.
func (n *Nightly) step(ctx context.Context) time.Duration {
	now := n.shelf.o.Clock.Now()
	last, known := n.last(now)
	if known || n.good == 0 {
		n.good = last
	}
	if now.Sub(n.good) > Overdue {
		n.alarms.Raise(AlarmOverdue, "", "there has been no good backup for "+now.Sub(n.good).Round(time.Hour).String()+": a lost database would be lost footage")
	} else {
		n.alarms.Clear(AlarmOverdue, "")
	}
	if due := n.next(last.Time()); known && n.retry == 0 && now.Time().Before(due) {
		return min(lookEvery, due.Sub(now.Time()))
	}
	made, err := n.shelf.Make(ctx, "system")
	switch {
	case err == nil:
		n.succeeded(made)
		return lookEvery
	case ctx.Err() != nil:
		return 0
	case custody.KindOf(err) == custody.Conflict: // somebody else is at it: look again when they are done
		return firstRetry
	}
	n.retry = min(max(firstRetry, 2*n.retry), lastRetry)
	n.log.Error("the backup failed and is tried again", "in", n.retry, "error", err)
	n.alarms.Raise(AlarmFailed, "", "the backup failed: "+custody.PublicText(err))
	return n.retry
}

func (n *Nightly) succeeded(made Made) {
	n.retry, n.good = 0, made.Header.Created
	n.log.Info("backup made", "file", filepath.Base(made.Path), "bytes", made.Size, "log_size", made.Header.Size, "removed", len(made.Removed))
	n.alarms.Clear(AlarmOverdue, "")
	if made.Unremoved != nil {
		n.alarms.Raise(AlarmFailed, "", custody.PublicText(made.Unremoved))
		return
	}
	n.alarms.Clear(AlarmFailed, "")
}

// last is when the newest good backup was made, or now if that is not known: there is none, or the directory cannot be
// read. One that claims to be of the future was made under a wrong clock and does not put the next one off.
func (n *Nightly) last(now custody.Instant) (at custody.Instant, known bool) {
	all, err := n.shelf.List()
	if err != nil {
		return now, false // making one says why, as an alarm
	}
	for _, e := range all {
		if e.Trouble == nil && e.Header.Created <= now {
			return e.Header.Created, true
		}
	}
	return now, false
}
