package dbtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/viewing"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/audit"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/storage/db"
)

// Fill stores something in every table.
func Fill(t testing.TB, d *db.DB) {
	t.Helper()
	ctx := t.Context()
	y := NewYard(t, d, "Yard")
	for i := range 70 {
		must(t, Commit(ctx, t, d, y.Segment(uint32(i), custody.Span{Start: At(float64(i * 60)), End: At(float64(i*60 + 50))})))
	}
	fillPeople(t, d, y.Camera.ID)
	fillRequests(t, d)
	fillDeliveries(t, d)
	fillDisposals(t, d)
	fillHolds(t, d)
	must(t, d.AddGap(ctx, y.gap(50, 60, media.GapCrash), Event(t, custody.EventGapClosed, "g")))
	must(t, d.SetGap(ctx, y.gap(9000, 0, media.GapStopped), Event(t, custody.EventGapOpened, "g")))
	must(t, d.SetSetting(ctx, "site.name", "Bücherei \"Nord\""))
	must(t, d.AddTimeSync(ctx, db.TimeSync{At: At(1), State: "ok", Offset: -1, MaxError: 2}))
	must(t, d.Quarantine(ctx, db.Quarantined{Key: "seg_x", Seen: At(2)}, Event(t, custody.EventObjectQuarantined, "q")))
	must(t, d.RaiseAlarm(ctx, db.Alarm{Kind: "index", Raised: At(3)}, Event(t, custody.EventAlarmRaised, "a")))
	must(t, d.AddCheckpoint(ctx, audit.Checkpoint{Epoch: 1, Size: 5, Note: []byte("note"), At: At(4)}))
	big := Event(t, "test.happened", "big")
	big.Body = bytes.Repeat([]byte{0, 0xff, '\n'}, 300<<10)
	must(t, d.Append(ctx, big))
	must(t, d.StartEpoch(ctx, 3, Event(t, custody.EventLogEpoch, "e")))
	must(t, d.Append(ctx, events(t, "after", 3)...))
}

func fillPeople(t testing.TB, d *db.DB, cam custody.CameraID) {
	t.Helper()
	ctx := t.Context()
	ann := NewStaff(t, d, "ann", identity.Viewer, cam)
	session := NewSession(t, d, ann.ID)
	must(t, d.PutPasskey(ctx, identity.Passkey{ID: []byte{0, 1}, Staff: ann.ID, Record: []byte("{}")}))
	must(t, d.SetSecrets(ctx, ann.ID, identity.Secrets{Password: "$argon2id$", Codes: [][]byte{random(32)}, Version: 1}, false, ""))
	must(t, d.AddInvitation(ctx, newInvitation(ann.ID, 1)))
	must(t, d.PutAttempts(ctx, "address", identity.Attempts{Count: 2, Last: At(1)}))
	must(t, d.AddRestriction(ctx, access.Restriction{ID: custody.NewRestrictionID(), Camera: cam, Span: custody.Span{Start: At(1), End: At(2)},
		Kind: access.RestrictHold, Reason: "r", By: "operator", At: At(1)}))
	settings, err := d.Facts().Settings(ctx)
	must(t, err)
	settings.PolicyVersion = "2"
	must(t, d.PutSettings(ctx, settings, Event(t, custody.EventSettingChanged, "s")))
	v := NewViewing(t, d, session, 20, cam)
	must(t, d.Lease(ctx, []viewing.Look{newLook(v, cam, 0, "recorded"), newLook(v, cam, 1, "live")}, Event(t, custody.EventFootageServed, "l")))
	must(t, d.CloseViewing(ctx, v.ID, At(30), "stopped", nil))
}

// SameContent fails the test unless both databases hold the same rows.
func SameContent(t testing.TB, a, b *db.DB) {
	t.Helper()
	var x, y bytes.Buffer
	must(t, a.Dump(t.Context(), &x))
	must(t, b.Dump(t.Context(), &y))
	if !bytes.Equal(x.Bytes(), y.Bytes()) {
		t.Fatalf("the dumps differ: %d and %d bytes", x.Len(), y.Len())
	}
}

func dumpLoads(t *testing.T, c db.Config) {
	d := Open(t, c)
	Fill(t, d)
	var dump bytes.Buffer
	must(t, d.Dump(t.Context(), &dump))
	wantKind(t, d.Load(t.Context(), bytes.NewReader(dump.Bytes())), custody.Conflict) // not empty

	e := Open(t, SQLite(t)) // from either database into SQLite
	must(t, e.Load(t.Context(), bytes.NewReader(dump.Bytes())))
	SameContent(t, d, e)
	was, err := d.Counts(t.Context())
	must(t, err)
	is, err := e.Counts(t.Context())
	must(t, err)
	for i, c := range was {
		if slices.Contains([]string{"session", "invitation", "sign_in_attempt", "hold_round"}, c.Table) {
			was[i].Rows = 0 // nobody is signed in after a restore, and no link that was used since is good again
		}
		if c.Rows == 0 && !slices.Contains([]string{"clock_sample", "segment_activity", "timeline_bucket"}, c.Table) {
			t.Errorf("table %s is empty: the test proves nothing about it", c.Table)
		}
	}
	if diff := cmp.Diff(was, is); diff != "" {
		t.Error(diff)
	}
	must(t, e.Append(t.Context(), events(t, "on", 2)...)) // the log goes on where it was
	h, err := e.Head(t.Context())
	must(t, err)
	if h.Epoch != 3 || h.Size != 6 {
		t.Errorf("head %+v, want epoch 3 with 6 entries", h)
	}
	broken := errors.New("the pipe broke")
	if err := d.Dump(t.Context(), &failingWriter{after: 100_000, err: broken}); !errors.Is(err, broken) {
		t.Errorf("dump into a broken pipe: %v", err)
	}
}

type failingWriter struct {
	after int
	err   error
}

func (w *failingWriter) Write(p []byte) (int, error) {
	if w.after -= len(p); w.after < 0 {
		return 0, w.err
	}
	return len(p), nil
}

func dumpDamaged(t *testing.T, c db.Config) {
	d := Open(t, c)
	y := NewYard(t, d, "Yard")
	must(t, Commit(t.Context(), t, d, y.Segment(0, custody.Span{Start: At(0), End: At(60)})))
	var dump bytes.Buffer
	must(t, d.Dump(t.Context(), &dump))
	good := dump.Bytes()
	empty := OpenDamaged(t, SQLite(t))
	refuse := func(what string, bytesOf []byte) {
		t.Helper()
		err := empty.Load(context.Background(), bytes.NewReader(bytesOf))
		if k := custody.KindOf(err); err == nil || (k != custody.Corrupt && k != custody.Conflict) {
			t.Errorf("%s: %v", what, err)
		}
	}
	step := len(good)/60 + 1
	for n := 0; n < len(good); n += step {
		refuse(fmt.Sprintf("cut at %d", n), good[:n])
		flipped := bytes.Clone(good)
		flipped[n] ^= 0x40
		refuse(fmt.Sprintf("flipped at %d", n), flipped)
	}
	refuse("with a tail", append(bytes.Clone(good), 'x'))
	must(t, empty.Load(t.Context(), bytes.NewReader(good))) // nothing was left behind
	SameContent(t, d, empty)
}
