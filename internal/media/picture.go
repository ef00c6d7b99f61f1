package media

import (
	"math"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"

	"github.com/footage-custody/custody/internal/custody"
)

// Picture is what a video track's first SPS says about its pictures.
type Picture struct {
	Width, Height int     // in luma samples, cropped
	FPS           float64 // frames per second by the SPS's own timing; 0 if it says none
	Reorder       int     // how many pictures may precede one in decoding order and follow it on screen: 0 to 16
}

// assumedReorder is the depth taken for an H.264 stream that may hold B-frames and does not say how deep (VUI without
// bitstream restrictions). The standard's inference is the whole decoded picture buffer; a Timeline that meets a deeper
// stream learns it.
const assumedReorder = 2

const maxReorder = 16 // H.264 A.3.1, H.265 A.4.2: max_dec_frame_buffering never exceeds 16

// Picture reads the track's first SPS. It fails with Invalid if the track is not video or the SPS cannot be read.
func (t Track) Picture() (p Picture, err error) {
	defer func() {
		if r := recover(); r != nil { // a camera's bytes in a third-party parser: never a panic
			p, err = Picture{}, custody.Errorf(custody.Invalid, "the sequence parameter set of track %d cannot be read", t.ID)
		}
	}()
	if len(t.SPS) == 0 {
		return p, custody.Errorf(custody.Invalid, "track %d has no sequence parameter set", t.ID)
	}
	switch t.Codec {
	case H264:
		p, err = avcPicture(t.SPS[0])
	case H265:
		p, err = hevcPicture(t.SPS[0])
	default:
		err = custody.Errorf(custody.Invalid, "track %d is not video", t.ID)
	}
	if err != nil {
		return Picture{}, custody.Wrap(custody.Invalid, err, "the sequence parameter set of track %d cannot be read", t.ID)
	}
	if p.Width <= 0 || p.Height <= 0 || p.Width > math.MaxUint16 || p.Height > math.MaxUint16 {
		return Picture{}, custody.Errorf(custody.Invalid, "track %d says its pictures are %d x %d", t.ID, p.Width, p.Height)
	}
	if !(p.FPS >= 0.1 && p.FPS <= 1000) { // also not a number
		p.FPS = 0
	}
	p.Reorder = min(p.Reorder, maxReorder)
	return p, nil
}

func avcPicture(set []byte) (Picture, error) {
	var s h264.SPS
	if err := s.Unmarshal(set); err != nil {
		return Picture{}, err
	}
	return Picture{Width: s.Width(), Height: s.Height(), FPS: s.FPS(), Reorder: avcReorder(&s)}, nil
}

// avcReorder applies H.264 E.2.1 (max_num_reorder_frames and its inference) and 8.2.1.3 (order by count type 2).
func avcReorder(s *h264.SPS) int {
	fields := 1
	if !s.FrameMbsOnlyFlag {
		fields = 2 // a unit may be one field of a frame
	}
	const baseline = 66
	switch {
	case s.PicOrderCntType == 2, s.ProfileIdc == baseline:
		return 0
	case s.VUI != nil && s.VUI.BitstreamRestriction != nil:
		return fields * int(min(s.VUI.BitstreamRestriction.MaxNumReorderFrames, maxReorder))
	case s.MaxNumRefFrames < 2:
		return 0 // a B-frame needs a picture on either side
	default:
		return fields * assumedReorder
	}
}

func hevcPicture(set []byte) (Picture, error) {
	var s h265.SPS
	if err := s.Unmarshal(set); err != nil {
		return Picture{}, err
	}
	p := Picture{Width: s.Width(), Height: s.Height(), FPS: s.FPS()}
	if n := len(s.MaxNumReorderPics); n > 0 {
		p.Reorder = int(min(s.MaxNumReorderPics[n-1], maxReorder)) // of the highest sub-layer
	}
	return p, nil
}
