package check

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/release"
	"github.com/footage-custody/custody/internal/desk/request"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/audit"
)

// A package that was made is one record, which never changes, and one more when it was recalled; they are called releases, to tell them
// from the package as an object. One that is being made or that failed is none: nothing of it can leave.

func packageRecords(p *release.Package, yield func(record)) error {
	if p.Made == 0 {
		return nil
	}
	rec, err := packageRecord(string(p.Request), release.EntryOf(*p))
	if err != nil {
		return err
	}
	yield(rec)
	if p.State == release.Recalled {
		yield(ending("release", string(p.ID), "state", string(release.Recalled)))
	}
	return nil
}

// packageRecord compares lists as they are written.
func packageRecord(request string, e release.Entry) (record, error) {
	lists := make([]string, 0, 3)
	for _, l := range []any{e.Items, e.Files, e.Films} {
		b, err := json.Marshal(l)
		if err != nil {
			return record{}, err
		}
		lists = append(lists, string(b))
	}
	return record{kind: "release", id: string(e.Package), fields: []field{
		{"request_id", request}, {"place", strconv.Itoa(e.Place)}, {"number", e.Number}, {"ruling", strconv.FormatInt(e.Ruling, 10)},
		{"begun_at", e.Begun.String()}, {"made_at", e.Made.String()}, {"size", strconv.FormatInt(e.Size, 10)}, {"digest", e.Digest},
		{"verdict", e.Verdict}, {"number of files", strconv.Itoa(e.FileCount)}, {"package_item", lists[0]}, {"package_file", lists[1]},
		{"package_film", lists[2]},
	}}, nil
}

// eachPackage yields the rows of packages.
func (p *pass) eachPackage(ctx context.Context, yield func(record)) error {
	for pkg, err := range p.Books.AllPackages(ctx) {
		if err != nil {
			return err
		}
		if err := packageRecords(&pkg, yield); err != nil {
			return err
		}
	}
	return nil
}

// seePackage reads one package again.
func (p *pass) seePackage(ctx context.Context, id string, see func(record)) error {
	pkg, err := p.Books.PackageByID(ctx, custody.PackageID(id))
	if err == nil {
		err = packageRecords(&pkg, see)
	}
	return err
}

// rulings is what the log has said last about each item of a request, to hold packages against (A2): a few hundred bytes an item.
type rulings map[custody.ItemID]request.ItemImage

// ruled notes the items that an entry about a request tells of.
func (r *replay) ruled(s said) {
	var d struct {
		Items []request.ItemImage `json:"items"`
	}
	if !strings.HasPrefix(s.Subject, "req_") || json.Unmarshal(s.Detail, &d) != nil {
		return
	}
	for _, i := range d.Items {
		if custody.ValidID("itm_", string(i.Item)) {
			r.rulings[i.Item] = i
		}
	}
}

// packaged holds a package against the decisions that the log tells of: A2.
func (r *replay) packaged(e audit.Entry, s said) error {
	var d release.Entry
	if err := detailOf(s, &d); err != nil {
		return err
	}
	if !custody.ValidID("pkg_", string(d.Package)) {
		return custody.Errorf(custody.Corrupt, "it names no package")
	}
	for _, f := range d.Films {
		i, known := r.rulings[f.Item]
		switch {
		case !slices.Contains(d.Items, f.Item):
			r.undecided(e, d, "it holds "+f.Path+" of an item that it does not name")
		case !known || i.Stage != access.Decided || i.Decision == nil || i.Decision.Outcome != access.Granted:
			r.undecided(e, d, "it holds "+f.Path+" of an item that nobody had granted")
		case i.Camera != f.Camera || i.Span != f.Span:
			r.undecided(e, d, "it holds "+f.Path+" of another camera or span than was decided")
		}
	}
	rec, err := packageRecord(s.Subject, d)
	if err != nil {
		return err
	}
	rec.entry = entryName(e)
	r.emit(rec, e)
	return nil
}

// withdrawn notes the end of a package, and what follows for those who have it.
func (r *replay) withdrawn(e audit.Entry, s said) error {
	var d struct {
		Package string `json:"package"`
	}
	if err := detailOf(s, &d); err != nil {
		return err
	}
	rec := ending("release", d.Package, "state", string(release.Recalled))
	rec.entry = entryName(e)
	r.emit(rec, e)
	return r.left(e, s)
}

func (r *replay) undecided(e audit.Entry, d release.Entry, what string) {
	r.found(Finding{"A2", "release", string(d.Package), what + " (" + entryName(e) + ")",
		"recall the package, find out who has it, and who could write to the database or to this program"})
}
