package delivery_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/delivery"
	"github.com/footage-custody/custody/internal/desk/release"
	"github.com/footage-custody/custody/internal/desk/request"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/identity"
)

// TestTheReceiptClosesIt: one act when the officer signs at once. The diary says who took what, and the request is closed by the system.
func TestTheReceiptClosesIt(t *testing.T) {
	s := newStage(t)
	p := s.police()
	in := officer()
	in.Recipient, in.Agency, in.Badge, in.SignedBy = " n.  riviera ", "SPRINGFIELD pd", "b-7", "Nick Riviera"
	done, err := s.handOver(p, in)
	s.must(err)
	if !done.Closed || done.Digest != p.Digest || done.Number != p.Number || done.By != s.clerk.Staff() || done.Signed != done.At {
		t.Errorf("handed over: %+v", done)
	}
	r := s.request(p.Request)
	if r.State != request.Closed || r.Closing != request.Released || r.Ended != done.At {
		t.Errorf("the request: %+v", r)
	}
	if got, err := s.ByID(t.Context(), s.scope(), done.ID); err != nil || cmp.Diff(done.Delivery, got) != "" {
		t.Error(err, cmp.Diff(done.Delivery, got))
	}
	handed, signed, closed := s.told(custody.EventPackageHandedOver), s.told(custody.EventPackageReceipted), s.told(custody.EventRequestClosed)
	if len(handed) != 1 || len(signed) != 1 || len(closed) != 1 || !strings.Contains(closed[0], `"actor":"system"`) {
		t.Fatalf("the diary: %q %q %q", handed, signed, closed)
	}
	want := delivery.EntryOf(done.Delivery)
	if got := detail[delivery.Entry](t, signed[0]); got != want {
		t.Error(cmp.Diff(want, got))
	}
	want.Signed, want.SignedBy, want.Noted = "", "", ""
	if got := detail[delivery.Entry](t, handed[0]); got != want {
		t.Error(cmp.Diff(want, got))
	}
}

// TestAReceiptComesBackLater: until then the hand-over stands in the list of receipts that are out.
func TestAReceiptComesBackLater(t *testing.T) {
	s := newStage(t)
	p, ctx := s.police(), t.Context()
	done, err := s.handOver(p, officer())
	s.must(err)
	out := delivery.Filter{Unsigned: true}
	if got, err := s.List(ctx, s.scope(), out); err != nil || len(got) != 1 || got[0].ID != done.ID || done.Closed {
		t.Fatalf("receipts that are out: %+v %v", got, err)
	}
	s.site.Advance(time.Minute)
	g := s.may(s.clerk, access.PackageHandOver, string(p.ID))
	for _, name := range []string{"", " ", "a\nb", strings.Repeat("x", 201), "\xff"} {
		_, err = s.Receipt(ctx, g, done.ID, name)
		s.wants(err, custody.Invalid)
	}
	signed, err := s.Receipt(ctx, g, done.ID, " N. Riviera")
	s.must(err)
	if !signed.Closed || signed.SignedBy != "N. Riviera" || signed.Noted != s.clerk.Staff() || signed.Signed != s.site.Now() {
		t.Errorf("signed: %+v", signed)
	}
	if got, err := s.List(ctx, s.scope(), out); err != nil || len(got) != 0 {
		t.Errorf("nothing is out any more: %+v %v", got, err)
	}
	s.site.Advance(2 * time.Second) // by then every decision has been looked at again
	_, err = s.Receipt(ctx, g, done.ID, "again")
	s.wants(err, custody.Denied) // the request is closed, and with it what the clerk may do
}

// TestSituation21SomebodyWithoutAName asks for recordings, gives no name and no address, and takes the package with the code.
func TestSituation21SomebodyWithoutAName(t *testing.T) {
	s := newStage(t)
	p := s.packed(access.OpenRecords, nil)
	in := delivery.In{Way: delivery.Disc}
	_, err := s.handOver(p, in)
	s.wants(err, custody.Invalid)
	in.Recipient = "Somebody"
	_, err = s.handOver(p, in)
	s.wants(err, custody.Invalid) // a name proves nothing where none was given
	in.Recipient = ""
	for _, wrong := range []string{"ABCDEFGJ", "ABCDEFG", "ABCDEFGHH", "-", "АВСDEFGH"} {
		in.PickUp = wrong
		_, err = s.handOver(p, in)
		s.wants(err, custody.Denied)
	}
	refused := s.told(custody.EventActRefused)
	if len(refused) != 5 {
		t.Fatalf("%d refusals in the diary, want 5", len(refused))
	}
	for _, body := range refused {
		if strings.Contains(body, "ABCDEFG") || !strings.Contains(body, string(p.ID)) || !strings.Contains(body, s.clerk.String()) {
			t.Errorf("a refusal that tells the code, or not whose and of what: %s", body)
		}
	}
	in.PickUp, in.SignedBy = " abcd-EFGH ", "a mark: X"
	done, err := s.handOver(p, in)
	s.must(err)
	if !done.ByCode || done.Recipient != "" || !done.Closed {
		t.Errorf("handed over: %+v", done)
	}
	for _, body := range append(s.told(custody.EventPackageHandedOver), s.told(custody.EventPackageReceipted)...) {
		if strings.Contains(strings.ToUpper(body), "EFGH") {
			t.Errorf("the code stands in the diary: %s", body)
		}
	}
}

