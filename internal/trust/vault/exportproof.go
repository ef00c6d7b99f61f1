package vault

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/proof/seal"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Evidence is what proves units of one segment against the log.
type Evidence struct {
	Row       media.SegmentRow // without its key
	Header    []byte           // the run header as it is stored: what the first leaf commits to
	Table     []byte           // the fragment table as it is stored: what the last leaf commits to
	Leaves    []seal.Hash      // of all its units, in the order of the tree: leaves 1 to len(Leaves)
	Disclosed []Disclosed      // the units that were asked for, in that order
}

// Disclosed is the content of one unit's leaf.
type Disclosed struct {
	At     int // in Evidence.Leaves
	Unit   media.Unit
	Wall   custody.Instant // when it is shown
	Salt   seal.Salt
	Digest [32]byte // SHA-256 of its payload
}

// Evidence reads a settled segment's evidence and proves it against its row before anything is told: the tables, the run header and the
// leaves have the root that the log's entry states. wanted is asked about each unit that is shown inside the Grant's span, in the order
// of the tree; no other unit's salt or digest is told, so that an undisclosed unit cannot be guessed. The Grant is of FootageExport.
//
// Errors: Denied, NotFound (no such settled segment of this camera, or nothing of it is inside the span), Corrupt, Unavailable. Memory: the
// segment's index, and 32 bytes a unit and 120 for each that is disclosed.
func (v *Vault) Evidence(ctx context.Context, g access.Grant, id custody.SegmentID, wanted func(media.Unit) bool) (Evidence, error) {
	if err := g.Allows(access.FootageExport); err != nil {
		return Evidence{}, err
	}
	row, err := v.catalog.Segment(ctx, id)
	if custody.KindOf(err) == custody.NotFound || err == nil && (row.Camera != g.Camera() || len(row.WrappedKey) == 0) {
		return Evidence{}, custody.Errorf(custody.NotFound, "there is no segment %s", id)
	}
	if err != nil {
		return Evidence{}, err
	}
	s, err := v.findSettled(ctx, id)
	if err != nil {
		return Evidence{}, err
	}
	r := objectReader{ctx, v.objects, string(id)}
	head, x, infos, err := readSealed(s, r)
	if err == nil {
		err = describes(row, head, x)
	}
	if err != nil {
		return Evidence{}, custody.Wrap(kindOf(err), err, "segment %s is not what was sealed", id)
	}
	e := Evidence{Row: row, Header: head.run, Table: x.packed}
	e.Row.KeyID, e.Row.WrappedKey = "", nil
	d := discloser{v: v, g: g, box: s.box, head: head, wanted: wanted, out: &e}
	return e, d.all(x, infos)
}

// readSealed reads head and index of a settled segment.
func readSealed(s *source, r io.ReaderAt) (*headRecord, *index, []media.FragmentInfo, error) {
	head, err := (&scanner{box: s.box, r: r, size: s.size, sum: sha256.New()}).head(s.id)
	if err != nil {
		return nil, nil, nil, err
	}
	if err := media.ValidTracks(head.Run.Tracks); err != nil {
		return nil, nil, nil, custody.Wrap(custody.Corrupt, err, "its head names no tracks that can be")
	}
	x, infos, err := readIndex(s.box, r, s.size)
	return &head, x, infos, err
}

// describes fails with Corrupt unless head and index are those that the row is about.
func describes(row media.SegmentRow, head *headRecord, x *index) error {
	run := head.Run
	switch {
	case run.Camera != row.Camera || run.Stream != row.Stream || run.Run != row.Run || head.Number != row.Number:
		return custody.Errorf(custody.Corrupt, "its head and its row differ in their camera, stream or run")
	case x.root != row.Root || x.leaves != row.Leaves || !bytes.Equal(x.packed, row.Fragments):
		return custody.Errorf(custody.Corrupt, "its index and its row differ in their root or fragments")
	}
	return nil
}

// discloser makes the leaves and tells what was asked for.
type discloser struct {
	v      *Vault
	g      access.Grant
	box    *box
	head   *headRecord
	wanted func(media.Unit) bool
	out    *Evidence
	inside bool // some unit is
}

// all walks the tables in the order of the tree and proves the root.
func (d *discloser) all(x *index, infos []media.FragmentInfo) error {
	id := d.out.Row.ID
	var tree seal.SegmentTree
	tree.Add(seal.RunLeaf(d.out.Header))
	d.out.Leaves = make([]seal.Hash, 0, min(d.out.Row.Units, maxIndex/32))
	for n, content := range x.tables {
		t, err := parseUnits(content, uint32(n))
		if err != nil {
			return custody.Wrap(kindOf(err), err, "segment %s is not what was sealed", id)
		}
		t.Fragment = infos[n]
		at := len(d.out.Leaves)
		for i, u := range t.Units {
			d.out.Leaves = append(d.out.Leaves, unitLeaf(d.box, u, t.Digests[i]))
		}
		for _, leaf := range d.out.Leaves[at:] {
			tree.Add(leaf)
		}
		if err := d.fragment(t, at); err != nil {
			return d.refuse(err)
		}
	}
	tree.Add(seal.TableLeaf(x.packed))
	if tree.Root() != d.out.Row.Root || tree.Size() != d.out.Row.Leaves {
		return d.refuse(custody.Errorf(custody.Corrupt, "segment %s: its leaves do not have the root that its row states", id))
	}
	if !d.inside {
		return d.refuse(custody.Errorf(custody.NotFound, "nothing of segment %s is inside the decided span", id))
	}
	return nil
}

// refuse tells nothing.
func (d *discloser) refuse(err error) error {
	*d.out = Evidence{}
	return err
}

// fragment tells what was asked for of one fragment, whose first unit is leaf at.
func (d *discloser) fragment(t UnitTable, at int) error {
	if err := d.v.permitsPart(d.g, d.g.Camera(), t.Fragment); err != nil {
		return err
	}
	tracks := d.head.Run.Tracks
	for i, u := range t.Units {
		if u.Track == 0 || int(u.Track) > len(tracks) {
			return custody.Errorf(custody.Corrupt, "segment %s: a unit is of track %d, which the run does not have", d.out.Row.ID, u.Track)
		}
		wall := media.TrackWall(t.Fragment, tracks[0].Timescale, tracks[u.Track-1].Timescale, u.PTS)
		inside, err := d.v.shownInside(d.g, d.g.Camera(), t.Fragment, wall)
		if err != nil {
			return err
		}
		d.inside = d.inside || inside
		if inside && wanted(d.wanted, u) {
			d.out.Disclosed = append(d.out.Disclosed, Disclosed{At: at + i, Unit: u, Wall: wall,
				Salt: seal.UnitSalt(d.box.leaf, u.Track, u.Seq), Digest: t.Digests[i]})
		}
	}
	return nil
}

func wanted(ask func(media.Unit) bool, u media.Unit) bool { return ask != nil && ask(u) }
