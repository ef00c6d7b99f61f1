package backup

import (
	"context"
	"encoding/json"
	"io"
	"path/filepath"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/proof/seal"
	"github.com/footage-custody/custody/internal/trust/audit"
	"github.com/footage-custody/custody/internal/trust/keys"
)

// Target is the database that a restore fills; storage/db implements it.
type Target interface {
	audit.Store
	Keys(ctx context.Context) ([]keys.Record, error)
	// Migrate brings an empty database to this program's schema; again, it changes nothing.
	Migrate(ctx context.Context) error
	// Load fills an empty database from a dump, all or nothing; Conflict if it is not empty.
	Load(ctx context.Context, r io.Reader) error
}

// Restore makes a site of a backup. Every step is done once or can be done again, so a restore that was interrupted
// anywhere is finished by running it again with the same file:
//
//	1 read the whole file and authenticate it; nothing is changed before that
//	2 refuse a database that is not empty, unless Marker names this file
//	3 write Marker: until it is gone, no other command touches the site
//	4 migrate and load the empty database
//	5 open its key ring
//	6 begin the log's next epoch (audit.Resume), whose first entry is the last checkpoint found anywhere
//	7 record site.restored, the epoch's second entry: that it is there says that this backup was restored
//	8 declare what the restored record of the streams cannot know
//	9 remove Marker
//
// All fields are required.
type Restore struct {
	File   string
	Key    keys.Key // as SiteKey.BackupKey derives it
	Site   string   // the log's origin in the configuration
	Marker Marker
	Target Target
	Sinks  []audit.CheckpointSink // the places off the box; one that cannot be read stops the restore before step 6
	Clock  custody.Clock
	// Unlock opens the loaded database's key ring and returns the keys that ever signed its log.
	Unlock func(ctx context.Context) (seal.Verifiers, error)
	// Mend is step 8. What it declares begins at the backup. It may be repeated.
	Mend func(ctx context.Context, backup custody.Instant) error
	Say  func(format string, args ...any) // one line of progress
}

// Restored is the outcome.
type Restored struct {
	Verified Verified
	Before   bool            // this backup had been restored already; nothing was changed
	Epoch    uint32          // of the log, from now on
	Entries  uint64          // of the log, as restored
	Follows  seal.Checkpoint // what the new epoch follows; zero if no checkpoint was ever signed
	Lost     uint64          // entries of the log that were signed for and are lost: at least so many
}

// Run restores. Invalid: the file is of another site or made with another site key, or the clock is wrong. Corrupt: the
// file is damaged. Conflict: the database is not empty. In these cases nothing was changed.
func (r Restore) Run(ctx context.Context) (Restored, error) {
	var out Restored
	var err error
	if out.Verified, err = Verify(ctx, r.File, r.Key); err != nil {
		return out, err
	}
	h := out.Verified.Header
	if err := r.suits(h); err != nil {
		return out, err
	}
	r.Say("the backup of %s is whole: %d bytes, made when the log had %d entries", h.Created, out.Verified.Size, h.Size)
	loaded, err := r.admit(ctx, h)
	if err != nil {
		return out, err
	}
	if loaded {
		if out.Before, err = r.restoredBefore(ctx, h); err != nil {
			return out, err
		}
	} else if err := r.load(ctx, h); err != nil {
		return out, err
	}
	verifiers, err := r.Unlock(ctx)
	if err != nil {
		return out, err
	}
	r.Say("the site key opens the keys in the database")
	if err := r.epoch(ctx, h, verifiers, &out); err != nil {
		return out, err
	}
	if out.Before && !r.Marker.exists() {
		return out, nil
	}
	if err := r.Mend(ctx, h.Created); err != nil {
		return out, err
	}
	r.Say("the gaps that were open at the backup end there; the recorder declares what it lost since when it starts")
	return out, r.Marker.remove()
}

func (r Restore) suits(h Header) error {
	if h.Site != r.Site {
		return custody.Errorf(custody.Invalid, "the backup is of the site %s, and the configuration names the site %s (site.origin)", h.Site, r.Site)
	}
	if now := r.Clock.Now(); now < h.Created {
		return custody.Errorf(custody.Invalid, "this machine's clock says %s, but the backup was made later, at %s: set the clock first", now, h.Created)
	}
	return nil
}

// admit decides whether the database may be restored into, and whether it holds the backup already.
func (r Restore) admit(ctx context.Context, h Header) (loaded bool, err error) {
	have, err := r.Target.Keys(ctx)
	if err != nil { // most likely there is no schema yet
		if err := r.Target.Migrate(ctx); err != nil {
			return false, err
		}
		if have, err = r.Target.Keys(ctx); err != nil {
			return false, err
		}
	}
	if len(have) == 0 {
		return false, nil
	}
	mark, err := r.Marker.read()
	switch {
	case err != nil:
		return false, err
	case mark != nil && mark.ID == h.ID:
		r.Say("an earlier restore of this backup got as far as loading the database; going on from there")
		return true, nil
	case mark != nil:
		return false, custody.Errorf(custody.Conflict, "the restore of another backup, %s, was begun in this database: finish that one, or use an empty database", mark.File)
	}
	before, err := r.restoredBefore(ctx, h)
	if err == nil && !before {
		err = custody.Errorf(custody.Conflict, "the database is not empty: restore into a new one, so that nothing is overwritten")
	}
	return before, err
}