// TestWhoComesIsWhoAsked: the table of who may take what.
func TestWhoComesIsWhoAsked(t *testing.T) {
	s := newStage(t)
	police := s.police()
	named := s.packed(access.OpenRecords, func(r *request.Request) { r.Requester.Name = "Marge Bouvier" })
	for name, c := range map[string]struct {
		p     release.Package
		alter func(*delivery.In)
		kind  custody.Kind // Internal: it is allowed
	}{
		"the officer":                   {police, func(*delivery.In) {}, 0},
		"a colleague with a badge":      {police, func(in *delivery.In) { in.Recipient, in.Badge = "L. Hutz", "B-9" }, 0},
		"the officer, another badge":    {police, func(in *delivery.In) { in.Badge = "B-8" }, custody.Denied},
		"the badge, another name":       {police, func(in *delivery.In) { in.Recipient = "L. Hutz" }, custody.Denied},
		"another agency":                {police, func(in *delivery.In) { in.Agency = "Shelbyville PD" }, custody.Denied},
		"no badge":                      {police, func(in *delivery.In) { in.Badge = " " }, custody.Invalid},
		"no agency":                     {police, func(in *delivery.In) { in.Agency = "" }, custody.Invalid},
		"no name":                       {police, func(in *delivery.In) { in.Recipient = "" }, custody.Invalid},
		"an officer with a code":        {police, func(in *delivery.In) { in.PickUp = "ABCDEFGH" }, custody.Invalid},
		"no such way":                   {police, func(in *delivery.In) { in.Way = "pigeon" }, custody.Invalid},
		"two lines":                     {police, func(in *delivery.In) { in.Recipient = "N. Riviera\nand friends" }, custody.Invalid},
		"a name that turns round":       {police, func(in *delivery.In) { in.Recipient = "N. \u202eareiviR" }, custody.Invalid},
		"not text":                      {police, func(in *delivery.In) { in.SignedBy = "\xff" }, custody.Invalid},
		"a negative version":            {police, func(in *delivery.In) { in.Version = -1 }, custody.Invalid},
		"a version that was":            {police, func(in *delivery.In) { in.Version = 1 }, custody.Conflict},
		"who asked":                     {named, func(in *delivery.In) { *in = delivery.In{Way: in.Way, Recipient: "marge bouvier"} }, 0},
		"somebody else":                 {named, func(in *delivery.In) { *in = delivery.In{Way: in.Way, Recipient: "Selma Bouvier"} }, custody.Denied},
		"somebody else with the code":   {named, func(in *delivery.In) { *in = delivery.In{Way: in.Way, Recipient: "Selma", PickUp: "ABCDEFGH"} }, 0},
		"who asked, with a wrong code":  {named, func(in *delivery.In) { *in = delivery.In{Way: in.Way, Recipient: "Marge Bouvier", PickUp: "ABCDEFGX"} }, custody.Denied},
		"an agency for an open request": {named, func(in *delivery.In) { in.Recipient = "Marge Bouvier" }, custody.Invalid},
	} {
		in := officer()
		c.alter(&in)
		done, err := s.handOver(c.p, in)
		if c.kind == 0 && err != nil || c.kind != 0 && (err == nil || custody.KindOf(err) != c.kind) || err != nil && done != (delivery.Done{}) {
			t.Errorf("%s: %v, want kind %v", name, err, c.kind)
		}
	}
	if got := len(s.told(custody.EventActRefused)); got != 5 {
		t.Errorf("%d people were sent away, %d stand in the diary", 5, got)
	}
}

// TestSituation30TheDefenceComesLater for the same package: the same digest, a record of its own.
func TestSituation30TheDefenceComesLater(t *testing.T) {
	s := newStage(t)
	p, ctx := s.police(), t.Context()
	first, err := s.handOver(p, officer())
	s.must(err)
	s.site.Advance(24 * time.Hour)
	s.clerk = s.employ("carl", identity.Preparer)
	in := officer()
	in.Recipient, in.Badge = "L. Hutz", "B-11"
	second, err := s.handOver(p, in)
	s.must(err)
	if first.Digest != second.Digest || first.ID == second.ID || first.Recipient == second.Recipient {
		t.Errorf("%+v\n%+v", first, second)
	}
	if all, err := s.Of(ctx, s.scope(), p.Request); err != nil || len(all) != 2 || all[0].ID != first.ID {
		t.Errorf("both stand: %+v %v", all, err)
	}
}

