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
)

const (
	firstRetry  = 400 * time.Millisecond
	frequent    = 1500 * time.Millisecond // the cap while a camera may be coming back
	longest     = 30 * time.Second
	patience    = 40 // frequent tries of a camera that is not ready
	shortestTry = 100 * time.Millisecond
	stable      = 10 * time.Second // a session that lived so long and gave units clears the history
)

// backoff decides how long after an attempt's beginning the next may begin.
type backoff struct {
	class class
	tries int // in a row that ended in this class
}

// after returns how long to wait now, after an attempt that ended so.
func (b *backoff) after(e ending) time.Duration {
	if e.class != b.class || e.units > 0 && e.length >= stable {
		b.class, b.tries = e.class, 0
	}
	pause := b.pause()
	b.tries++
	pause -= rand.N(pause / 4)
	return max(pause-e.length, shortestTry+rand.N(shortestTry))
}

func (b *backoff) pause() time.Duration {
	limit, doublings := longest, b.tries
	switch {
	case b.class == away || b.class == notReady && b.tries < patience:
		limit = frequent
	case b.class == notReady:
		doublings = b.tries - patience + 2
	}
	return min(firstRetry<<min(doublings, 10), limit)
}
