package simcam

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"regexp"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// MaxCameras bounds one farm.
const MaxCameras = 2000

// CameraSpec is one camera of a farm. The zero value is a looping H264Plain camera without audio.
type CameraSpec struct {
	Path       string      // of the URL, without a slash; default cam0001, cam0002 ...
	Profile    Profile     // default H264Plain
	Alternates []Profile   // what Switch may change to; same codec as Profile
	Audio      media.Codec // AAC, Opus, or empty for none
	Placement  Placement   // of parameter sets
	Aggregate  bool        // send parameter sets in one STAP-A or AP
	Live       bool        // encode live at 640x360 with a burnt-in UTC clock; Profile, Alternates, Audio and Aggregate must be empty
	Faults     []Fault     // from the start
}

// Options configure a Farm.
type Options struct {
	Listen   string // RTSP address; default 127.0.0.1:0
	TLS      string // RTSPS address; empty for none
	Control  string // HTTP address of the control endpoint (see Farm.Control); empty for none
	CacheDir string // where encoded clips are kept; must be given unless all cameras are live
	FFmpeg   string // default ffmpeg, from PATH

	Cameras []CameraSpec
	Count   int     // adds that many cameras with Profile, after Cameras
	Profile Profile // of those; default H264Plain

	Stagger time.Duration    // a session's first unit is delayed by up to that much, evenly over the cameras
	Ledger  int              // how many ledger entries to keep; 0 keeps none and computes no digests
	Now     func() time.Time // wall clock with a monotonic reading that runs in real time; default the machine's
	Log     *slog.Logger     // default discards
}

// finished returns the options with defaults filled in, or what is wrong with them.
func (o Options) finished() (Options, error) {
	for range max(o.Count, 0) {
		o.Cameras = append(o.Cameras[:len(o.Cameras):len(o.Cameras)], CameraSpec{Profile: o.Profile})
	}
	if len(o.Cameras) == 0 || len(o.Cameras) > MaxCameras {
		return o, custody.Errorf(custody.Invalid, "a farm has 1 to %d cameras, not %d: change the count", MaxCameras, len(o.Cameras))
	}
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	if o.FFmpeg == "" {
		o.FFmpeg = "ffmpeg"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.CacheDir != "" {
		dir, err := filepath.Abs(o.CacheDir)
		if err != nil {
			return o, custody.Wrap(custody.Invalid, err, "the cache directory %q has no absolute path", o.CacheDir)
		}
		o.CacheDir = dir
	}
	return o.named()
}

// named checks the cameras and gives each its path.
func (o Options) named() (Options, error) {
	o.Cameras = append([]CameraSpec(nil), o.Cameras...)
	plain := regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	seen := map[string]bool{}
	for i := range o.Cameras {
		c := &o.Cameras[i]
		if c.Path == "" {
			c.Path = fmt.Sprintf("cam%04d", i+1)
		}
		switch {
		case !plain.MatchString(c.Path) || seen[c.Path] || c.Path == "all" || c.Path == "listener":
			return o, custody.Errorf(custody.Invalid, "the camera path %q is not 1-64 letters, digits, _ and -, or is used twice, or is all or listener", c.Path)
		case c.Live && (c.Profile != "" || c.Alternates != nil || c.Audio != "" || c.Aggregate):
			return o, custody.Errorf(custody.Invalid, "the live camera %q has no profile, alternates, audio or aggregation: leave them empty", c.Path)
		case !c.Live && o.CacheDir == "":
			return o, custody.Errorf(custody.Invalid, "the cache directory is missing: name one, for example .cache/media")
		case c.Audio != "" && c.Audio != media.AAC && c.Audio != media.Opus:
			return o, custody.Errorf(custody.Invalid, "the audio of camera %q is neither aac nor opus", c.Path)
		case c.Placement != SetsBoth && c.Placement != SetsInBand && c.Placement != SetsInSDP:
			return o, custody.Errorf(custody.Invalid, "the placement of camera %q is neither empty, in-band nor sdp-only", c.Path)
		}
		if err := c.sameCodec(); err != nil {
			return o, err
		}
		seen[c.Path] = true
	}
	return o, nil
}

func (c CameraSpec) sameCodec() error {
	first, err := c.Profile.recipe()
	if err != nil {
		return err
	}
	for _, p := range c.Alternates {
		r, err := p.recipe()
		if err != nil {
			return err
		}
		if r.codec != first.codec {
			return custody.Errorf(custody.Invalid, "the alternate %q of camera %q has another codec than %q", p, c.Path, c.Profile)
		}
	}
	return nil
}
