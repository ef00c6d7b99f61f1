package main

import (
	"context"
	"fmt"
	"syscall"
	"time"

	"github.com/footage-custody/custody/internal/capture/ingest"
	"github.com/footage-custody/custody/internal/capture/recorder"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/retention"
	"github.com/footage-custody/custody/internal/site/config"
	"github.com/footage-custody/custody/internal/site/lifecycle"
	"github.com/footage-custody/custody/internal/site/metrics"
	"github.com/footage-custody/custody/internal/site/station"
	"github.com/footage-custody/custody/internal/trust/audit"
	"github.com/footage-custody/custody/internal/trust/vault"
	"github.com/footage-custody/custody/storage/db"
)

type serveCommand struct {
	CPUProfile string `help:"Write a CPU profile of the whole run to this file." name:"cpuprofile" type:"path" hidden:""`
}

const (
	stopGrace   = 20 * time.Second // for settling what is in the spool when the recorder is told to stop
	readyWithin = 5 * time.Second  // for each check behind /readyz
	pollWorkers = 2
)

// Run records until the process is told to stop.
func (c serveCommand) Run(ctx context.Context, cli *commands, term terminal) error {
	endProfile, err := startProfile(c.CPUProfile)
	if err != nil {
		return err
	}
	defer endProfile()
	s, err := openServer(ctx, cli.Config, term, seams{})
	if err != nil {
		return err
	}
	s.log.Info("recording", "site", s.config.Site.Name, "version", version(), "metrics", s.operator.Addr())
	var failure error
	select {
	case <-ctx.Done():
	case <-s.group.Done():
		failure = s.group.Err()
	}
	s.log.Info("stopping")
	if err := s.close(); failure == nil {
		failure = err
	}
	return failure
}

// server is a recording site: every room, wired and running.
type server struct {
	*books
	bell     *bell
	vault    *vault.Vault
	objects  vault.Objects
	recorder *recorder.Recorder
	crew     *crew
	operator *metrics.Operator
	keeper   *retention.Worker

	checkpoints *audit.Checkpointer

	gauge  *gauge
	porter *porter // nil while web.listen is off
	group  *lifecycle.Group
}

// seams are the places where tests and benchmarks put faults and delays between a site and what it stands on. The zero
// seams are production's.
type seams struct {
	objects func(vault.Objects) vault.Objects // around the object store
	disk    vault.Disk                        // under the spool
	clock   *station.Sources                  // under the station clock
	free    func() (uint64, error)            // of the spool's disk
	commits *db.Faults                        // around every commit
}

func openServer(ctx context.Context, path string, term terminal, under seams) (*server, error) {
	b, err := openBooksOn(ctx, path, term.err, under)
	if err != nil {
		return nil, err
	}
	s := &server{books: b, bell: newBell(b.db, b.clock, b.log)}
	if err := s.wire(ctx); err != nil {
		b.close()
		return nil, err
	}
	if err := s.group.Start(ctx); err != nil {
		s.vault.Close()
		b.close()
		return nil, err
	}
	return s, nil
}

// wire joins the rooms (CONTRACTS 15). Nothing runs yet.
func (s *server) wire(ctx context.Context) error {
	if _, err := newCalendar(s.config); err != nil { // what the file says of closed days is found wrong now, not when a request comes
		return custody.Wrap(custody.Invalid, err, "records")
	}
	// The clock that commands use stores no marks; the recorder's does, and keeps the kernel's opinion.
	alive := s.clock.State().Marked.Now
	clock, err := newClock(s.config, s.under, s.keepTimeSync)
	if err != nil {
		return err
	}
	s.tell(clock)
	s.bell.clock = clock
	if s.vault, s.objects, err = s.openVault(ctx, true); err != nil {
		return err
	}
	s.recorder = recorder.New(recorder.Parts{Spool: s.vault, Index: s.db, Clock: clock, Alarms: recorderBell{s.bell}, Log: s.log,
		Free: s.free, Used: func() uint64 { return uint64(s.vault.SpoolBytes()) }},
		recorder.Options{MinFreeBytes: uint64(s.config.Spool.MinFreeBytes), MaxBytes: uint64(s.config.Spool.MaxBytes), LastAlive: alive})
	poller := ingest.NewPoller(pollWorkers, ingest.PollInterval)
	trust, err := cameraTLS(s.config.Cameras)
	if err != nil {
		return err
	}
	s.crew = newCrew(s.registry, s.recorder, clock, ingest.Options{Poller: poller, TLS: trust, Log: s.log})
	if s.checkpoints, err = s.checkpointer(); err != nil {
		return err
	}
	nightly, err := s.nightly()
	if err != nil {
		return err
	}
	s.keeper = s.newKeeper()
	s.gauge = newGauge(s)
	s.operator = metrics.NewOperator(s.config.Operator.Listen, s.gauge.snapshot, readyWithin, s.log, s.checks()...)
	parts := []lifecycle.Named{
		{Name: "clock", Part: clock},
		{Name: "alarms", Part: lifecycle.NewTask(s.bell.run)},
		{Name: "checkpoints", Part: s.checkpoints},
		{Name: "diary", Part: diaryPart{s}},
		{Name: "recorder", Part: recorderPart{s.recorder}},
		{Name: "poller", Part: poller},
		{Name: "cameras", Part: &crewPart{s.crew, lifecycle.NewTask(s.crew.run)}},
		{Name: "backup", Part: nightly},
		{Name: "retention", Part: s.keeper},
		{Name: "gauge", Part: lifecycle.NewTask(s.gauge.run)},
		{Name: "operator", Part: s.operator},
	}
	if s.config.Web.Listen != config.Off {
		s.porter = newPorter(s)
		parts = append(parts, lifecycle.Named{Name: "front door", Part: s.porter})
	}
	s.group = lifecycle.NewGroup(10*time.Second, s.slow, parts...)
	return s.bell.load(ctx)
}

