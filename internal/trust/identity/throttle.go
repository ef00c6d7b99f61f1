package identity

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/keys"
)

const (
	accountTries = 5                // failures under one account that cost no delay
	addressTries = 20               // and from one address, behind which a whole building may sit
	longestDelay = 15 * time.Minute // what the delay grows to, doubling from one second
	memoryOf     = 24 * time.Hour   // failures older than this are forgotten
)

// throttle slows down guessing, by account and by address. Its counts are rows, so they outlive the process. An attempt is
// counted before it is looked at, so a thousand at the same moment are a thousand.
type throttle struct {
	store Store
	keys  *keys.Ring
	clock custody.Clock

	mu    sync.Mutex // held across Store calls
	swept custody.Instant
}

// limit is one throttling key with its allowance. The key is a digest: the table says neither who nor from where.
type limit struct {
	key   string
	tries int
}

// waitError says how long to wait; it is the cause of the Exhausted error that a throttled attempt gets.
type waitError struct{ wait time.Duration }

func (e waitError) Error() string { return "throttled for " + e.wait.String() }

// Wait is how long to wait before the next attempt, if err is the answer to a throttled one.
func Wait(err error) (time.Duration, bool) {
	var w waitError
	ok := errors.As(err, &w)
	return w.wait, ok
}

// limits are the keys of an attempt: by account, unless login is empty, and by address.
func (t *throttle) limits(login, address string) ([]limit, error) {
	where, err := t.digest("address", network(address))
	if err != nil || login == "" {
		return []limit{{where, addressTries}}, err
	}
	who, err := t.digest("account", login)
	return []limit{{where, addressTries}, {who, accountTries}}, err
}

func (t *throttle) digest(kind, value string) (string, error) {
	mac, err := t.keys.TokenMAC("throttle "+kind, value)
	return hex.EncodeToString(mac[:]), err
}

// network is the part of an address that one person commands: an IPv4 address, or the first 64 bits of an IPv6 one.
func network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		port, err := netip.ParseAddrPort(address)
		if err != nil {
			return address
		}
		ip = port.Addr()
	}
	if ip = ip.Unmap().WithZone(""); ip.Is4() {
		return ip.String()
	}
	prefix, err := ip.Prefix(64)
	if err != nil {
		return address
	}
	return prefix.String()
}

// admit counts an attempt, or refuses it with Exhausted and the time to wait, the same for every account, known or not.
func (t *throttle) admit(ctx context.Context, ls []limit) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.clock.Now()
	if now >= t.swept.Add(time.Hour) {
		if err := t.store.ForgetAttempts(ctx, now.Add(-memoryOf)); err != nil {
			return err
		}
		t.swept = now
	}
	rows := make([]Attempts, len(ls))
	var until custody.Instant
	for i, l := range ls {
		a, err := t.store.Attempts(ctx, l.key)
		if err != nil {
			return err
		}
		if now >= a.Last.Add(memoryOf) {
			a = Attempts{}
		}
		rows[i] = a
		until = max(until, a.Blocked)
	}
	if now < until {
		wait := until.Sub(now)
		seconds := (wait + time.Second - 1) / time.Second
		return &custody.Error{Kind: custody.Exhausted, Public: fmt.Sprintf("too many attempts: wait %d seconds, then try again", seconds), Cause: waitError{wait}}
	}
	for i, l := range ls {
		a := Attempts{Count: rows[i].Count + 1, Last: now, Blocked: 0}
		if d := delay(a.Count, l.tries); d > 0 {
			a.Blocked = now.Add(d)
		}
		if err := t.store.PutAttempts(ctx, l.key, a); err != nil {
			return err
		}
	}
	return nil
}

func delay(count, tries int) time.Duration {
	if count < tries {
		return 0
	}
	return min(longestDelay, time.Second<<min(count-tries, 20))
}

// forgive follows a success: the account's failures are forgotten, and the attempt itself no longer counts against the
// address. It returns how many failures the account had.
func (t *throttle) forgive(ctx context.Context, ls []limit) (failures int, err error) {
	return t.settle(ctx, ls, true)
}

// takeBack follows an attempt that could not be looked at: it counts neither way.
func (t *throttle) takeBack(ctx context.Context, ls []limit) error {
	_, err := t.settle(context.WithoutCancel(ctx), ls, false)
	return err
}

func (t *throttle) settle(ctx context.Context, ls []limit, success bool) (failures int, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, l := range ls {
		a, err := t.store.Attempts(ctx, l.key)
		if err != nil {
			return 0, err
		}
		a = Attempts{Count: max(0, a.Count-1), Last: a.Last}
		if success && l.tries == accountTries {
			failures, a = a.Count, Attempts{}
		}
		if err := t.store.PutAttempts(ctx, l.key, a); err != nil {
			return 0, err
		}
	}
	return failures, nil
}

// refusals decides which refused sign-ins are written down: at most one a minute for each key, with the number of those that
// were not. Bound: 4096 keys; beyond them all others share one.
type refusals struct {
	mu   sync.Mutex
	seen map[string]*tally
}

type tally struct {
	written custody.Instant
	silent  int
}

const (
	refusalKeys  = 4096
	refusalEvery = time.Minute
)

func newRefusals() *refusals { return &refusals{seen: map[string]*tally{}} }

// due reports whether a refusal under these keys is written now, and how many before it were not.
func (f *refusals) due(ls []limit, now custody.Instant) (bool, int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	due, silent := true, 0
	tallies := make([]*tally, len(ls))
	for i, l := range ls {
		tallies[i] = f.tally(l.key, now)
		due = due && now >= tallies[i].written.Add(refusalEvery)
		silent = max(silent, tallies[i].silent)
	}
	for _, t := range tallies {
		if due {
			*t = tally{written: now}
		} else {
			t.silent++
		}
	}
	return due, silent
}

func (f *refusals) tally(key string, now custody.Instant) *tally {
	if t, ok := f.seen[key]; ok {
		return t
	}
	if len(f.seen) >= refusalKeys {
		for k, t := range f.seen {
			if k != "" && now >= t.written.Add(refusalEvery) {
				delete(f.seen, k)
			}
		}
	}
	if len(f.seen) >= refusalKeys {
		key = ""
	}
	if f.seen[key] == nil {
		f.seen[key] = &tally{written: -1 << 62}
	}
	return f.seen[key]
}
