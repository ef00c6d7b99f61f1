package request

import (
	"context"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// AgencyEntry is the detail of agency.changed: the directory's entry as it is now.
type AgencyEntry struct {
	Name    string `json:"name"`
	Phone   string `json:"phone"`
	Source  string `json:"source"`
	Removed bool   `json:"removed,omitempty"`
	Version int64  `json:"version"`
}

// PutAgency adds an entry to the directory (no ID), or changes one (ID and the Version that was read), under a Grant of agency.manage. Removed
// takes it off; it stays where it was used. Errors: Invalid, Conflict, Exists (another entry has the name), NotFound, Denied.
func (k *Desk) PutAgency(ctx context.Context, g access.Grant, a Agency) (Agency, error) {
	if err := g.Allows(access.AgencyManage); err != nil {
		return Agency{}, err
	}
	if g.Subject() != string(a.ID) || g.Actor().Staff() == "" {
		return Agency{}, custody.Errorf(custody.Denied, "the decision %s is about something else", g.ID())
	}
	trimmed(&a.Name, &a.Phone, &a.Source)
	if err := a.check(); err != nil {
		return Agency{}, err
	}
	all, err := k.Store.Agencies(ctx)
	if err != nil {
		return Agency{}, err
	}
	for _, other := range all {
		if other.ID != a.ID && !other.Removed && !a.Removed && sameName(other.Name, a.Name) {
			return Agency{}, custody.Errorf(custody.Exists, "name: the directory has an entry of that name: change it")
		}
	}
	if a.ID == "" {
		a.ID, a.Version = custody.NewAgencyID(), 0
	}
	ev, err := custody.NewEvent(custody.EventAgencyChanged, k.Clock.Now(), g.Actor().String(), "", string(a.ID),
		AgencyEntry{a.Name, a.Phone, a.Source, a.Removed, a.Version + 1})
	if err != nil {
		return Agency{}, err
	}
	return k.Store.PutAgency(ctx, a, ev)
}

func (a Agency) check() error {
	if err := line("name", a.Name, 1, 200); err != nil {
		return err
	}
	if err := line("phone", a.Phone, 3, 60); err != nil {
		return err
	}
	digits := 0
	for _, c := range a.Phone {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case !strings.ContainsRune("+-()./ x", c):
			return custody.Errorf(custody.Invalid, "phone: write digits, as in +1 641 555 0100")
		}
	}
	if digits < 3 {
		return custody.Errorf(custody.Invalid, "phone: write digits, as in +1 641 555 0100")
	}
	if err := line("source", a.Source, 1, 500); err != nil {
		return custody.Errorf(custody.Invalid, "source: say where the number was found and when it was checked, in one line")
	}
	return nil
}

// Agencies lists the directory by name, removed entries too, under a Scope of request.view.
func (k *Desk) Agencies(ctx context.Context, s access.Scope) ([]Agency, error) {
	if err := under(s); err != nil {
		return nil, err
	}
	return k.Store.Agencies(ctx)
}

// agency is an entry that is offered.
func (k *Desk) agency(ctx context.Context, id custody.AgencyID) (Agency, error) {
	all, err := k.Store.Agencies(ctx)
	if err != nil {
		return Agency{}, err
	}
	for _, a := range all {
		if a.ID == id && !a.Removed {
			return a, nil
		}
	}
	return Agency{}, custody.Errorf(custody.NotFound, "agency: the directory has no such entry")
}

func sameName(a, b string) bool {
	return strings.EqualFold(strings.Join(strings.Fields(a), " "), strings.Join(strings.Fields(b), " "))
}
