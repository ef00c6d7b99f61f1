package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"time"

	"github.com/footage-custody/custody/cmd/custody/bench"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/proof/seal"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/audit"
	"github.com/footage-custody/custody/internal/trust/identity"
)

type benchCommand struct {
	Topic      []string `arg:"" optional:"" help:"record (what a recorded camera costs, what faults lose), view (what looking costs), release (packages, holds, disposal); all if left out."`
	N          []int    `help:"Cameras of the ingest table's rows." name:"n" default:"1,10,50,200"`
	Seconds    int      `help:"Length of a window." default:"60"`
	Repeat     int      `help:"Windows of each row; the median is reported." default:"1"`
	Quick      bool     `help:"Short windows and few of everything: to see that it works, not what it costs."`
	Only       []string `help:"Exercises of record: ingest, store-stall, spool-stall, kill, return, append, settle; of view: reads, seek, crowd, decide; of release: package, hold."`
	Control    int      `help:"Largest N with ffmpeg -c copy as control; more processes than that measure the machine." default:"50"`
	Dir        string   `help:"Where the sites under test are made and removed: the disk that is measured." default:".cache/bench" type:"path"`
	Cache      string   `help:"Where encoded clips are kept." default:".cache/media" type:"path"`
	JSON       string   `help:"Write everything that was measured to this file." type:"path"`
	CPUProfile string   `help:"Write a CPU profile of each row's server into this directory." name:"cpuprofile" type:"path"`
	Plain      string   `help:"Only serve this directory's files by net/http: the control of reads." hidden:"" type:"path"`
}

// Run measures this machine and prints the targets beside what was measured.
func (c *benchCommand) Run(ctx context.Context, term terminal) error {
	if c.Plain != "" {
		return bench.ServePlain(ctx, c.Plain, term.out)
	}
	o, err := c.options()
	if err != nil {
		return err
	}
	if o.FFmpeg == "" {
		fmt.Fprintln(term.err, "custody: ffmpeg is not installed, so there is no control")
	}
	o.Desks = benchDesks(term)
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
	o = bench.Options{Dir: c.Dir, Cache: c.Cache, Only: slices.Concat(c.Topic, c.Only), Cameras: c.N, Repeat: c.Repeat, ControlMost: c.Control, Profiles: c.CPUProfile,
		Window: time.Duration(c.Seconds) * time.Second, Settle: 15 * time.Second, Steady: 75 * time.Second, // every camera has settled a segment
		StallCameras: 50, StoreStall: 30 * time.Second, SpoolStall: 10 * time.Second,
		Kills: 10, Few: 8, Returns: 3, Away: 20 * time.Second, Rate: 5 * time.Second, Segments: 160,
		Readers: []int{1, 4, 16}, Rounds: 3, Shelf: 12, Reel: 4 * time.Minute,
		Historic: 32, History: 30 * 24 * time.Hour, Seeks: 300, Recorded: 50, Viewers: 50, Looking: 20 * time.Second}
	if c.Quick {
		o.Cameras, o.Repeat, o.Window, o.Settle, o.Steady = []int{1, 10, 50}, 1, 10*time.Second, 5*time.Second, 5*time.Second
		o.StallCameras, o.Kills, o.Few, o.Returns, o.Away, o.Rate, o.Segments = 20, 3, 4, 1, 5*time.Second, 2*time.Second, 40
	}
	if c.Quick {
		o.Readers, o.Rounds, o.Shelf, o.Reel = []int{1, 4}, 1, 2, time.Minute
		o.Historic, o.History, o.Seeks, o.Recorded, o.Viewers, o.Looking = 2, 24*time.Hour, 30, 10, 10, 8*time.Second
	}
	o.Film, o.Short, o.Rendered, o.Doomed = time.Hour, 10*time.Minute, time.Minute, time.Hour
	if c.Quick {
		o.Film, o.Short, o.Rendered, o.Doomed = 2*time.Minute, time.Minute, 10*time.Second, 10*time.Minute
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
		return bench.Site{Recorder: s.recorder, Clock: s.clock, Judge: s.judge, Diary: s.diary, Close: s.close,
			Hire: func(ctx context.Context) (access.Actor, error) { return hireForBench(ctx, s, "bench") },
			Verify: func(ctx context.Context) (uint64, error) {
				r, err := audit.Verify(ctx, audit.Verification{Store: s.db, Keys: seal.KnownKeys(s.ring.LogKeys()...), Site: s.config.Site.Origin})
				if err == nil && len(r.Problems) > 0 {
					err = custody.Errorf(custody.Corrupt, "the log: %s", r.Problems[0])
				}
				return r.Entries, err
			}}, nil
	}
}

// hireForBench adds a custodian who has signed in and acknowledged the policy.
func hireForBench(ctx context.Context, s *server, login string) (access.Actor, error) {
	operator, err := identity.Operator(s.ring)
	if err != nil {
		return access.Actor{}, err
	}
	r, err := s.newRegister(ctx)
	if err != nil {
		return access.Actor{}, err
	}
	p := &personnel{s.books, s.newOffice(r), operator}
	_, link, err := p.add(ctx, identity.New{Login: login, Name: login, Bundle: identity.BundleCustodian, AllCameras: true})
	if err != nil {
		return access.Actor{}, err
	}
	in, err := r.Join(ctx, identity.Joining{Token: link.Token, Password: "a long password that only the benchmark uses", Address: "127.0.0.1"})
	if err != nil {
		return access.Actor{}, err
	}
	settings, err := s.db.Facts().Settings(ctx)
	if err == nil {
		in, err = r.Acknowledge(ctx, in.Actor, settings.PolicyVersion, "127.0.0.1")
	}
	return in.Actor, err
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
