package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/site/config"
)

type simcamCommand struct {
	Listen  string        `help:"RTSP address." default:"127.0.0.1:8554"`
	TLS     string        `help:"RTSPS address; none if left out." name:"tls"`
	Control string        `help:"HTTP address that takes faults while it runs; none if left out."`
	Count   int           `help:"Looping cameras, named cam0001, cam0002 ..." default:"2"`
	Profile string        `help:"What they send; --profiles lists the names." default:"h264"`
	Live    int           `help:"Cameras that encode live with a burnt-in UTC clock, before the looping ones."`
	Audio   string        `help:"Audio of the looping cameras: aac or opus." enum:"aac,opus," default:""`
	Fault   []string      `help:"Fault of every camera from the start, such as lose?percent=1; --profiles lists them." placeholder:"FAULT"`
	Cache   string        `help:"Where encoded clips are kept." type:"path"`
	Ledger  int           `help:"Keep that many ledger entries, served by --control."`
	Stagger time.Duration `help:"Delay the first picture of a session by up to this much, evenly over the cameras." default:"2s"`
	For     time.Duration `help:"Stop by itself after this long."`
	List    bool          `help:"List profiles and faults, and exit." name:"profiles"`
}

// Run runs simulated cameras until told to stop.
func (c *simcamCommand) Run(ctx context.Context, term terminal) error {
	if c.List {
		fmt.Fprintln(term.out, "profiles:", simcam.Profiles())
		fmt.Fprintln(term.out, "faults:", simcam.FaultNames())
		return nil
	}
	o, err := c.options(term)
	if err != nil {
		return err
	}
	farm, err := simcam.Start(o)
	if err != nil {
		return err
	}
	defer farm.Stop()
	for _, cam := range farm.Cameras() {
		fmt.Fprintln(term.out, cam.URL())
	}
	if farm.Control() != "" {
		fmt.Fprintln(term.out, "control:", farm.Control())
	}
	if c.For > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.For)
		defer cancel()
	}
	<-ctx.Done()
	return nil
}

func (c *simcamCommand) options(term terminal) (simcam.Options, error) {
	if c.Count < 0 || c.Live < 0 || c.Count+c.Live == 0 || c.Count+c.Live > simcam.MaxCameras {
		return simcam.Options{}, custody.Errorf(custody.Invalid, "--count and --live: 1 to %d cameras together", simcam.MaxCameras)
	}
	var faults []simcam.Fault
	for _, text := range c.Fault {
		f, err := simcam.ParseFault(text)
		if err != nil {
			return simcam.Options{}, err
		}
		faults = append(faults, f)
	}
	o := simcam.Options{Listen: c.Listen, TLS: c.TLS, Control: c.Control, CacheDir: c.Cache, Ledger: c.Ledger,
		Stagger: c.Stagger, Now: time.Now, Log: newLogger(config.Log{Level: "warn"}, term.err)}
	if o.CacheDir == "" {
		dir, err := os.UserCacheDir()
		if err != nil {
			return simcam.Options{}, custody.Wrap(custody.Invalid, err, "--cache: there is no cache directory of yours; name one")
		}
		o.CacheDir = filepath.Join(dir, "custody", "media")
	}
	for range c.Live {
		o.Cameras = append(o.Cameras, simcam.CameraSpec{Live: true, Faults: faults})
	}
	for range c.Count {
		o.Cameras = append(o.Cameras, simcam.CameraSpec{Profile: simcam.Profile(c.Profile), Audio: media.Codec(c.Audio), Faults: faults})
	}
	return o, nil
}