func (r Restore) load(ctx context.Context, h Header) error {
	if err := r.Marker.write(mark{File: filepath.Base(r.File), ID: h.ID}); err != nil {
		return err
	}
	if err := r.Target.Migrate(ctx); err != nil {
		return err
	}
	f, err := openFile(r.File)
	if err != nil {
		return err
	}
	defer f.Close()
	in, err := NewReader(f, r.Key)
	if err != nil {
		return err
	}
	if in.Header != h {
		return custody.Errorf(custody.Conflict, "the backup file %s was exchanged while it was being restored", r.File)
	}
	if err := r.Target.Load(ctx, abandonable{ctx, in}); err != nil {
		return err
	}
	head, err := r.Target.Head(ctx)
	if err != nil {
		return err
	}
	r.Say("the database is loaded: the log has %d entries", head.Size)
	return nil
}

// restoredDetail is the body of site.restored.
type restoredDetail struct {
	Backup       string `json:"backup"`
	ID           FileID `json:"id"`
	Made         string `json:"made"`
	Epoch        uint32 `json:"log_epoch"`
	Entries      uint64 `json:"log_size"`
	FollowsEpoch uint32 `json:"follows_epoch,omitempty"` // of the newest checkpoint found
	FollowsSize  uint64 `json:"follows_size,omitempty"`
	Lost         uint64 `json:"entries_lost"` // at least
}

// epoch begins the log's next epoch and records what happened, unless an earlier run did.
func (r Restore) epoch(ctx context.Context, h Header, verifiers seal.Verifiers, out *Restored) error {
	head, err := r.Target.Head(ctx)
	if err != nil {
		return err
	}
	out.Epoch = head.Epoch
	if head.Epoch == h.Epoch {
		if head.Size < h.Size || head.Size == h.Size && head.Root != h.Root {
			return custody.Errorf(custody.Corrupt, "the log in the backup is not the one that its header tells of")
		}
		if out.Epoch, err = audit.Resume(ctx, r.Target, r.Sinks, verifiers, r.Clock.Now(), "operator"); err != nil {
			return err
		}
	}
	if out.Follows, err = audit.Follows(ctx, r.Target, out.Epoch, verifiers); err != nil {
		return err
	}
	if out.Entries, err = r.entries(ctx, h); err != nil {
		return err
	}
	switch f := out.Follows; {
	case f.Epoch() > h.Epoch: // the backup is older than an earlier restore
		out.Lost = f.Size
	case f.Size > out.Entries && f.Epoch() == h.Epoch:
		out.Lost = f.Size - out.Entries
	}
	if out.Before {
		return nil
	}
	ev, err := custody.NewEvent(custody.EventSiteRestored, r.Clock.Now(), "operator", "", h.ID.String(), restoredDetail{
		Backup: filepath.Base(r.File), ID: h.ID, Made: h.Created.String(), Epoch: h.Epoch, Entries: out.Entries,
		FollowsEpoch: out.Follows.Epoch(), FollowsSize: out.Follows.Size, Lost: out.Lost})
	if err != nil {
		return err
	}
	if err := r.Target.Append(ctx, ev); err != nil {
		return err
	}
	r.Say("the log goes on in epoch %d, which follows %s", out.Epoch, describe(out.Follows))
	return nil
}

func describe(c seal.Checkpoint) string {
	if c.Origin == "" {
		return "no checkpoint: none was ever signed"
	}
	return "the checkpoint of " + decimal(c.Size) + " entries of epoch " + decimal(uint64(c.Epoch()))
}

// entries is the size of the log in the backup: the header's, and what was logged until the snapshot.
func (r Restore) entries(ctx context.Context, h Header) (uint64, error) {
	n := h.Size
	for _, err := range r.Target.Entries(ctx, h.Epoch, h.Size, seal.MaxSize) {
		if err != nil {
			return 0, err
		}
		n++
	}
	return n, nil
}

// restoredBefore reports whether the log's present epoch was begun by a restore of this backup.
func (r Restore) restoredBefore(ctx context.Context, h Header) (bool, error) {
	head, err := r.Target.Head(ctx)
	if err != nil || head.Epoch <= h.Epoch {
		return false, err
	}
	for e, err := range r.Target.Entries(ctx, head.Epoch, 1, 2) {
		if err != nil {
			return false, err
		}
		var body struct {
			Detail struct {
				ID FileID `json:"id"`
			} `json:"detail"`
		}
		if e.Event.Type == custody.EventSiteRestored && json.Unmarshal(e.Event.Body, &body) == nil {
			return body.Detail.ID == h.ID, nil
		}
	}
	return false, nil
}
