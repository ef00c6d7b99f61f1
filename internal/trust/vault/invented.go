package vault

import (
	"bytes"
	"context"
	"errors"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// ErrInvented marks the errors of VerifyMedia that break I4: something in the object did not come from the camera.
var ErrInvented = errors.New("not what the camera sent")

// VerifyMedia is VerifySegment against the segment's run as well: the object's run header is that of the index, and its
// init section is exactly what the run's tracks give. deep also splits every fragment into its access units, compares each
// payload with its digest (I5) and proves that no unit carries a parameter set other than the run's (CONTRACTS 18).
// Errors are VerifySegment's; those about I4 are ErrInvented too.
func (v *Vault) VerifyMedia(ctx context.Context, row media.SegmentRow, run media.RunHeader, deep bool) error {
	var look func(UnitTable, []byte) error
	if deep {
		look = func(t UnitTable, fragment []byte) error {
			if err := checkPayloads(t, fragment); err != nil {
				return err
			}
			return checkSets(run.Tracks, t, fragment)
		}
	}
	o, err := v.verify(ctx, row, look)
	if err != nil {
		return err
	}
	if want, err := run.Encode(); err != nil || !bytes.Equal(want, o.head.run) {
		return invented("segment %s: the run header in the object is not that of run %s in the index", row.ID, run.Run)
	}
	if init, err := media.InitSection(run.Tracks); err != nil || !bytes.Equal(init, o.head.Init) {
		return invented("segment %s: the init section in the object is not what the tracks of run %s give", row.ID, run.Run)
	}
	return nil
}

// checkSets fails if a unit carries a parameter set that the run's sample entries do not have. It runs after
// checkPayloads, so the units fill the media data.
func checkSets(tracks []media.Track, t UnitTable, fragment []byte) error {
	data, err := mediaData(fragment)
	if err != nil {
		return err
	}
	for _, u := range t.Units {
		payload := data[:u.Size]
		data = data[u.Size:]
		if u.Track == 0 || int(u.Track) > len(tracks) {
			return invented("unit %d belongs to track %d, which the run does not have", u.Seq, u.Track)
		}
		track := tracks[u.Track-1]
		_, params, err := media.Inspect(track.Codec, payload)
		if err != nil {
			return invented("unit %d of track %d is not made of whole NAL units", u.Seq, u.Track)
		}
		if _, changed := track.WithParams(params); changed {
			return invented("unit %d of track %d carries a parameter set that is not its run's", u.Seq, u.Track)
		}
	}
	return nil
}

func invented(format string, args ...any) error {
	return custody.Wrap(custody.Corrupt, ErrInvented, format, args...)
}
