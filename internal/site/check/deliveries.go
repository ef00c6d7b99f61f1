package check

import (
	"context"
	"iter"
	"slices"
	"strconv"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/delivery"
	"github.com/footage-custody/custody/internal/trust/audit"
)

// HandOvers is what a check reads about deliveries, ordered by id.
type HandOvers interface {
	AllDeliveries(ctx context.Context) iter.Seq2[delivery.Delivery, error]
	Delivery(ctx context.Context, id custody.DeliveryID) (delivery.Delivery, error)
}

// A hand-over makes up to three records, none of which ever changes: that it was, that it was signed for, that it was recalled.

func deliveryRecords(d *delivery.Delivery, yield func(record)) {
	yield(deliveryRecord(string(d.Request), delivery.EntryOf(*d)))
	if d.Signed != 0 {
		yield(receiptRecord(delivery.EntryOf(*d)))
	}
	if d.Recalled != 0 {
		yield(recallRecord(string(d.ID), d.Recalled.String()))
	}
}

func deliveryRecord(request string, e delivery.Entry) record {
	return record{kind: "delivery", id: string(e.Delivery), fields: []field{
		{"request_id", request}, {"package_id", string(e.Package)}, {"number of the package", e.Number}, {"digest of the package", e.Digest},
		{"way", string(e.Way)}, {"recipient", e.Recipient}, {"agency", e.Agency}, {"badge", e.Badge}, {"by_code", strconv.FormatBool(e.ByCode)},
		{"handed_by", string(e.By)}, {"handed_at", e.At},
	}}
}

func receiptRecord(e delivery.Entry) record {
	return record{kind: "receipt", id: string(e.Delivery), fields: []field{
		{"signed_at", e.Signed}, {"signed_by", e.SignedBy}, {"noted_by", string(e.Noted)},
	}}
}

func recallRecord(id, at string) record {
	return record{kind: "recall", id: id, fields: []field{{"recalled_at", at}}}
}

// eachDelivery yields the rows of hand-overs.
func (p *pass) eachDelivery(ctx context.Context, yield func(record)) error {
	return each(p.Books.AllDeliveries(ctx), func(d delivery.Delivery) { deliveryRecords(&d, yield) })
}

// seeDelivery reads one hand-over again.
func (p *pass) seeDelivery(ctx context.Context, id string, see func(record)) error {
	d, err := p.Books.Delivery(ctx, custody.DeliveryID(id))
	if err == nil {
		deliveryRecords(&d, see)
	}
	return err
}

// out is what the log has said about packages that left the house: a few for each.
type out struct {
	holders  map[custody.PackageID][]string // deliveries, in order
	digests  map[custody.PackageID]string   // as first handed over
	recalled map[custody.PackageID]bool
	signed   map[custody.DeliveryID]bool
	handed   []handed // emitted at the end of the log
}

func newOut() *out {
	return &out{map[custody.PackageID][]string{}, map[custody.PackageID]string{}, map[custody.PackageID]bool{}, map[custody.DeliveryID]bool{}, nil}
}

// left follows packages out of the house: A2 along the log, and what the rows must hold.
func (r *replay) left(e audit.Entry, s said) error {
	if e.Event.Type == custody.EventPackageRecalled {
		return r.recalled(e, s)
	}
	var d delivery.Entry
	if err := detailOf(s, &d); err != nil {
		return err
	}
	if !custody.ValidID("dlv_", string(d.Delivery)) {
		return custody.Errorf(custody.Corrupt, "it names no hand-over")
	}
	if e.Event.Type == custody.EventPackageReceipted {
		r.receipted(e, s, d)
		return nil
	}
	if r.out.recalled[d.Package] {
		r.broken(e, d, "the package was handed over after it was recalled")
	}
	if first, known := r.out.digests[d.Package]; known && first != d.Digest {
		r.broken(e, d, "the package was handed over before with another digest")
	}
	r.out.digests[d.Package] = d.Digest
	r.out.holders[d.Package] = append(r.out.holders[d.Package], string(d.Delivery))
	r.out.handed = append(r.out.handed, handed{s.Subject, e, d, false})
	return nil
}

func (r *replay) receipted(e audit.Entry, s said, d delivery.Entry) {
	if !slices.Contains(r.out.holders[d.Package], string(d.Delivery)) {
		r.broken(e, d, "it was signed for, and no entry says that it was handed over")
	}
	if r.out.signed[d.Delivery] {
		r.broken(e, d, "it was signed for twice")
	}
	r.out.signed[d.Delivery] = true
	r.out.handed = append(r.out.handed, handed{s.Subject, e, d, true})
}

func (r *replay) recalled(e audit.Entry, s said) error {
	var d delivery.RecallEntry
	if err := detailOf(s, &d); err != nil {
		return err
	}
	r.out.recalled[d.Package] = true
	for _, id := range r.out.holders[d.Package] {
		rec := recallRecord(id, s.At)
		rec.entry = entryName(e)
		r.emit(rec, e)
	}
	return nil
}

func (r *replay) broken(e audit.Entry, d delivery.Entry, what string) {
	r.found(Finding{"A2", "delivery", string(d.Delivery), what + " (" + entryName(e) + ")",
		"find out who has the package and what is in it, and who could write to the database; ask for it back if it should not have left"})
}
