package check

import (
	"context"
	"crypto/ed25519"
	"iter"

	"github.com/footage-custody/custody/internal/capture/camera"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/viewing"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/audit"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/internal/trust/keys"
	"github.com/footage-custody/custody/internal/trust/vault"
)

// Books is what a check reads of the database. The iterators are ordered: segments and gaps by stream and start, runs by
// id, quarantined object keys by key; an error ends them.
type Books interface {
	CheckSchema(ctx context.Context) error
	CheckFile(ctx context.Context) error
	AllSegments(ctx context.Context) iter.Seq2[media.SegmentRow, error]
	AllGaps(ctx context.Context) iter.Seq2[media.Gap, error]
	AllRuns(ctx context.Context) iter.Seq2[Run, error]
	AllQuarantined(ctx context.Context) iter.Seq2[string, error]
	Segment(ctx context.Context, id custody.SegmentID) (media.SegmentRow, error)
	Segments(ctx context.Context, stream custody.StreamID, span custody.Span) iter.Seq2[media.SegmentRow, error]
	Gaps(ctx context.Context, stream custody.StreamID, span custody.Span) iter.Seq2[media.Gap, error]
	Run(ctx context.Context, id custody.RunID) (media.RunHeader, error)
	Cameras(ctx context.Context) ([]camera.Camera, error)
	Keys(ctx context.Context) ([]keys.Record, error)
	People
	HandOvers
	Kept
	Files
	Packed
	Tombs
}

// People is what a check reads about staff, rules and viewings. The iterators are ordered by id, looks by viewing, camera, minute and
// kind.
type People interface {
	AllRoleGrants(ctx context.Context) iter.Seq2[identity.RoleGrant, error]
	EveryRestriction(ctx context.Context) iter.Seq2[access.Restriction, error]
	AllViewings(ctx context.Context) iter.Seq2[viewing.Viewing, error]
	AllLooks(ctx context.Context) iter.Seq2[viewing.Look, error]
	ViewingByID(ctx context.Context, id custody.ViewingID) (viewing.Viewing, error)
	LooksOf(ctx context.Context, id custody.ViewingID) iter.Seq2[viewing.Look, error]
	AllStaff(ctx context.Context) ([]identity.Staff, error)
	AllSecrets(ctx context.Context) (map[custody.StaffID]identity.Secrets, error)
	AllPasskeys(ctx context.Context) ([]identity.Passkey, error)
	StandingSessions(ctx context.Context) ([]identity.Session, error)     // not ended
	UnusedInvitations(ctx context.Context) ([]identity.Invitation, error) // neither used nor replaced
	Settings(ctx context.Context) (access.Settings, error)
}

// Run is a row of the runs, its header as it is stored.
type Run struct {
	ID      custody.RunID
	Stream  custody.StreamID
	Camera  custody.CameraID
	Started custody.Instant
	Text    string
}

// Vault answers about sealed bytes without yielding any; *vault.Vault is one, recording or not.
type Vault interface {
	VerifyMedia(ctx context.Context, row media.SegmentRow, run media.RunHeader, deep bool) error
	Spooled(ctx context.Context) ([]vault.SpooledSegment, error)
	SpoolSegments() ([]custody.SegmentID, error)
	VerifyPackage(ctx context.Context, id custody.PackageID, sealed vault.SealedPackage) error
}

// Objects is the object store, looked at from outside.
type Objects interface {
	List(ctx context.Context) iter.Seq2[vault.Stat, error]
	Stat(ctx context.Context, key string) (vault.Stat, error)
}

// Ring opens what the site's keys wrap; *keys.Ring is one.
type Ring interface {
	Damaged() []custody.KeyID
	LogKeys() []ed25519.PublicKey
	UnwrapSegment(id custody.SegmentID, by custody.KeyID, wrapped []byte) ([32]byte, error)
	OpenCredentials(id custody.StreamID, by custody.KeyID, sealed []byte) ([]byte, error)
}

// Parts are what a check is made of. All but Progress and Sinks are required.
type Parts struct {
	Books   Books
	Log     audit.Store // the same database; only read
	Vault   Vault
	Objects Objects
	Ring    Ring
	Clock   custody.Clock
	Site    string                          // names the log (seal.Origin)
	Sinks   map[string]audit.CheckpointSink // where checkpoints are copied to
	// Progress is told how far a step is; total is 0 if it is not known. It may be called by two goroutines at a time.
	Progress func(step string, done, total uint64)
}

// Options say how thorough a check is. The zero value reads and decrypts every object.
type Options struct {
	Quick bool // objects by their size only
	Deep  bool // also every access unit's payload and parameter sets; wins over Quick
}

// pass is one check under way.
type pass struct {
	Parts
	Options
	report *Report

	began    audit.Head // the log before the tables were read
	segments uint64
	log      *tally // rows against the log
	stored   *tally // rows against objects
}

// step is one part of the procedure.
type step struct {
	invariant string
	name      string
	do        func(*pass, context.Context) error
}

func steps() []step {
	return []step{
		{"A5", "log", (*pass).verifyLog},
		{"I3", "rows", (*pass).scanRows},
		{"A1", "people and looks", (*pass).scanPeople},
		{"A4", "disposals", (*pass).scanDisposals},
		{"I2", "objects", (*pass).scanObjects},
		{"I5", "rows against the log", (*pass).compareLog},
		{"I1", "contents", (*pass).readContents},
		{"I1", "packages", (*pass).readPackages},
	}
}

// Do runs a whole check. What is broken is in the Report, and so is a part that could not be read: not proved is not
// clean. The error is only that ctx ended.
func Do(ctx context.Context, parts Parts, o Options) (*Report, error) {
	if o.Deep {
		o.Quick = false
	}
	if parts.Progress == nil {
		parts.Progress = func(string, uint64, uint64) {}
	}
	p := &pass{Parts: parts, Options: o, report: newReport(o), log: newTally(), stored: newTally()}
	for _, s := range steps() {
		start := p.Clock.Now()
		err := s.do(p, ctx)
		if ctx.Err() != nil {
			return p.report, custody.Wrap(custody.Unavailable, ctx.Err(), "the check was stopped before it was done")
		}
		if err != nil {
			p.report.add(Finding{Invariant: s.invariant, Kind: "unread", ID: s.name,
				What:   "this part of the check could not be finished: " + custody.PublicText(err) + cause(err),
				Remedy: "make it readable again and repeat the check"})
		}
		p.report.took(s.invariant, p.Clock.Now().Sub(start))
	}
	p.report.sort()
	return p.report, nil
}
