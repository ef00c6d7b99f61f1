package keys

import (
	"context"
	"crypto/ed25519"
	"slices"
	"sync"

	"github.com/footage-custody/custody/internal/custody"
)

// Ring is the opened set of purpose keys. A Ring exists only where the site key was at hand. The zero Ring
// holds nothing and opens nothing. It is safe for concurrent use.
type Ring struct {
	redacted
	store Store
	clock custody.Clock

	changing sync.Mutex // serialises Create, Rotate and RotateSite; before mu
	mu       sync.RWMutex
	site     Key
	keys     []opened // oldest first
}

type opened struct {
	rec Record
	key Key // zero if the record does not open
}

func (o opened) damaged() bool { return o.key.raw() == nil }

// LoadRing opens the purpose keys that the store holds. The Ring keeps a copy of the site key until Close.
//
// If no key opens, the site key belongs to another site: Invalid. If a key in use does not open: Corrupt, naming it. A
// retired key that does not open does not stop a recorder: it is listed by Damaged, and its use is Corrupt.
func LoadRing(ctx context.Context, store Store, site *SiteKey, clock custody.Clock) (*Ring, error) {
	if site == nil || site.key.raw() == nil {
		return nil, custody.Errorf(custody.Internal, "the purpose keys cannot be opened without the site key")
	}
	recs, err := store.Keys(ctx)
	if err != nil {
		return nil, err
	}
	r := &Ring{store: store, clock: clock, site: KeyOf(site.key.Bytes())}
	for _, rec := range recs {
		r.keys = append(r.keys, openRecord(r.site, rec))
	}
	slices.SortStableFunc(r.keys, func(a, b opened) int { return int(min(1, max(-1, a.rec.Created-b.rec.Created))) })
	if len(r.keys) > 0 && !slices.ContainsFunc(r.keys, func(o opened) bool { return !o.damaged() }) {
		return nil, custody.Errorf(custody.Invalid, "the site key opens none of the keys in the database: use this site's own key file, or restore it from the recovery sheet")
	}
	for _, o := range r.keys {
		if _, err := o.lend(); err != nil && o.rec.Retired == 0 {
			return nil, err
		}
	}
	return r, nil
}

func openRecord(site Key, rec Record) opened {
	plain, err := site.open(rec.Wrapped, place(rec))
	if err != nil || len(plain) != 32 {
		return opened{rec: rec}
	}
	o := opened{rec: rec, key: keyAt((*[32]byte)(plain))}
	if rec.Purpose.signs() && !slices.Equal(rec.Public, o.public()) {
		o.key.wipe()
		return opened{rec: rec}
	}
	return o
}

func (o opened) public() ed25519.PublicKey {
	return ed25519.NewKeyFromSeed(o.key.raw()[:]).Public().(ed25519.PublicKey)
}

func place(r Record) string { return string(r.ID) + "|" + string(r.Purpose) }

func (p Purpose) signs() bool { return p == LogSigning || p == TokenSigning || p == PackageSigning }

func (p Purpose) known() bool { return slices.Contains(Purposes(), p) }

// Open reports whether the Ring was made by LoadRing and is not closed: proof that its holder has opened the site key.
func (r *Ring) Open() bool {
	if r == nil {
		return false
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.site.raw() != nil
}

// Close wipes every key in memory. Afterwards the Ring opens nothing. Idempotent.
func (r *Ring) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.keys {
		r.keys[i].key.wipe()
		r.keys[i].key = Key{}
	}
	r.site.wipe()
	r.site = Key{}
}

// Damaged lists the keys whose records do not open under the site key.
func (r *Ring) Damaged() []custody.KeyID {
	r.mu.RLock()
	defer r.mu.RUnlock()
	var ids []custody.KeyID
	for _, o := range r.keys {
		if o.damaged() {
			ids = append(ids, o.rec.ID)
		}
	}
	return ids
}

// Create makes the first key of a purpose and records key.created by that actor ("operator", "system" or a
// staff id). If the purpose has a key in use already it fails with Conflict.
func (r *Ring) Create(ctx context.Context, p Purpose, by string) (custody.KeyID, error) {
	r.changing.Lock()
	defer r.changing.Unlock()
	if old, err := r.current(p); err == nil {
		old.key.wipe()
		return "", custody.Errorf(custody.Conflict, "there is a key for %s already: rotate it instead", p)
	}
	return r.add(ctx, p, by, custody.EventKeyCreated, "")
}

// Ensure makes the first key of a purpose as Create does, and is content if there is one in use: a site that is older than
// a purpose gets its key at the next start.
func (r *Ring) Ensure(ctx context.Context, p Purpose, by string) error {
	r.changing.Lock()
	defer r.changing.Unlock()
	old, err := r.current(p)
	if err == nil {
		old.key.wipe()
		return nil
	}
	if custody.KindOf(err) != custody.NotFound {
		return err
	}
	_, err = r.add(ctx, p, by, custody.EventKeyCreated, "")
	return err
}

// Rotate makes a new key for new work and retires the one in use, which still opens what it closed. It records
// key.rotated. Without a key in use it fails with NotFound.
func (r *Ring) Rotate(ctx context.Context, p Purpose, by string) (custody.KeyID, error) {
	r.changing.Lock()
	defer r.changing.Unlock()
	old, err := r.current(p)
	if err != nil {
		return "", err
	}
	old.key.wipe()
	return r.add(ctx, p, by, custody.EventKeyRotated, old.rec.ID)
}

