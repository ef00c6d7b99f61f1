package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/footage-custody/custody/internal/capture/recorder"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/vault"
	"github.com/footage-custody/custody/storage/db"
)

// Options say what is measured, and for how long.
type Options struct {
	Program string // this program, started for the farm, the recorder and what sets a site up
	Dir     string // on the disk to be measured; what is made in it is removed
	Cache   string // of encoded clips
	FFmpeg  string // the control; without it there is none

	Only         []string      // names of exercises, or of topics for all of theirs; empty for all
	Cameras      []int         // of the ingest table's rows
	Window       time.Duration // of each row
	Settle       time.Duration // after the last camera plays, before anything is done
	Steady       time.Duration // the same before a window of the ingest table
	Repeat       int           // windows a row; the median is reported
	ControlMost  int           // cameras; ffmpeg on more would measure the machine's limits, not its own
	StallCameras int
	StoreStall   time.Duration
	SpoolStall   time.Duration
	Kills        int
	Few          int // cameras of the kills and returns
	Returns      int
	Away         time.Duration
	Rate         time.Duration // of each append rate
	Segments     int           // of each settle rate
	Readers      []int         // clients of the rows of reads
	Rounds       int           // of each such row; the median is reported
	Shelf        int           // cameras of the footage that is read, at most 16
	Reel         time.Duration // of each
	Historic     int           // cameras of the history that is sought in
	History      time.Duration // its length, at most 30 days
	Seeks        int           // requests of a row
	Recorded     int           // cameras that are recorded while people look
	Viewers      int           // who look at once
	Looking      time.Duration // how long
	Film         time.Duration // of the item that is packed; at least 30 s
	Short        time.Duration // of a shorter one, to see that memory does not grow
	Rendered     time.Duration // of the item whose viewing rendition is made
	Doomed       time.Duration // of the history that is past its schedule
	Desks        OpenDesks     // for the exercises of release
	Profiles     string        // directory for a CPU profile of each row's recorder; empty for none
}

// Seams are what may be put under a site.
type Seams struct {
	Objects func(vault.Objects) vault.Objects
	Disk    vault.Disk
	Commits *db.Faults
}

// Site is a recording site inside this process.
type Site struct {
	Recorder *recorder.Recorder
	Clock    custody.Clock
	Judge    *access.Judge
	Diary    access.Diary
	Hire     func(context.Context) (access.Actor, error)       // adds a custodian, who signs in and acknowledges the policy
	Verify   func(context.Context) (entries uint64, err error) // proves the whole log
	Close    func() error
}

// Open opens the site of a configuration file with something under it. It is the program's own wiring.
type Open func(ctx context.Context, config string, under Seams) (Site, error)

// Topics are the topics that Options.Only knows, in their order.
func Topics() []string { return []string{"record", "view", "release"} }

// Exercises are the names of a topic's exercises, in their order; of none for an unknown topic.
func Exercises(topic string) []string {
	switch topic {
	case "record":
		return []string{"ingest", "store-stall", "spool-stall", "kill", "return", "append", "settle"}
	case "view":
		return []string{"reads", "seek", "crowd", "decide"}
	case "release":
		return []string{"package", "hold"}
	}
	return nil
}

// chosen are the exercises that Only means, in their order. Invalid: a name that is neither a topic's nor an exercise's.
func (o Options) chosen() (out []string, err error) {
	known := Topics()
	for _, topic := range Topics() {
		for _, name := range Exercises(topic) {
			known = append(known, name)
			if len(o.Only) == 0 || slices.Contains(o.Only, name) || slices.Contains(o.Only, topic) {
				out = append(out, name)
			}
		}
	}
	for _, name := range o.Only {
		if !slices.Contains(known, name) {
			return nil, custody.Errorf(custody.Invalid, "--only: there is no topic and no exercise %q; there are %v", name, known)
		}
	}
	return out, nil
}

// bench is one run.
type bench struct {
	Options
	open   Open
	out    io.Writer
	report *Report
}

// Run measures, printing each table to out as soon as it is known, and returns all of it. Errors: Invalid for the
// options, and whatever kept an exercise from being done; the report holds what was measured until then.
func Run(ctx context.Context, o Options, open Open, out io.Writer) (*Report, error) {
	chosen, err := o.chosen()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.Dir, 0o755); err != nil {
		return nil, custody.Wrap(custody.Invalid, err, "--dir: %s cannot be made", o.Dir)
	}
	dir, err := os.MkdirTemp(o.Dir, "run")
	if err != nil {
		return nil, custody.Wrap(custody.Invalid, err, "--dir: %s cannot be written", o.Dir)
	}
	o.Dir = dir
	b := &bench{Options: o, open: open, out: out, report: &Report{Started: time.Now().UTC(), Machine: machine(dir)}}
	fmt.Fprintln(out, b.report.Machine)
	err = b.all(ctx, chosen)
	return b.report, errors.Join(err, os.RemoveAll(dir))
}

func (b *bench) all(ctx context.Context, chosen []string) error {
	exercises := map[string]func(context.Context) error{
		"ingest": b.ingest, "store-stall": b.storeStall, "spool-stall": b.spoolStall, "kill": b.kills,
		"return": b.returns, "append": b.appends, "settle": b.settles,
		"reads": b.reads, "seek": b.seeks, "crowd": b.crowds, "decide": b.decisions,
		"package": b.releases, "hold": b.holdings,
	}
	for _, name := range chosen {
		if err := exercises[name](ctx); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// say prints progress.
func (b *bench) say(format string, args ...any) { fmt.Fprintf(b.out, "  "+format+"\n", args...) }

// profile is where a server's CPU profile goes; empty for nowhere.
func (b *bench) profile(name string) string {
	if b.Profiles == "" {
		return ""
	}
	return filepath.Join(b.Profiles, name+".pprof")
}

// rest waits, unless ctx ends first.
func rest(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// until asks ten times a second whether something holds, and gives up after a time.
func until(ctx context.Context, within time.Duration, what string, holds func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	for {
		ok, err := holds()
		if ok || err != nil {
			return err
		}
		if err := rest(ctx, 100*time.Millisecond); err != nil {
			return custody.Errorf(custody.Unavailable, "after %s still not so: %s", within, what)
		}
	}
}