// TestSituation04WithdrawnAfterItLeft: the recall names everybody who has it, and nothing of it leaves any more, whatever Grant somebody
// still holds.
func TestSituation04WithdrawnAfterItLeft(t *testing.T) {
	s := newStage(t)
	p, ctx := s.police(), t.Context()
	old := s.may(s.clerk, access.PackageHandOver, string(p.ID))
	for _, badge := range []string{"B-7", "B-9"} {
		in := officer()
		if in.Badge = badge; badge != "B-7" {
			in.Recipient = "L. Hutz"
		}
		_, err := s.handOver(p, in)
		s.must(err)
		s.site.Advance(time.Second)
	}
	_, err := s.recall(p, " ")
	s.wants(err, custody.Invalid)
	recalled, err := s.recall(p, "the wrong minute")
	s.must(err)
	// At once: whether the judge has noticed by now or not, the store has.
	if _, err := s.HandOver(ctx, old, p.ID, officer()); custody.KindOf(err) != custody.Conflict && custody.KindOf(err) != custody.Denied {
		t.Errorf("handed over after its recall: %v", err)
	}
	if len(recalled.Holders) != 2 || recalled.Holders[1].Recipient != "L. Hutz" || recalled.Holders[0].Recalled != recalled.At || recalled.Number != p.Number || recalled.Digest != p.Digest {
		t.Errorf("who has it: %+v", recalled)
	}
	s.site.Advance(2 * time.Second) // by then every decision has been looked at again; the store does not wait for that
	s.wants(old.Allows(access.PackageHandOver), custody.Denied)
	_, err = s.HandOver(ctx, old, p.ID, officer())
	s.wants(err, custody.Denied)
	_, err = s.judge.Decide(ctx, s.clerk, access.Ask{Action: access.PackageHandOver, Subject: string(p.ID)})
	s.wants(err, custody.Denied)
	_, err = s.recall(p, "again")
	s.wants(err, custody.Conflict)
	if r := s.request(p.Request); r.State == request.Delivered || r.Ruling != 2 {
		t.Errorf("the request: %+v", r)
	}
	// A receipt on paper may still come back: it is recorded under another decision, and closes nothing.
	done, err := s.Receipt(ctx, s.may(s.clerk, access.RequestPrepare, string(p.Request)), recalled.Holders[0].ID, "N. Riviera")
	if err != nil || done.Closed {
		t.Errorf("a late receipt: %+v %v", done, err)
	}
}

func TestNothingHappensWithoutADecision(t *testing.T) {
	s := newStage(t)
	p, other, ctx := s.police(), s.police(), t.Context()
	done, err := s.handOver(p, officer())
	s.must(err)
	var none access.Scope
	prepare, hand := s.may(s.clerk, access.RequestPrepare, string(other.Request)), s.may(s.clerk, access.PackageHandOver, string(other.ID))
	recall := s.may(s.director, access.PackageRecall, string(other.ID))
	for name, act := range map[string]func() error{
		"hand over":               func() error { _, err := s.HandOver(ctx, access.Grant{}, p.ID, officer()); return err },
		"hand over another":       func() error { _, err := s.HandOver(ctx, hand, p.ID, officer()); return err },
		"hand over by recall":     func() error { _, err := s.HandOver(ctx, recall, other.ID, officer()); return err },
		"receipt":                 func() error { _, err := s.Receipt(ctx, access.Grant{}, done.ID, "N."); return err },
		"another's receipt":       func() error { _, err := s.Receipt(ctx, hand, done.ID, "N."); return err },
		"another request's":       func() error { _, err := s.Receipt(ctx, prepare, done.ID, "N."); return err },
		"receipt by recall":       func() error { _, err := s.Receipt(ctx, recall, done.ID, "N."); return err },
		"recall":                  func() error { _, err := s.Recall(ctx, access.Grant{}, p.ID, "why"); return err },
		"recall another":          func() error { _, err := s.Recall(ctx, recall, p.ID, "why"); return err },
		"recall by handing over":  func() error { _, err := s.Recall(ctx, hand, other.ID, "why"); return err },
		"read one":                func() error { _, err := s.ByID(ctx, none, done.ID); return err },
		"read those of a request": func() error { _, err := s.Of(ctx, none, p.Request); return err },
		"list":                    func() error { _, err := s.List(ctx, none, delivery.Filter{}); return err },
	} {
		if err := act(); custody.KindOf(err) != custody.Denied {
			t.Errorf("%s without a decision: %v", name, err)
		}
	}
	if all, err := s.Of(ctx, s.scope(), p.Request); err != nil || len(all) != 1 || all[0].Signed != 0 || all[0].Recalled != 0 {
		t.Errorf("something happened: %+v %v", all, err)
	}
}