type keyDetail struct {
	Purpose Purpose       `json:"purpose"`
	Retires custody.KeyID `json:"retires,omitempty"`
	Public  []byte        `json:"public,omitempty"` // Ed25519
}

func (r *Ring) add(ctx context.Context, p Purpose, by string, t custody.EventType, retire custody.KeyID) (custody.KeyID, error) {
	if !p.known() || by == "" {
		return "", custody.Errorf(custody.Invalid, "a key needs a known purpose and somebody who makes it")
	}
	now := r.clock.Now()
	o := opened{rec: Record{ID: custody.NewKeyID(), Purpose: p, Created: now}, key: NewKey()}
	if p.signs() {
		o.rec.Public = o.public()
	}
	var err error
	if o.rec.Wrapped, err = r.wrap(o); err != nil {
		return "", err
	}
	ev, err := custody.NewEvent(t, now, by, "", string(o.rec.ID), keyDetail{p, retire, o.rec.Public})
	if err != nil {
		return "", err
	}
	if err := r.store.AddKey(ctx, o.rec, retire, ev); err != nil {
		return "", err
	}
	r.adopt(o, retire)
	return o.rec.ID, nil
}

// wrap seals the key under the site key, for the store.
func (r *Ring) wrap(o opened) ([]byte, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.site.raw() == nil {
		return nil, errClosed()
	}
	return r.site.seal(o.key.raw()[:], place(o.rec))
}

// adopt hangs a stored key on the ring.
func (r *Ring) adopt(o opened, retire custody.KeyID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.site.raw() == nil { // closed meanwhile
		o.key.wipe()
		return
	}
	for i := range r.keys {
		if r.keys[i].rec.ID == retire {
			r.keys[i].rec.Retired = o.rec.Created
		}
	}
	r.keys = append(r.keys, o)
}

// RotateSite wraps every purpose key under the next site key, in one transaction, and records key.rotated. The
// caller has written next to a file first and puts that file in the old one's place afterwards: until both are done
// both files are needed. Backups made before stay under the old site key. With a damaged key on the ring it
// fails with Corrupt, because that key would be left behind.
func (r *Ring) RotateSite(ctx context.Context, next *SiteKey, by string) error {
	if next == nil || next.key.raw() == nil || by == "" {
		return custody.Errorf(custody.Invalid, "rotating the site key needs the next key and somebody who does it")
	}
	r.changing.Lock()
	defer r.changing.Unlock()
	if bad := r.Damaged(); r.Open() && len(bad) > 0 {
		return custody.Errorf(custody.Corrupt, "the key %s does not open: restore it from a backup before rotating the site key", bad[0])
	}
	rewrapped, err := r.wrapAll(next.key)
	if err != nil {
		return err
	}
	ev, err := custody.NewEvent(custody.EventKeyRotated, r.clock.Now(), by, "", "site-key", map[string]int{"rewrapped": len(rewrapped)})
	if err != nil {
		return err
	}
	if err := r.store.Rewrap(ctx, rewrapped, ev); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.site.raw() == nil { // closed meanwhile
		return nil
	}
	r.site.wipe()
	r.site = KeyOf(next.key.Bytes())
	for i := range r.keys {
		r.keys[i].rec.Wrapped = rewrapped[i].Wrapped
	}
	return nil
}

func (r *Ring) wrapAll(site Key) ([]Record, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.site.raw() == nil {
		return nil, errClosed()
	}
	out := make([]Record, len(r.keys))
	for i, o := range r.keys {
		wrapped, err := site.seal(o.key.raw()[:], place(o.rec))
		if err != nil {
			return nil, err
		}
		out[i] = o.rec
		out[i].Wrapped = wrapped
	}
	return out, nil
}

// lend returns the key with its own copy of the secret, which the borrower wipes; the ring's may be wiped meanwhile.
func (o opened) lend() (opened, error) {
	if o.damaged() {
		return opened{}, custody.Errorf(custody.Corrupt, "the key %s (%s) in the database is damaged: restore the database from a backup", o.rec.ID, o.rec.Purpose)
	}
	return opened{rec: o.rec, key: KeyOf(o.key.Bytes())}, nil
}

// current is the key in use for new work.
func (r *Ring) current(p Purpose) (opened, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.site.raw() == nil {
		return opened{}, errClosed()
	}
	for _, o := range slices.Backward(r.keys) {
		if o.rec.Purpose == p && o.rec.Retired == 0 {
			return o.lend()
		}
	}
	return opened{}, custody.Errorf(custody.NotFound, "there is no key for %s: run custody init", p)
}

// byID is a key of that purpose, retired or not.
func (r *Ring) byID(p Purpose, id custody.KeyID) (opened, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.site.raw() == nil {
		return opened{}, errClosed()
	}
	for _, o := range r.keys {
		if o.rec.ID == id && o.rec.Purpose == p {
			return o.lend()
		}
	}
	return opened{}, custody.Errorf(custody.NotFound, "there is no key %s for %s", id, p)
}

func errClosed() error {
	return custody.Errorf(custody.Unavailable, "the keys are closed")
}
