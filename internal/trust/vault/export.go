package vault

import (
	"context"
	"io"
	"iter"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/proof/seal"
	"github.com/footage-custody/custody/internal/trust/access"
)

// MaxCut is the longest Grant that Cuts works under.
const MaxCut = 7 * 24 * 60 * 60e6 // microseconds

// CutUnit is one access unit of a Cut.
type CutUnit struct {
	media.Shown                   // its wall time is by CONTRACTS 1
	Segment     custody.SegmentID // that it is sealed in
	Leaf        uint64            // its leaf in that segment's tree, from 1; 0 is the run header's
	Inside      bool              // it is shown inside the Grant's span: nothing else ever leaves
	Reel        bool              // it is among what Reel writes
}

// Cut is the footage of one run for one Grant, exact to the unit: what release makes a package of. The units that Units yields are numbered
// from 0, as a media.Cutter that is given all of them numbers them. Not safe for concurrent use; Close it.
type Cut struct{}

// Cuts returns a Cut for every run of the stream that has fragments in the Grant's span, in order of time.
func (v *Vault) Cuts(ctx context.Context, g access.Grant, stream custody.StreamID) ([]*Cut, error) {
	return nil, custody.Errorf(custody.Unavailable, "not open yet")
}

// Run is the run.
func (c *Cut) Run() custody.RunID { return "" }

// Segments are the segments that hold what is inside the Grant's span, in order.
func (c *Cut) Segments() []custody.SegmentID { return nil }

// Head is the head of the first of them: the tracks and the init section, which are the whole run's.
func (c *Cut) Head(ctx context.Context) (SegmentHead, error) { return SegmentHead{}, nil }

// Units yields the run's units as they are sealed: from the last closed random access point before the Grant's span to the end of the
// fragment after the one in which it ends. It reads no picture, so that a Grant of FootageList is enough.
func (c *Cut) Units(ctx context.Context) iter.Seq2[CutUnit, error] { return nil }

// Payload is what unit number at holds, if it is inside the Grant's span: Denied otherwise. The bytes are good until the next call. Ask in
// order: going back reads again. FootageExport only.
func (c *Cut) Payload(ctx context.Context, at uint32) ([]byte, error) { return nil, nil }

// Reel writes the whole fragments (moof and mdat) that a decoder needs to show what is inside the Grant's span: from the last that begins at
// a random access unit before it, at most LongestGroup. FootageExport only. What it writes holds pictures outside the span and goes
// to a decoder, never to anybody else.
func (c *Cut) Reel(ctx context.Context, w io.Writer) error { return nil }

// Close gives the memory back.
func (c *Cut) Close() {}

// Evidence is what proves units of one segment against the log.
type Evidence struct {
	Row       media.SegmentRow // without its key
	Header    []byte           // the run header as it is stored: input of the first leaf
	Table     []byte           // the fragment table as it is stored: input of the last leaf
	Leaves    []seal.Hash      // of all its units in the order of the tree
	Disclosed []Disclosed      // what was asked for, in order
}

// Disclosed is the rest of a unit's leaf.
type Disclosed struct {
	At     int // in Evidence.Leaves
	Unit   media.Unit
	Wall   custody.Instant
	Salt   seal.Salt
	Digest [32]byte // SHA-256 of its payload
}

// Evidence reads a settled segment's evidence and proves it against its row. wanted is asked about each unit inside the Grant's span, in
// order, and no salt of another is told. FootageExport only.
func (v *Vault) Evidence(ctx context.Context, g access.Grant, id custody.SegmentID, wanted func(media.Unit) bool) (Evidence, error) {
	return Evidence{}, custody.Errorf(custody.Unavailable, "not open yet")
}
