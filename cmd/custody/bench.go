package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/footage-custody/custody/cmd/custody/bench"
	"github.com/footage-custody/custody/internal/custody"
)

type benchCommand struct {
	N          []int    `help:"Cameras of the ingest table's rows." name:"n" default:"1,10,50,200"`
	Seconds    int      `help:"Length of a window." default:"60"`
	Repeat     int      `help:"Windows of each row; the median is reported." default:"1"`
	Quick      bool     `help:"Short windows and few of everything: to see that it works, not what it costs."`
	Only       []string `help:"Exercises: ingest, store-stall, spool-stall, kill, return, append, settle. All if left out."`
	Control    int      `help:"Largest N with ffmpeg -c copy as control; more processes than that measure the machine." default:"50"`
	Dir        string   `help:"Where the sites under test are made and removed: the disk that is measured." default:".cache/bench" type:"path"`
	Cache      string   `help:"Where encoded clips are kept." default:".cache/media" type:"path"`
	JSON       string   `help:"Write everything that was measured to this file." type:"path"`
	CPUProfile string   `help:"Write a CPU profile of each row's recorder into this directory." name:"cpuprofile" type:"path"`
}

// Run measures this machine and prints the targets beside what was measured.
func (c *benchCommand) Run(ctx context.Context, term terminal) error {
	o, err := c.options()
	if err != nil {
		return err
	}
	if o.FFmpeg == "" {
		fmt.Fprintln(term.err, "custody: ffmpeg is not installed, so there is no control")
	}
	report, err := bench.Run(ctx, o, benchSite(term), term.out)
	if report == nil {
		return err
	}
	fmt.Fprintln(term.out, "For the README:")
	return errors.Join(err, report.WriteMarkdown(term.out), c.write(report))
}

func (c *benchCommand) options() (o bench.Options, err error) {
	for _, n := range c.N {
		if n < 1 {
			return o, custody.Errorf(custody.Invalid, "--n: numbers of cameras, at least 1 each")
		}
	}
	if c.Seconds < 1 || c.Repeat < 1 {
		return o, custody.Errorf(custody.Invalid, "--seconds and --repeat: at least 1")
	}
	o = bench.Options{Dir: c.Dir, Cache: c.Cache, Only: c.Only, Cameras: c.N, Repeat: c.Repeat, ControlMost: c.Control, Profiles: c.CPUProfile,
		Window: time.Duration(c.Seconds) * time.Second, Settle: 15 * time.Second, Steady: 75 * time.Second, // every camera has settled a segment
		StallCameras: 50, StoreStall: 30 * time.Second, SpoolStall: 10 * time.Second,
		Kills: 10, Few: 8, Returns: 3, Away: 20 * time.Second, Rate: 5 * time.Second, Segments: 160}
	if c.Quick {
		o.Cameras, o.Repeat, o.Window, o.Settle, o.Steady = []int{1, 10, 50}, 1, 10*time.Second, 5*time.Second, 5*time.Second
		o.StallCameras, o.Kills, o.Few, o.Returns, o.Away, o.Rate, o.Segments = 20, 3, 4, 1, 5*time.Second, 2*time.Second, 40
	}
	if o.Program, err = os.Executable(); err != nil {
		return o, err
	}
	o.FFmpeg, _ = exec.LookPath("ffmpeg") // absent: no control
	if o.Profiles != "" {
		err = os.MkdirAll(o.Profiles, 0o755)
	}
	return o, err
}

// benchSite opens a site with faults and delays under it, wired as serve wires it.
func benchSite(term terminal) bench.Open {
	return func(ctx context.Context, config string, under bench.Seams) (bench.Site, error) {
		s, err := openServer(ctx, config, term, seams{objects: under.Objects, disk: under.Disk, commits: under.Commits})
		if err != nil {
			return bench.Site{}, err
		}
		return bench.Site{Recorder: s.recorder, Clock: s.clock, Close: s.close}, nil
	}
}

func (c *benchCommand) write(r *bench.Report) error {
	if c.JSON == "" {
		return nil
	}
	text, err := json.MarshalIndent(struct {
		*bench.Report
		Verdicts []bench.Verdict `json:"verdicts"`
	}{r, r.Verdicts()}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(c.JSON, append(text, '\n'), 0o644)
}
