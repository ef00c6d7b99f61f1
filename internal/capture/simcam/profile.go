package simcam

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// Profile names a kind of video that is encoded once, kept in the cache directory and looped.
type Profile string

// The profiles. Unless said otherwise: 320x180, 15 frames a second, a random access unit every second, 4 s long.
const (
	H264Plain    Profile = "h264"            // no B-frames
	H264B        Profile = "h264-b"          // B-frames, closed GOPs
	H264OpenGOP  Profile = "h264-open"       // B-frames, open GOPs: recovery points, leading pictures
	H264Large    Profile = "h264-640x360"    // no B-frames, 25 frames a second; the partner for a resolution change
	H264LongGOP  Profile = "h264-gop10"      // one random access unit in 10 s
	H264Variable Profile = "h264-variable"   // no B-frames, 33 frames a second on average at uneven intervals
	H264Slices   Profile = "h264-slices"     // four slices a picture, 30 frames a second
	H265Plain    Profile = "h265"            // no B-frames
	H265OpenGOP  Profile = "h265-open"       // B-frames, CRA and RASL pictures
	Bench        Profile = "bench-h264-1080" // 1920x1080, 15 frames a second, 2 s GOP, 4 Mbit/s, 6 s long
)

// Profiles lists every profile.
func Profiles() []Profile {
	return []Profile{H264Plain, H264B, H264OpenGOP, H264Large, H264LongGOP, H264Variable, H264Slices, H265Plain, H265OpenGOP, Bench}
}

// recipe is how a profile is made.
type recipe struct {
	codec     media.Codec
	w, h, fps int
	frames    int
	gop       int
	kbit      int // 0: constant quality
	grain     int
	args      []string // to the encoder
	uneven    []int    // milliseconds between frames, repeated; replaces the constant frame rate
}

const recipeVersion = 1 // part of the cache key: raise when the painter changes

func (p Profile) recipe() (recipe, error) {
	r := recipe{codec: media.H264, w: 320, h: 180, fps: 15, frames: 60, gop: 15, grain: 3}
	switch p {
	case H264Plain, "":
	case H264B:
		r.args = []string{"-bf", "2", "-b_strategy", "0"}
	case H264OpenGOP:
		r.args = []string{"-bf", "2", "-b_strategy", "0", "-x264-params", "open-gop=1"}
	case H264Large:
		r.w, r.h, r.fps, r.frames, r.gop = 640, 360, 25, 100, 25
	case H264LongGOP:
		r.frames, r.gop = 150, 150
	case H264Variable:
		r.fps, r.frames, r.gop, r.uneven = 30, 120, 30, []int{33, 50, 10, 27}
	case H264Slices:
		r.fps, r.frames, r.gop, r.args = 30, 120, 30, []string{"-slices", "4"}
	case H265Plain:
		r.codec, r.args = media.H265, []string{"-x265-params", "bframes=0:open-gop=0"}
	case H265OpenGOP:
		r.codec, r.args = media.H265, []string{"-x265-params", "bframes=3:b-adapt=0:open-gop=1"}
	case Bench:
		r.w, r.h, r.frames, r.gop, r.kbit, r.grain = 1920, 1080, 90, 30, 4000, 4
	default:
		return r, custody.Errorf(custody.Invalid, "the profile %q is not known: use one of %v", p, Profiles())
	}
	return r, nil
}

// arguments are ffmpeg's, for raw frames on its standard input and a tee output.
func (r recipe) arguments() []string {
	n := strconv.Itoa
	a := []string{"-hide_banner", "-loglevel", "error", "-y", "-f", "rawvideo", "-pix_fmt", "yuv420p",
		"-s", fmt.Sprintf("%dx%d", r.w, r.h), "-r", n(r.fps), "-i", "pipe:0", "-map", "0:v"}
	if r.codec == media.H265 {
		a = append(a, "-c:v", "libx265", "-preset", "ultrafast", "-crf", "28")
		r.args = []string{r.args[0], r.args[1] + fmt.Sprintf(":keyint=%d:min-keyint=%d:scenecut=0:repeat-headers=1:log-level=none:pools=1:frame-threads=1", r.gop, r.gop)}
	} else {
		a = append(a, "-c:v", "libx264", "-preset", "ultrafast", "-threads", "2", "-sc_threshold", "0", "-g", n(r.gop), "-keyint_min", n(r.gop))
		if !slices.Contains(r.args, "-bf") {
			a = append(a, "-bf", "0")
		}
		if r.kbit > 0 {
			rate := n(r.kbit) + "k"
			a = append(a, "-b:v", rate, "-minrate", rate, "-maxrate", rate, "-bufsize", n(r.kbit/2)+"k")
		} else {
			a = append(a, "-crf", "28")
		}
	}
	return append(a, r.args...)
}
