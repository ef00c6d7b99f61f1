package check

import (
	"context"
	"iter"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/release"
)

// Packed is what a check reads about packages at rest.
type Packed interface {
	AllPackages(ctx context.Context) iter.Seq2[release.Package, error] // ordered by id
	// PackageByID is one package; NotFound if there is none.
	PackageByID(ctx context.Context, id custody.PackageID) (release.Package, error)
	// PackageKey is the key of a package whose bytes are stored; NotFound for one that was not made.
	PackageKey(ctx context.Context, id custody.PackageID) (release.SealedKey, error)
}

// packed yields every package whose bytes are stored, with their key. Of those that are being made or failed it tells unmade, if that
// is not nil: what lies under their ids is of an attempt, by our own journal, and nothing can open it.
func (p *pass) packed(ctx context.Context, unmade func(custody.PackageID)) iter.Seq2[stored, error] {
	return func(yield func(stored, error) bool) {
		for pkg, err := range p.Books.AllPackages(ctx) {
			if err != nil {
				yield(stored{}, err)
				return
			}
			if !made(pkg) {
				if unmade != nil {
					unmade(pkg.ID)
				}
				continue
			}
			key, err := p.Books.PackageKey(ctx, pkg.ID)
			if err != nil && custody.KindOf(err) == custody.NotFound {
				if err := p.keylessPackage(ctx, pkg.ID); err != nil {
					yield(stored{}, err)
					return
				}
				continue // nothing accounts for its object then
			}
			if !yield(stored{pkg.ID, key}, err) || err != nil {
				return
			}
		}
	}
}

// made reports that the package's bytes were stored.
func made(p release.Package) bool { return p.State != release.Building && p.State != release.Failed }

// stored is a package at rest.
type stored struct {
	id  custody.PackageID
	key release.SealedKey
}

func (s stored) record() record { return objectRecord(string(s.id), s.key.Size) }

// scanPacked tallies packages at rest and sets apart what lies under the ids of those that were not made.
func (p *pass) scanPacked(ctx context.Context, apart map[string]bool) error {
	var n uint64
	for s, err := range p.packed(ctx, func(id custody.PackageID) { apart[string(id)] = true }) {
		if err != nil {
			return err
		}
		p.stored.add(s.record())
		n++
	}
	p.report.count("I2", "packages", n)
	return nil
}

// strayPackage reports that an object which no row accounted for is a package's that was begun or made meanwhile.
func (p *pass) strayPackage(ctx context.Context, id string) (known bool, err error) {
	if !custody.ValidID("pkg_", id) {
		return false, nil
	}
	pkg, err := p.Books.PackageByID(ctx, custody.PackageID(id))
	if gone, err := missing(err); err != nil || gone {
		return false, err
	}
	if !made(pkg) {
		return true, nil
	}
	key, err := p.Books.PackageKey(ctx, pkg.ID)
	if gone, err := missing(err); err != nil || gone {
		left, _, err := p.destroyed(ctx, pkg.ID)
		return left, err
	}
	st, err := p.Objects.Stat(ctx, id)
	return err == nil && st.Size == key.Size, err
}

// readPackages proves that every package at rest lies as it was put.
func (p *pass) readPackages(ctx context.Context) error {
	if p.Quick {
		return nil
	}
	var n uint64
	for s, err := range p.packed(ctx, nil) {
		if err != nil {
			return err
		}
		if p.report.has("package", string(s.id)) {
			continue // named already
		}
		err := p.Vault.VerifyPackage(ctx, s.id, s.key)
		switch {
		case err == nil:
			n++
		case ctx.Err() != nil || p.disposedSince(ctx, string(s.id)):
		case custody.KindOf(err) == custody.Unavailable:
			return err
		default:
			p.report.add(Finding{"I1", "package", string(s.id), custody.PublicText(err) + cause(err),
				"restore the object from a copy of the store or an earlier version of it, or have the package made anew"})
		}
	}
	p.report.count("I1", "packages read whole", n)
	return nil
}
