package release

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/proof/manifest"
	"github.com/footage-custody/custody/internal/proof/seal"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Log is the site's log as it is read back; cmd/custody joins it from storage/db and trust/audit.
type Log interface {
	// About returns the entries about a subject - a request, a segment, a gap, a key - in order of time, at most limit; those whose text
	// was disposed of are not among them.
	About(ctx context.Context, subject string, limit int) ([]LogEntry, error)
	// Exports returns the entries footage.read of a camera from an instant on, in order of time, at most limit.
	Exports(ctx context.Context, camera custody.CameraID, from custody.Instant, limit int) ([]LogEntry, error)
	// Looks returns who was shown which minutes of a camera's span, in order of time, at most limit.
	Looks(ctx context.Context, camera custody.CameraID, span custody.Span, limit int) ([]Look, error)
	// Checkpoint is the newest signed note of an epoch and its size. NotFound before the first.
	Checkpoint(ctx context.Context, epoch uint32) (note []byte, size uint64, err error)
	// Sign asks for a checkpoint now that covers an entry of the current epoch; it may return before there is one.
	Sign(ctx context.Context, covers uint64) error
	Hashes(ctx context.Context, epoch uint32, indexes []int64) ([]seal.Hash, error)
	// Keys are the public keys that ever signed the log.
	Keys() []ed25519.PublicKey
}

// LogEntry is one entry of the log with everything that is left of it.
type LogEntry struct {
	Epoch uint32
	Index uint64
	Type  custody.EventType
	At    custody.Instant
	Actor string
	Salt  seal.Salt
	Body  []byte
}

// Look is a camera-minute that somebody was shown.
type Look struct {
	Viewing custody.ViewingID
	Staff   custody.StaffID
	Minute  custody.Instant
	Leased  custody.Instant
	Live    bool
}

// Limits of one story.
const (
	maxEntries  = 1000 // about a request, and exports of a camera
	maxLooks    = 5000
	maxSegments = 1000 // that custody.jsonl names one by one; of more it names the first and the last
	askAgain    = 250 * time.Millisecond
	patience    = 2 * time.Minute // until a checkpoint covers everything
)

// Teller tells stories of the log. It is safe for concurrent use.
type Teller struct {
	site   string // names the log
	log    Log
	people People // nil names nobody
}

var _ Diary = (*Teller)(nil)

// NewTeller returns the teller of a site's log.
func NewTeller(site string, log Log, people People) *Teller {
	return &Teller{site: site, log: log, people: people}
}

// telling is one story while it is put together.
type telling struct {
	*Teller
	about   About
	epoch   uint32
	highest uint64 // index of the last entry that must be covered
	sealed  map[custody.SegmentID]LogEntry
	gaps    map[custody.GapID]LogEntry
	key     LogEntry
	lines   []line
}

// line is one line of custody.jsonl to be.
type line struct {
	entry manifest.Entry
	log   *LogEntry // to be proved; nil for a statement
}

// Story implements Diary. Errors: Invalid (the footage was sealed in several epochs of the log, or the signing key in another: after a restore a new
// package-signing key is needed), Corrupt (the log does not tell of a segment), Unavailable (no checkpoint is made).
func (t *Teller) Story(ctx context.Context, about About) (Story, error) {
	s := &telling{Teller: t, about: about, sealed: map[custody.SegmentID]LogEntry{}, gaps: map[custody.GapID]LogEntry{}}
	for _, gather := range []func(context.Context) error{s.segments, s.signer, s.declared, s.request, s.exports, s.looks} {
		if err := gather(ctx); err != nil {
			return Story{}, err
		}
	}
	return s.under(ctx)
}

// proved notes an entry that the checkpoint must cover.
func (s *telling) proved(e LogEntry) { s.highest = max(s.highest, e.Index) }

// one finds the first entry of some types about a subject.
func (s *telling) one(ctx context.Context, subject string, types ...custody.EventType) (LogEntry, bool, error) {
	es, err := s.log.About(ctx, subject, maxEntries)
	if err != nil {
		return LogEntry{}, false, err
	}
	i := slices.IndexFunc(es, func(e LogEntry) bool { return slices.Contains(types, e.Type) })
	if i < 0 {
		return LogEntry{}, false, nil
	}
	return es[i], true, nil
}

func (s *telling) segments(ctx context.Context) error {
	for n, id := range s.about.Segments {
		e, ok, err := s.one(ctx, string(id), custody.EventSegmentSealed)
		if err != nil {
			return err
		}
		if !ok {
			return custody.Errorf(custody.Corrupt, "the log does not tell that segment %s was sealed", id)
		}
		if n > 0 && e.Epoch != s.epoch {
			return custody.Errorf(custody.Invalid, "the footage was sealed before and after a restore: decide on one item for each")
		}
		s.epoch, s.sealed[id] = e.Epoch, e
		s.proved(e)
		if len(s.about.Segments) <= maxSegments || n == 0 || n == len(s.about.Segments)-1 {
			s.tell(ctx, e, "", "")
		}
	}
	return nil
}

