package api

import (
	"net/url"
	"slices"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/inspection"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/identity"
)

// What follows reads what callers write. Every reader is bounded, and no error repeats what it read.

// lastMicro is the last microsecond of the year 9999.
const lastMicro = 253_402_300_799_999_999

// number reads one decimal number of a query; absent is otherwise.
func number(q url.Values, name string, otherwise, least, most int64) (int64, error) {
	values := q[name]
	if len(values) == 0 {
		return otherwise, nil
	}
	n, ok := digits(values[0])
	if !ok || len(values) > 1 || n < least || n > most {
		return 0, custody.Errorf(custody.Invalid, "%s must be one whole number from %d to %d", name, least, most)
	}
	return n, nil
}

// micros reads an instant in microseconds; it must be there.
func micros(q url.Values, name string) (custody.Instant, error) {
	n, err := number(q, name, 0, 1, lastMicro)
	if err == nil && n == 0 {
		err = custody.Errorf(custody.Invalid, "%s is missing: microseconds since 1970, UTC", name)
	}
	return custody.Instant(n), err
}

func streamOf(q url.Values) (media.StreamRole, error) {
	switch s := media.StreamRole(q.Get("stream")); s {
	case "", media.Main, media.Sub:
		return s, nil
	}
	return "", custody.Errorf(custody.Invalid, "stream must be main or sub")
}

// instant reads RFC 3339; empty is 0.
func instant(name, s string) (custody.Instant, error) {
	if s == "" {
		return 0, nil
	}
	i, err := custody.ParseInstant(s)
	if err != nil || len(s) > 40 || i <= 0 || i > lastMicro {
		return 0, custody.Errorf(custody.Invalid, "%s is not an instant: write it like 2026-11-03T14:05:00Z or with an offset such as -06:00", name)
	}
	return i, nil
}

// stretch reads from and to, either of which may be empty.
func stretch(from, to string) (custody.Span, error) {
	a, err := instant("from", from)
	if err != nil {
		return custody.Span{}, err
	}
	b, err := instant("to", to)
	if err == nil && b != 0 && b <= a {
		err = custody.Errorf(custody.Invalid, "to must be after from")
	}
	return custody.Span{Start: a, End: b}, err
}

// wholeStretch is stretch when both must be there.
func wholeStretch(from, to string) (custody.Span, error) {
	if from == "" || to == "" {
		return custody.Span{}, custody.Errorf(custody.Invalid, "from and to are needed")
	}
	return stretch(from, to)
}

// known is an id of a path: one that is malformed does not exist.
func known[T ~string](prefix string, id T, what string) error {
	if custody.ValidID(prefix, string(id)) {
		return nil
	}
	return custody.Errorf(custody.NotFound, "there is no such %s", what)
}

// cameras reads the ids of cameras; one that is malformed names none.
func cameras(ids []string) ([]custody.CameraID, error) {
	out := make([]custody.CameraID, 0, len(ids))
	for _, id := range ids {
		if !custody.ValidID("cam_", id) {
			return nil, custody.Errorf(custody.Invalid, "cameras holds something that is not the id of a camera")
		}
		if !slices.Contains(out, custody.CameraID(id)) {
			out = append(out, custody.CameraID(id))
		}
	}
	return out, nil
}

// roles reads what a member of staff is to have: a bundle, or roles.
func roles(bundle string, names []string) ([]identity.Role, error) {
	var out []identity.Role
	for _, n := range names {
		if !slices.Contains(identity.Roles(), identity.Role(n)) {
			return nil, custody.Errorf(custody.Invalid, "roles holds something that is not a role: GET /api/roles lists them")
		}
		out = append(out, identity.Role(n))
	}
	if bundle == "" {
		return out, nil
	}
	of := identity.Bundle(bundle).Roles()
	if of == nil || len(names) > 0 {
		return nil, custody.Errorf(custody.Invalid, "bundle must be staff, custodian or installer, and then roles stays empty")
	}
	return of, nil
}

// bundleOf is the bundle that has exactly these roles; empty if none does.
func bundleOf(have []identity.Role) identity.Bundle {
	for _, b := range bundles() {
		of := b.Roles()
		if len(of) == len(have) && !slices.ContainsFunc(of, func(r identity.Role) bool { return !slices.Contains(have, r) }) {
			return b
		}
	}
	return ""
}

func bundles() []identity.Bundle {
	return []identity.Bundle{identity.BundleStaff, identity.BundleCustodian, identity.BundleInstaller}
}

func class(s string) (access.Class, error) {
	if slices.Contains(access.Classes(), access.Class(s)) {
		return access.Class(s), nil
	}
	return "", custody.Errorf(custody.Invalid, "class must be public-area, staff-area or library-record")
}

// place reads "epoch.index", the end of a page; empty is none.
func place(s string) (*inspection.Place, error) {
	if s == "" {
		return nil, nil
	}
	epoch, index, _ := strings.Cut(s, ".")
	e, ok := digits(epoch)
	i, okIndex := digits(index)
	if !ok || !okIndex || e < 1 || e > 1<<32-1 {
		return nil, custody.Errorf(custody.Invalid, "after must be the next of the page before")
	}
	return &inspection.Place{Epoch: uint32(e), Index: uint64(i)}, nil
}
