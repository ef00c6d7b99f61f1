package main

import (
	"context"
	"errors"
	"time"

	"github.com/footage-custody/custody/cmd/custody/bench"
	"github.com/footage-custody/custody/internal/desk/render"
	"github.com/footage-custody/custody/internal/desk/retention"
	"github.com/footage-custody/custody/internal/site/lifecycle"
	"github.com/footage-custody/custody/internal/trust/access"
)

// benchDesks opens a site's desks, wired as serve wires them, with nothing running but what signs checkpoints.
func benchDesks(term terminal) bench.OpenDesks {
	return func(ctx context.Context, config string, under bench.Seams) (bench.Desks, error) {
		b, err := openBooksOn(ctx, config, term.err, seams{objects: under.Objects, disk: under.Disk, commits: under.Commits})
		if err != nil {
			return bench.Desks{}, err
		}
		s := &server{books: b, bell: newBell(b.db, b.clock, b.log)}
		d, err := s.benchDesks(ctx)
		if err != nil {
			return d, errors.Join(err, b.close())
		}
		return d, nil
	}
}

func (s *server) benchDesks(ctx context.Context) (d bench.Desks, err error) {
	if s.vault, s.objects, err = s.openVault(ctx, true); err != nil {
		return d, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.vault.Close())
		}
	}()
	if s.checkpoints, err = s.checkpointer(); err != nil {
		return d, err
	}
	if err := s.ensurePackageKeys(ctx); err != nil {
		return d, err
	}
	register, err := s.newRegister(ctx)
	if err != nil {
		return d, err
	}
	days, err := newCalendar(s.config)
	if err != nil {
		return d, err
	}
	letters, err := newLetters(s.config, days)
	if err != nil {
		return d, err
	}
	renderer, err := render.New(ctx, render.Options{})
	if err != nil {
		return d, err
	}
	s.group = lifecycle.NewGroup(10*time.Second, s.slow, lifecycle.Named{Name: "checkpoints", Part: s.checkpoints})
	d = bench.Desks{Shelf: s.newShelf(), Holds: retention.New(retention.Parts{Store: s.db, Clock: s.clock, Backups: backupsLast(s.config)}),
		Keeper: s.newKeeper(), DB: s.db, Objects: s.objects, Judge: s.judge, Clock: s.clock, Close: s.close,
		Hire: func(ctx context.Context, login string) (access.Actor, error) { return hireForBench(ctx, s, login) }}
	d.Parts, d.Options = s.packing(renderer, letters, s.checkpoints, staffNames{register})
	return d, s.group.Start(ctx)
}
