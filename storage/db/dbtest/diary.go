package dbtest

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/audit"
	"github.com/footage-custody/custody/storage/db"
)

// diary asks every kind of question of a few hundred entries and compares with a plain filter over all of them.
func diary(t *testing.T, c db.Config) {
	d, ctx := Open(t, c), t.Context()
	cams := []custody.CameraID{custody.NewCameraID(), custody.NewCameraID(), ""}
	var evs []custody.Event
	for i := range 420 {
		// Times run back and stand still, as a clock does that is set.
		e, err := custody.NewEvent([]custody.EventType{"test.happened", custody.EventSegmentSealed, "test.refused"}[i%3], At(float64(i/4*4%300)),
			[]string{"system", "operator", "stf_x"}[i/5%3], cams[i/7%3], []string{"", "s1"}[i/11%2], nil)
		must(t, err)
		evs = append(evs, e)
	}
	must(t, d.Append(ctx, evs[:300]...))
	must(t, d.StartEpoch(ctx, 2, evs[300]))
	must(t, d.Append(ctx, evs[301:]...))
	whole := append(all(t, d.Entries(ctx, 1, 0, 1e6)), all(t, d.Entries(ctx, 2, 0, 1e6))...)
	for i, f := range []audit.Filter{
		{}, {Descending: true}, {From: At(50), To: At(100)}, {Actor: "system"}, {Actor: "operator", From: At(40)}, {Type: "test.refused", Descending: true},
		{Type: custody.EventSegmentSealed}, {Camera: cams[0], To: At(200), Descending: true}, {Subject: "s1"}, {Cameras: cams[:1]}, {Cameras: cams[:2], Actor: "stf_x"},
		{Cameras: []custody.CameraID{}}, {Camera: cams[1], Cameras: cams[:1]}, {Type: "test.happened", Actor: "operator", Camera: cams[1], Subject: "s1", From: At(1), To: At(290)},
		{Type: "no.such"}, {From: At(1e6)},
	} {
		for _, size := range []int{7, 1000} {
			var got []audit.Entry
			for f := f; ; {
				page, err := d.FindEntries(ctx, f, size)
				must(t, err)
				got = append(got, page...)
				if len(page) < size {
					break
				}
				f.After = &audit.Place{Epoch: page[size-1].Epoch, Index: page[size-1].Index}
			}
			if want := sift(whole, f); !slices.EqualFunc(want, got, func(a, b audit.Entry) bool { return a.Leaf == b.Leaf && a.Event.ID == b.Event.ID }) {
				t.Errorf("question %d in pages of %d: %d entries, want %d", i, size, len(got), len(want))
			}
		}
	}
	_, err := d.FindEntries(ctx, audit.Filter{After: &audit.Place{Epoch: 9}}, 5)
	wantKind(t, err, custody.NotFound)
	e, err := d.EntryOf(ctx, evs[310].ID)
	if err != nil || e.Epoch != 2 || e.Index != 10 || e.Salt == nil {
		t.Errorf("entry of an event: %+v %v", e, err)
	}
	_, err = d.EntryOf(ctx, custody.NewEventID())
	wantKind(t, err, custody.NotFound)
	newestCheckpoint(t, d)
}

func newestCheckpoint(t *testing.T, d *db.DB) {
	t.Helper()
	_, err := d.NewestCheckpoint(t.Context(), 2)
	wantKind(t, err, custody.NotFound)
	for _, size := range []uint64{3, 9, 5} {
		must(t, d.AddCheckpoint(t.Context(), audit.Checkpoint{Epoch: 2, Size: size, Note: fmt.Append(nil, size), At: At(1)}))
	}
	if c, err := d.NewestCheckpoint(t.Context(), 2); err != nil || c.Size != 9 || string(c.Note) != "9" {
		t.Errorf("the newest checkpoint: %+v %v", c, err)
	}
}

// sift is what FindEntries means, word by word.
func sift(whole []audit.Entry, f audit.Filter) []audit.Entry {
	out := slices.DeleteFunc(slices.Clone(whole), func(e audit.Entry) bool {
		v := e.Event
		return f.From != 0 && v.At < f.From || f.To != 0 && v.At >= f.To || f.Actor != "" && v.Actor != f.Actor || f.Type != "" && v.Type != f.Type ||
			f.Camera != "" && v.Camera != f.Camera || f.Subject != "" && v.Subject != f.Subject || f.Cameras != nil && !slices.Contains(f.Cameras, v.Camera)
	})
	slices.SortFunc(out, func(a, b audit.Entry) int {
		return cmp.Or(cmp.Compare(a.Event.At, b.Event.At), cmp.Compare(a.Epoch, b.Epoch), cmp.Compare(a.Index, b.Index))
	})
	if f.Descending {
		slices.Reverse(out)
	}
	return out
}
