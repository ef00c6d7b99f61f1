package request

import (
	"context"
	"slices"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Ruling is what is thought right, or decided, about an item.
type Ruling struct {
	Outcome  Outcome
	Citation string // the law it rests on, one line of at most 300 bytes: needed unless it is a grant, which has none
	Reason   string // at most 2000 bytes; of a decision needed if it is another than was proposed
}

func (in *Ruling) check() error {
	trimmed(&in.Citation, &in.Reason)
	if !slices.Contains(access.Outcomes(), in.Outcome) {
		return custody.Errorf(custody.Invalid, "outcome: say grant, inspect-only, deny or no-record")
	}
	if err := line("citation", in.Citation, 0, MaxCitation); err != nil {
		return err
	}
	switch {
	case in.Outcome == access.Granted && in.Citation != "":
		return custody.Errorf(custody.Invalid, "citation: what is granted in full needs none")
	case in.Outcome != access.Granted && in.Citation == "":
		return custody.Errorf(custody.Invalid, "citation: name the law that this rests on")
	}
	return prose("reason", in.Reason, 0, MaxReason)
}

// Propose says what a preparer thinks right for exactly the item's camera and span, under a Grant of request.prepare about the item. Errors:
// Invalid (outcome, citation, reason), Denied (this outcome is not possible for this footage; the sentence says which part, and what
// is; or it is footage of a camera that is not assigned to who proposes, of which nothing is told), Conflict (it is decided already, or somebody was faster).
func (k *Desk) Propose(ctx context.Context, g access.Grant, id custody.ItemID, in Ruling) (File, error) {
	f, it, err := k.withItem(ctx, g, access.RequestPrepare, id)
	if err != nil {
		return File{}, err
	}
	if err := in.check(); err != nil {
		return File{}, err
	}
	c := k.begin(g, &f)
	if err := step(ActPropose, &f.Request, it); err != nil {
		return File{}, err
	}
	if in.Outcome != access.Refused && !g.Sees() {
		return File{}, custody.Errorf(custody.Denied, "its camera is not assigned to you: only that it is denied can be proposed; somebody to whom it is assigned proposes the rest")
	}
	if err := k.possible(ctx, &f.Request, it, in.Outcome, true, c.at); err != nil {
		return File{}, err
	}
	it.Proposal = Proposal{Outcome: in.Outcome, Citation: in.Citation, Reason: in.Reason, By: g.Actor().Staff(), At: c.at}
	settle(c.at, &f.Request, f.Items, false)
	if err := c.record(itemRuleOf(ActPropose).event, it.Camera, Entry{Act: ActPropose}, *it); err != nil {
		return File{}, err
	}
	return k.commit(ctx, c)
}

// Deciding is one item's decision, with its Grant of request.decide about the item.
type Deciding struct {
	Grant access.Grant
	Item  custody.ItemID
	Ruling
}

// Decide decides an item under a Grant of request.decide about it. A decision counts for 30 days. Errors: Invalid, Denied (this outcome is not
// possible; or who decides has proposed it, or is concerned), Conflict (nothing is proposed for the item as it stands, its footage was
// handed over, or somebody was faster).
func (k *Desk) Decide(ctx context.Context, g access.Grant, id custody.ItemID, in Ruling) (File, error) {
	return k.DecideAll(ctx, Deciding{g, id, in})
}

// DecideAll decides several items of one request in one act: all or none. Errors as Decide's.
func (k *Desk) DecideAll(ctx context.Context, all ...Deciding) (File, error) {
	if len(all) == 0 || len(all) > MaxItems {
		return File{}, custody.Errorf(custody.Invalid, "items: decide 1 to %d", MaxItems)
	}
	f, _, err := k.withItem(ctx, all[0].Grant, access.RequestDecide, all[0].Item)
	if err != nil {
		return File{}, err
	}
	c := k.begin(all[0].Grant, &f)
	var decided []Item
	for i, d := range all {
		if err := about(d.Grant, access.RequestDecide, d.Item); err != nil {
			return File{}, err
		}
		if err := judged(d.Grant, f.Request); err != nil {
			return File{}, err
		}
		it := f.item(d.Item)
		if it == nil || d.Grant.Actor() != all[0].Grant.Actor() || slices.ContainsFunc(all[:i], func(o Deciding) bool { return o.Item == d.Item }) {
			return File{}, custody.Errorf(custody.Invalid, "items: decide items of one request, each once, by one person")
		}
		if err := k.decide(ctx, c, it, d); err != nil {
			return File{}, err
		}
		decided = append(decided, *it)
	}
	settle(c.at, &f.Request, f.Items, true)
	for _, it := range decided {
		if err := c.record(itemRuleOf(ActDecide).event, it.Camera, Entry{Act: ActDecide}, it); err != nil {
			return File{}, err
		}
	}
	return k.commit(ctx, c)
}

// decide decides one item.
func (k *Desk) decide(ctx context.Context, c *change, it *Item, d Deciding) error {
	in := d.Ruling
	if err := in.check(); err != nil {
		return err
	}
	if err := step(ActDecide, &c.file.Request, it); err != nil {
		return err
	}
	who := d.Grant.Actor().Staff()
	if it.Proposal.By == who {
		return custody.Errorf(custody.Denied, "you proposed this yourself: another person decides")
	}
	p := it.Proposal
	if (p.Outcome != in.Outcome || p.Citation != in.Citation) && in.Reason == "" {
		return custody.Errorf(custody.Invalid, "reason: this is not what was proposed: say why")
	}
	if err := k.possible(ctx, &c.file.Request, it, in.Outcome, d.Grant.Sees(), c.at); err != nil {
		return err
	}
	it.Decision = Decision{Outcome: in.Outcome, Citation: in.Citation, Reason: in.Reason, By: who, At: c.at, Lapses: c.at.Add(DecisionGood)}
	return nil
}
