package check_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/delivery"
	"github.com/footage-custody/custody/internal/site/check"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/storage/db/dbtest"
)

// handedOver is a closed site from which two packages left: one to two people, one of whom signed, and then it was recalled; one by code.
func handedOver(t *testing.T) (s *site, first delivery.Delivery) {
	t.Helper()
	s = newSite(t)
	ctx := t.Context()
	yard := dbtest.NewYard(t, s.db, "Lobby")
	h := s.settle()
	k := &dbtest.Desk{Clerk: h.clerk.Staff(), Director: h.director.Staff(), Yard: yard}
	books := s.db.Deliveries()
	add := func(d delivery.Delivery, evs ...custody.Event) {
		t.Helper()
		must(books.Add(ctx, d, 0, append([]custody.Event{dbtest.HandedOver(t, d)}, evs...)...))
	}
	p := k.Packed(t, s.db, access.LawEnforcement)
	first = dbtest.Signed(k.Handing(p, 500), 510)
	add(k.Handing(p, 490)) // and somebody whose receipt is out: else the request would be closed
	add(first, dbtest.Receipted(t, first))
	recall, ev := k.Recalling(t, p, 600)
	must(books.Recall(ctx, recall, ev))
	open := k.Handing(k.Packed(t, s.db, access.OpenRecords), 700)
	open.Recipient, open.Agency, open.Badge, open.ByCode = "", "", "", true
	add(open)
	s.close()
	return s, first
}

// aboutDeliveries are the findings about hand-overs.
func aboutDeliveries(r *check.Report) []check.Finding {
	return slices.DeleteFunc(slices.Clone(r.Findings), func(f check.Finding) bool {
		return !slices.Contains([]string{"delivery", "receipt", "recall"}, f.Kind)
	})
}

func TestHandOversAreWhatTheLogSays(t *testing.T) {
	s, first := handedOver(t)
	id := string(first.ID)
	s.open(false)
	r := s.check(check.Options{Quick: true})
	s.close()
	if found := aboutDeliveries(r); len(found) != 0 || !strings.Contains(fmt.Sprint(r.Lines), "{hand-overs 3}") {
		t.Fatalf("nobody changed anything: %+v %+v", found, r.Lines)
	}
	where := ` WHERE id = '` + id + `'`
	for name, c := range map[string]struct{ do, what string }{
		"its id":              {`UPDATE delivery SET id = 'dlv_` + strings.Repeat("a", 26) + `'` + where, "its row is gone"},
		"its request":         {`UPDATE delivery SET request_id = (SELECT r.id FROM request r WHERE r.id <> request_id)` + where, "request_id"},
		"its package":         {`UPDATE delivery SET package_id = (SELECT p.id FROM package p WHERE p.id <> package_id)` + where, "package_id"},
		"the way":             {`UPDATE delivery SET way = 'disc'` + where, "way"},
		"the recipient":       {`UPDATE delivery SET recipient = 'Somebody else'` + where, "recipient"},
		"the agency":          {`UPDATE delivery SET agency = 'Shelbyville PD'` + where, "agency"},
		"the badge":           {`UPDATE delivery SET badge = '8'` + where, "badge"},
		"by code":             {`UPDATE delivery SET by_code = 1 - by_code` + where, "by_code"},
		"who handed it over":  {`UPDATE delivery SET handed_by = (SELECT id FROM staff WHERE login = 'newcomer')` + where, "handed_by"},
		"when":                {`UPDATE delivery SET handed_at = handed_at - 1` + where, "handed_at"},
		"when it was signed":  {`UPDATE delivery SET signed_at = signed_at + 1` + where, "signed_at"},
		"who signed":          {`UPDATE delivery SET signed_by = 'Nobody'` + where, "signed_by"},
		"who noted it":        {`UPDATE delivery SET noted_by = (SELECT id FROM staff WHERE login = 'newcomer')` + where, "noted_by"},
		"that it was signed":  {`UPDATE delivery SET signed_at = NULL, signed_by = NULL, noted_by = NULL` + where, "its row is gone"},
		"a receipt":           {`UPDATE delivery SET signed_at = 900, signed_by = 'x', noted_by = handed_by WHERE by_code = 1`, "no log entry"},
		"that it is recalled": {`UPDATE delivery SET recalled_at = NULL` + where, "its row is gone"},
		"a recall":            {`UPDATE delivery SET recalled_at = 900 WHERE by_code = 1`, "no log entry"},
		"the digest":          {`UPDATE package SET digest = zeroblob(32) WHERE state = 'recalled'`, "digest of the package"},
		"all of it":           {`DELETE FROM delivery` + where, "its row is gone"},
		"another": {`INSERT INTO delivery SELECT 'dlv_` + strings.Repeat("a", 26) + `', package_id, request_id, way, recipient, agency, badge, by_code, handed_by,
			handed_at, NULL, NULL, NULL, NULL FROM delivery` + where, "no log entry"},
	} {
		t.Run(name, func(t *testing.T) {
			s := tampered(t, s, func(raw *dbtest.Raw) {
				if raw.Do(c.do) == 0 {
					t.Fatal("nothing was changed")
				}
			})
			s.open(false)
			defer s.close()
			found := aboutDeliveries(s.check(check.Options{Quick: true}))
			if !slices.ContainsFunc(found, func(f check.Finding) bool {
				return f.Invariant == "A2" && strings.Contains(f.What, c.what) && f.Remedy != ""
			}) {
				t.Errorf("nothing says %q: %+v", c.what, found)
			}
		})
	}
}

// TestWhatTheLogItselfContradicts: entries that no store of ours would commit.
func TestWhatTheLogItselfContradicts(t *testing.T) {
	s, first := handedOver(t)
	again, other, stray := first, first, first
	again.ID, other.ID, stray.ID = custody.NewDeliveryID(), custody.NewDeliveryID(), custody.NewDeliveryID()
	other.Digest[0]++
	for name, c := range map[string]struct {
		ev   custody.Event
		what string
	}{
		"after the recall":         {dbtest.HandedOver(t, again), "after it was recalled"},
		"with another digest":      {dbtest.HandedOver(t, other), "with another digest"},
		"signed for, never handed": {dbtest.Receipted(t, stray), "no entry says that it was handed over"},
		"signed for twice":         {dbtest.Receipted(t, first), "signed for twice"},
	} {
		t.Run(name, func(t *testing.T) {
			s := s.copied(t)
			s.open(false)
			defer s.close()
			s.must(s.db.Append(t.Context(), c.ev))
			found := aboutDeliveries(s.check(check.Options{Quick: true}))
			if !slices.ContainsFunc(found, func(f check.Finding) bool { return f.Invariant == "A2" && strings.Contains(f.What, c.what) }) {
				t.Errorf("nothing says %q: %+v", c.what, found)
			}
		})
	}
}
