package delivery

import (
	"encoding/hex"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Entry is the detail of the diary's entries about a delivery: the whole of it as the act left it, so that its row can be proved from the
// log. Who took it is personal; the diary's texts are disposed of on schedule.
type Entry struct {
	Delivery  custody.DeliveryID `json:"delivery"`
	Package   custody.PackageID  `json:"package"`
	Number    string             `json:"number"`
	Digest    string             `json:"digest"` // hexadecimal
	Way       Way                `json:"way"`
	Recipient string             `json:"recipient,omitempty"`
	Agency    string             `json:"agency,omitempty"`
	Badge     string             `json:"badge,omitempty"`
	ByCode    bool               `json:"by_code,omitempty"`
	By        custody.StaffID    `json:"by"`
	At        string             `json:"at"`
	Signed    string             `json:"signed,omitempty"`
	SignedBy  string             `json:"signed_by,omitempty"`
	Noted     custody.StaffID    `json:"noted,omitempty"`
}

// EntryOf is a delivery as the diary tells it.
func EntryOf(d Delivery) Entry {
	e := Entry{Delivery: d.ID, Package: d.Package, Number: d.Number, Digest: hex.EncodeToString(d.Digest[:]), Way: d.Way, Recipient: d.Recipient,
		Agency: d.Agency, Badge: d.Badge, ByCode: d.ByCode, By: d.By, At: d.At.String(), SignedBy: d.SignedBy, Noted: d.Noted}
	if d.Signed != 0 {
		e.Signed = d.Signed.String()
	}
	return e
}

// RecallEntry is the detail of package.recalled. Whoever has the package by the log up to there has to give it back.
type RecallEntry struct {
	Package custody.PackageID `json:"package"`
	Number  string            `json:"number"`
	Digest  string            `json:"digest"`
	Why     string            `json:"why"`
	By      custody.StaffID   `json:"by"`
}

// refusalEntry is the detail of act.refused when somebody came for a package who is not who asked.
type refusalEntry struct {
	Action  access.Action     `json:"action"`
	Package custody.PackageID `json:"package"`
	Number  string            `json:"number"`
	Reason  string            `json:"reason"`
}

// entry adds the entry of an act on a delivery.
func entry(evs []custody.Event, t custody.EventType, at custody.Instant, g access.Grant, d Delivery) ([]custody.Event, error) {
	ev, err := custody.NewEvent(t, at, g.Actor().String(), "", string(d.Request), EntryOf(d))
	return append(evs, ev), err
}