// close stops every part, last first, and closes the books.
func (s *server) close() error {
	s.group.Stop()
	err := s.vault.Close()
	if cerr := s.books.close(); err == nil {
		err = cerr
	}
	return err
}

func (s *server) slow(name string, waited time.Duration) {
	s.log.Warn("a part takes long to stop", "part", name, "waited", waited.Round(time.Second))
}

func (s *server) checkpointer() (*audit.Checkpointer, error) {
	plan := audit.DefaultPlan(s.config.Site.Origin)
	plan.Interval = time.Duration(s.config.Checkpoints.Every)
	plan.Poll = min(plan.Poll, plan.Interval)
	plan.Copy = min(plan.Copy, plan.Interval)
	plan.Sinks = checkpointSinks(s.config)
	return audit.NewCheckpointer(plan, s.db, s.ring, auditBell{s.bell}, s.clock)
}

// keepTimeSync stores the kernel's opinion of its clock, once a minute.
func (s *server) keepTimeSync(k station.KernelTime) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	state := "unsynchronised"
	if k.Synchronised {
		state = "synchronised"
	}
	err := s.db.AddTimeSync(ctx, db.TimeSync{At: k.At, State: state, Offset: k.Offset.Microseconds(), MaxError: k.MaxError.Microseconds()})
	if err != nil {
		s.log.Warn("the time synchronisation state could not be stored", "error", err)
	}
}

// checks are what /readyz asks.
func (s *server) checks() []metrics.Check {
	return []metrics.Check{
		{Name: "database", Run: func(ctx context.Context) error { _, err := s.db.Head(ctx); return err }},
		{Name: "object store", Run: func(ctx context.Context) error {
			for _, err := range s.objects.List(ctx) {
				return err
			}
			return nil
		}},
		{Name: "spool", Run: func(context.Context) error {
			if s.recorder.Site().Full {
				return custody.Errorf(custody.Exhausted, "the spool's disk is full")
			}
			return nil
		}},
	}
}

func (s *server) free() (uint64, error) {
	if s.under.free != nil {
		return s.under.free()
	}
	return freeBytes(s.config.Spool.Dir)
}

func freeBytes(dir string) (uint64, error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return 0, fmt.Errorf("statfs: %w", err)
	}
	return st.Bavail * uint64(st.Bsize), nil
}

// diaryPart records that recording began and ended.
type diaryPart struct{ s *server }

func (p diaryPart) Start(ctx context.Context) error {
	ev, err := custody.NewEvent(custody.EventRecordingStarted, p.s.clock.Now(), "system", "", "", map[string]string{"version": version()})
	if err != nil {
		return err
	}
	return p.s.diary.Append(ctx, ev)
}

func (p diaryPart) Stop() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	ev, err := custody.NewEvent(custody.EventRecordingStopped, p.s.clock.Now(), "system", "", "", nil)
	if err == nil {
		err = p.s.diary.Append(ctx, ev)
	}
	if err != nil {
		p.s.log.Warn("the end of recording could not be written into the diary", "error", err)
	}
}

// recorderPart gives the recorder's Stop its grace.
type recorderPart struct{ r *recorder.Recorder }

func (p recorderPart) Start(ctx context.Context) error { return p.r.Start(ctx) }
func (p recorderPart) Stop()                           { p.r.Stop(stopGrace) }

// crewPart ends the sessions after nobody starts new ones.
type crewPart struct {
	crew *crew
	*lifecycle.Task
}

func (p *crewPart) Stop() {
	p.Task.Stop()
	p.crew.stopSessions()
}