func (s *telling) signer(ctx context.Context) error {
	e, ok, err := s.one(ctx, string(s.about.Signer), custody.EventKeyCreated, custody.EventKeyRotated)
	if err == nil && (!ok || e.Epoch != s.epoch) {
		err = custody.Errorf(custody.Invalid, "the log that the footage was sealed in does not announce the key that signs packages: make a new one")
	}
	s.key = e
	s.proved(e)
	return err
}

// declared tells of gaps. Their entries may quote what a camera answered, so they are disclosed to agencies alone.
func (s *telling) declared(ctx context.Context) error {
	if s.about.Kind == access.OpenRecords {
		return nil
	}
	for _, id := range s.about.Gaps {
		e, ok, err := s.one(ctx, string(id), custody.EventGapOpened, custody.EventGapClosed)
		if err != nil {
			return err
		}
		if ok && e.Epoch == s.epoch {
			s.gaps[id] = e
			s.tell(ctx, e, "", "")
		}
	}
	return nil
}

// request tells everything about the request. Its entries commit to words and names, and do not repeat them.
func (s *telling) request(ctx context.Context) error {
	es, err := s.log.About(ctx, string(s.about.Request), maxEntries)
	for _, e := range es {
		if strings.HasPrefix(string(e.Type), "package.") || e.Type == custody.EventActAllowed || e.Type == custody.EventActRefused {
			continue // earlier packages of it are another recipient's, perhaps; who was allowed what is told by what they did
		}
		if others(e) {
			s.state(ctx, e, "", "")
			continue
		}
		s.tell(ctx, e, "", "")
	}
	return err
}

// others reports whether an entry about the request names other requests, which are nobody's business here.
func others(e LogEntry) bool {
	var body struct {
		Detail struct {
			Earlier json.RawMessage `json:"earlier"`
		}
	}
	return json.Unmarshal(e.Body, &body) != nil || body.Detail.Earlier != nil
}

// exports tells that the system was allowed to copy each item for this package.
func (s *telling) exports(ctx context.Context) error {
	for _, i := range s.about.Items {
		if !allowed(i) {
			continue
		}
		es, err := s.log.Exports(ctx, i.Camera, i.DecidedAt, maxEntries)
		if err != nil {
			return err
		}
		for _, e := range es {
			var body struct {
				Detail struct{ Action, About, Purpose string }
			}
			if json.Unmarshal(e.Body, &body) == nil && body.Detail.Action == string(access.FootageExport) && body.Detail.About == string(i.ID) &&
				body.Detail.Purpose == "package "+s.about.Package {
				s.tell(ctx, e, i.Number, "")
			}
		}
	}
	return nil
}

// looks tells who looked at the footage: viewing by viewing, as a statement, because the entries repeat why in the viewer's own words.
func (s *telling) looks(ctx context.Context) error {
	for _, i := range s.about.Items {
		if !allowed(i) {
			continue
		}
		all, err := s.log.Looks(ctx, i.Camera, i.Decided, maxLooks)
		if err != nil {
			return err
		}
		for _, v := range byViewing(all) {
			s.lines = append(s.lines, line{entry: manifest.Entry{At: manifest.Time(v.at), Act: "footage.viewed", By: s.name(ctx, string(v.staff)), Item: i.Number,
				Detail: fmt.Sprintf("%d minutes of it between %s and %s were shown%s", v.minutes, v.first, v.last.Add(time.Minute), v.live())}})
		}
	}
	return nil
}

// seen is what one viewing was shown.
type seen struct {
	viewing     custody.ViewingID
	staff       custody.StaffID
	at          custody.Instant
	first, last custody.Instant
	minutes     int
	while       bool
}

func (v seen) live() string {
	if v.while {
		return " while it was recorded"
	}
	return ""
}

func byViewing(looks []Look) (out []seen) {
	for _, l := range looks {
		i := slices.IndexFunc(out, func(v seen) bool { return v.viewing == l.Viewing && v.while == l.Live })
		if i < 0 {
			i, out = len(out), append(out, seen{viewing: l.Viewing, staff: l.Staff, at: l.Leased, first: l.Minute, last: l.Minute, while: l.Live})
		}
		v := &out[i]
		if l.Minute != v.last || v.minutes == 0 {
			v.minutes++
		}
		v.at, v.first, v.last = min(v.at, l.Leased), min(v.first, l.Minute), max(v.last, l.Minute)
	}
	return out
}