// TestSomebodyWhoIsSentAwayIsWrittenDown or is not sent away: while the diary is broken the answer is that it is.
func TestSomebodyWhoIsSentAwayIsWrittenDown(t *testing.T) {
	s := newStage(t)
	p := s.packed(access.OpenRecords, nil)
	s.diary.broken = errors.New("disk full")
	_, err := s.handOver(p, delivery.In{Way: delivery.Disc, PickUp: "WRONG"})
	s.wants(err, custody.Unavailable)
	if strings.Contains(custody.PublicText(err), "disk") {
		t.Error("the cause is told")
	}
}

// TestFiftyHandOverAndRecall through the judge: whoever is faster, whoever has the package is asked for it back.
func TestFiftyHandOverAndRecall(t *testing.T) {
	s := newStage(t)
	p, ctx := s.police(), t.Context()
	var handed, recalls atomic.Int32
	var told []delivery.Delivery
	var group sync.WaitGroup
	for i := range 50 {
		group.Go(func() {
			if i == 20 || i == 40 {
				if got, err := s.race(ctx, s.director, access.PackageRecall, p, func(g access.Grant) (any, error) { return s.Recall(ctx, g, p.ID, "why") }); err == nil {
					recalls.Add(1)
					told = got.(delivery.Recalled).Holders
				}
				return
			}
			in := officer()
			if _, err := s.race(ctx, s.clerk, access.PackageHandOver, p, func(g access.Grant) (any, error) { return s.HandOver(ctx, g, p.ID, in) }); err == nil {
				handed.Add(1)
			}
		})
	}
	group.Wait()
	all, err := s.Of(ctx, s.scope(), p.Request)
	if err != nil || recalls.Load() != 1 || len(all) != int(handed.Load()) || len(told) != len(all) {
		t.Errorf("%d recalls, %d hand-overs, %d rows, %d told: %v", recalls.Load(), handed.Load(), len(all), len(told), err)
	}
	for _, d := range all {
		if d.Recalled == 0 {
			t.Errorf("%s has it and was not asked", d.Recipient)
		}
	}
}

// race asks the judge and acts; what is refused is refused for being too late.
func (s *stage) race(ctx context.Context, a access.Actor, action access.Action, p release.Package, act func(access.Grant) (any, error)) (any, error) {
	g, err := s.judge.Decide(ctx, a, access.Ask{Action: action, Subject: string(p.ID)})
	var out any
	if err == nil {
		out, err = act(g)
	}
	if k := custody.KindOf(err); err != nil && k != custody.Denied && k != custody.Conflict {
		s.Error(err)
	}
	return out, err
}

// FuzzHandOver states anything: nothing is handed over but to who asked, and nothing breaks.
func FuzzHandOver(f *testing.F) {
	f.Add("N. Riviera", "Springfield PD", "B-7", "", "N. Riviera")
	f.Add("", "", "", "ABCD-EFGH", "")
	f.Add("\x00", "\u202e", "\xff", " - ", "\n")
	f.Fuzz(func(t *testing.T, recipient, agency, badge, code, signed string) {
		for _, a := range []delivery.Asker{{Kind: access.LawEnforcement, Agency: "Springfield PD", Officer: "N. Riviera", Badge: "B-7"}, {Kind: access.OpenRecords, PickUp: "ABCDEFGH"},
			{Kind: access.OpenRecords, PickUp: "ABCDEFGH", Name: "Marge"}, {Kind: access.OpenRecords}} {
			in := delivery.In{Way: delivery.Folder, Recipient: recipient, Agency: agency, Badge: badge, PickUp: code, SignedBy: signed}
			byCode, err := delivery.Admits(a, &in)
			if err != nil {
				if k := custody.KindOf(err); k != custody.Invalid && k != custody.Denied {
					t.Errorf("%v", err)
				}
				continue
			}
			if strings.ContainsAny(in.Recipient+in.Agency+in.Badge+in.SignedBy, "\n\r\x00") {
				t.Errorf("%+v breaks a line", in)
			}
			letters := strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(in.PickUp))
			switch {
			case a.Kind == access.LawEnforcement && (in.Badge == "" || !strings.EqualFold(strings.Join(strings.Fields(in.Agency), " "), a.Agency)):
				t.Errorf("%+v takes what an officer asked for", in)
			case a.Kind == access.OpenRecords && byCode && (a.PickUp == "" || letters != a.PickUp):
				t.Errorf("%+v opens %q", in, a.PickUp)
			case a.Kind == access.OpenRecords && !byCode && (a.Name == "" || !strings.EqualFold(strings.Join(strings.Fields(in.Recipient), " "), a.Name)):
				t.Errorf("%+v takes what %q asked for", in, a.Name)
			}
		}
	})
}
