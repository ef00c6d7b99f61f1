package ingest

import (
	"math/rand/v2"
	"time"
)

// class sorts failures by how soon it is worth trying again.
type class uint8

const (
	// away: nobody answers the connect. A try is one SYN, so tries stay frequent for ever: a camera that comes back
	// must be recorded again within 2 s.
	away class = iota
	// notReady: somebody answers, but there is no stream (5xx, 404, no packets, a session cut short). A camera that
	// starts up passes through this, so tries stay frequent for a minute, then back off.
	notReady
	// unwelcome: the password is wrong, the answer cannot be used, a limit was passed. Trying often would lock
	// accounts and help nobody.
	unwelcome
	classes = 3
)

const (
	firstRetry  = 400 * time.Millisecond
	frequent    = 1500 * time.Millisecond // the cap while a camera may be coming back
	longest     = 30 * time.Second
	patience    = 40 // frequent tries of a camera that is not ready
	shortestTry = 100 * time.Millisecond
	stable      = 10 * time.Second // a session that lived so long and gave units clears the history
	absence     = 10               // tries of a camera that was away, after which one that comes back may be starting up
)

// backoff decides how long after an attempt's beginning the next may begin. Each class has a history of its own, so that a
// camera that fails in turns, now this way and now that, is tried less and less as well.
type backoff struct {
	tries [classes]int // that ended in each class
	row   int          // tries in a row that found the camera away
}

// after returns how long to wait now, after an attempt that ended so.
func (b *backoff) after(e ending) time.Duration {
	if e.units > 0 && e.length >= stable || e.class != away && b.row >= absence {
		b.tries = [classes]int{}
	}
	b.row++
	if e.class != away {
		b.row = 0
	}
	pause := b.pause(e.class)
	b.tries[e.class]++
	pause -= rand.N(pause / 4)
	return max(pause-e.length, shortestTry+rand.N(shortestTry))
}

func (b *backoff) pause(c class) time.Duration {
	limit, doublings := longest, b.tries[c]
	switch {
	case c == away || c == notReady && doublings < patience:
		limit = frequent
	case c == notReady:
		doublings -= patience - 2
	}
	return min(firstRetry<<min(doublings, 10), limit)
}
