package vault

import (
	"context"
	"errors"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Read returns one fragment in the clear: its moof+mdat bytes, and its entry in the fragment table. It may be of a segment that is
// being written, waiting in the spool, or settled. The last fragment of a segment being written has no certain end yet. The Grant is of
// FootageRead, FootageStill or FootageExport; this and what follows judge a fragment alike (permit.go).
//
// Errors: Denied (the Grant does not allow this, or no longer), NotFound (no such segment or fragment, or one of another
// camera: the two look the same), Corrupt (naming segment and fragment), Unavailable.
func (v *Vault) Read(ctx context.Context, g access.Grant, id custody.SegmentID, fragment uint32) ([]byte, media.FragmentInfo, error) {
	s, err := v.grantedFragment(ctx, g, id, fragment)
	if err != nil {
		return nil, media.FragmentInfo{}, err
	}
	info := s.infos[fragment]
	b, err := v.fragment(ctx, s, info)
	if err != nil {
		return nil, media.FragmentInfo{}, err
	}
	return b, info, nil
}

// Init returns what a segment's fragments need to be played and explained: the init section and the run header. At least one
// fragment must be permitted. Errors are Read's.
func (v *Vault) Init(ctx context.Context, g access.Grant, id custody.SegmentID) (SegmentHead, error) {
	s, _, err := v.grantedFragments(ctx, g, id)
	if err != nil {
		return SegmentHead{}, err
	}
	return v.head(ctx, s)
}

// Units returns the evidence about the access units of those of the segment's fragments that are permitted; at least one must
// be. Errors are Read's.
func (v *Vault) Units(ctx context.Context, g access.Grant, id custody.SegmentID) ([]UnitTable, error) {
	s, infos, err := v.grantedFragments(ctx, g, id)
	if err != nil {
		return nil, err
	}
	return v.units(ctx, s, infos)
}

// granted finds the segment if the Grant is about its camera and still good for anything. A segment of another camera and one that
// does not exist fail alike (CONTRACTS 16).
func (v *Vault) granted(ctx context.Context, g access.Grant, id custody.SegmentID) (*source, error) {
	if err := stands(g, opening()); err != nil {
		return nil, err
	}
	s, err := v.find(ctx, id)
	var gone *disposedError
	switch {
	case errors.As(err, &gone) && gone.camera == g.Camera():
		return nil, gone.err(id)
	case custody.KindOf(err) == custody.NotFound || err == nil && s.camera != g.Camera():
		return nil, custody.Errorf(custody.NotFound, "there is no segment %s", id)
	}
	return s, err
}

// grantedFragment is granted for one fragment, which exists then.
func (v *Vault) grantedFragment(ctx context.Context, g access.Grant, id custody.SegmentID, fragment uint32) (*source, error) {
	s, err := v.granted(ctx, g, id)
	if err != nil {
		return nil, err
	}
	if int64(fragment) >= int64(len(s.infos)) {
		return nil, custody.Errorf(custody.NotFound, "segment %s has no fragment %d", id, fragment)
	}
	return s, v.permits(g, opening(), s.camera, s.infos[fragment])
}

// grantedFragments is granted together with the fragments that the Grant permits.
func (v *Vault) grantedFragments(ctx context.Context, g access.Grant, id custody.SegmentID) (*source, []media.FragmentInfo, error) {
	s, err := v.granted(ctx, g, id)
	if err != nil {
		return nil, nil, err
	}
	var infos []media.FragmentInfo
	err = custody.Errorf(custody.NotFound, "segment %s has no fragment yet", id)
	for _, f := range s.infos {
		refusal := v.permits(g, opening(), s.camera, f)
		if refusal == nil {
			infos = append(infos, f)
		} else if len(infos) == 0 {
			err = refusal
		}
	}
	if len(infos) == 0 {
		return nil, nil, err
	}
	return s, infos, nil
}