// tell adds an entry: proved if it lies in the log of the footage, stated otherwise.
func (s *telling) tell(ctx context.Context, e LogEntry, item, detail string) {
	s.state(ctx, e, item, detail)
	if e.Epoch == s.epoch {
		s.lines[len(s.lines)-1].log = &e
		s.proved(e)
	}
}

// state adds an entry as a statement, which discloses nothing of its text.
func (s *telling) state(ctx context.Context, e LogEntry, item, detail string) {
	s.lines = append(s.lines, line{entry: manifest.Entry{At: manifest.Time(e.At), Act: string(e.Type), By: s.name(ctx, e.Actor), Item: item, Detail: detail}})
}

// name is who acted, as far as the recipient may know.
func (s *telling) name(ctx context.Context, actor string) string {
	if !custody.ValidID("stf_", actor) {
		return actor
	}
	if s.about.Kind != access.OpenRecords && s.people != nil {
		if n, err := s.people.Name(ctx, custody.StaffID(actor)); err == nil && n != "" {
			return n
		}
	}
	return "a member of staff"
}

// under proves everything under one checkpoint that covers it.
func (s *telling) under(ctx context.Context) (Story, error) {
	note, size, err := s.checkpoint(ctx)
	if err != nil {
		return Story{}, err
	}
	out := Story{Checkpoint: note, Sealed: map[custody.SegmentID]manifest.Logged{}, SealedAt: map[custody.SegmentID]custody.Instant{}, Gaps: map[custody.GapID]uint64{}}
	if out.LogKey, err = s.signed(note); err != nil {
		return Story{}, err
	}
	for id, e := range s.sealed {
		if out.Sealed[id], err = s.logged(ctx, e, size); err != nil {
			return Story{}, err
		}
		out.SealedAt[id] = e.At
	}
	for id, e := range s.gaps {
		out.Gaps[id] = e.Index
	}
	slices.SortStableFunc(s.lines, func(a, b line) int { return cmp.Compare(a.entry.At, b.entry.At) })
	for _, l := range s.lines {
		if l.log != nil {
			e, err := s.logged(ctx, *l.log, size)
			if err != nil {
				return Story{}, err
			}
			l.entry.Event = &e
		}
		out.Entries = append(out.Entries, l.entry)
	}
	created, err := s.logged(ctx, s.key, size)
	if err != nil {
		return Story{}, err
	}
	out.SigningKey.Created = &created
	out.SigningKey.Verifier, err = manifest.VerifierKey(manifest.KeyName(s.site), s.about.Public)
	return out, err
}

// checkpoint waits for a checkpoint that covers every entry, which it asks for.
func (s *telling) checkpoint(ctx context.Context) ([]byte, uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(askAgain)
	defer tick.Stop()
	for asked := false; ; asked = true {
		note, size, err := s.log.Checkpoint(ctx, s.epoch)
		if err == nil && size > s.highest {
			return note, size, nil
		}
		if err != nil && custody.KindOf(err) != custody.NotFound {
			return nil, 0, err
		}
		if !asked {
			if err := s.log.Sign(ctx, s.highest); err != nil {
				return nil, 0, err
			}
		}
		select {
		case <-ctx.Done():
			return nil, 0, custody.Wrap(custody.Unavailable, context.Cause(ctx), "no signed checkpoint covers the entries that the package tells")
		case <-tick.C:
		}
	}
}

// signed is the verifier string of the key that signed the note.
func (s *telling) signed(note []byte) (string, error) {
	origin, err := seal.Origin(s.site, s.epoch)
	if err != nil {
		return "", err
	}
	for _, pub := range s.log.Keys() {
		key, err := seal.VerifierKey(origin, pub)
		if err != nil {
			return "", err
		}
		known, err := seal.ParseVerifierKeys(key)
		if err != nil {
			return "", err
		}
		if _, err := seal.OpenCheckpoint(note, known); err == nil {
			return key, nil
		}
	}
	return "", custody.Errorf(custody.Corrupt, "the log's checkpoint is signed by no key of the site")
}

// logged discloses an entry with its inclusion proof.
func (s *telling) logged(ctx context.Context, e LogEntry, size uint64) (manifest.Logged, error) {
	proof, err := seal.ProveInclusion(size, e.Index, seal.HashReaderFunc(func(indexes []int64) ([]seal.Hash, error) { return s.log.Hashes(ctx, e.Epoch, indexes) }))
	return manifest.Logged{Index: e.Index, Type: e.Type, Salt: manifest.Salt(e.Salt), Body: e.Body, Proof: proof}, err
}
