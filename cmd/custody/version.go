package main

import (
	"context"
	"fmt"
	"runtime/debug"
)

// build is set by the linker (make build); a plain go build says what the toolchain knows.
var build string

func version() string {
	if build != "" {
		return build
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "unknown"
}

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run(term terminal) error {
	_, err := fmt.Fprintln(term.out, "custody", version())
	return err
}

type migrateCommand struct{}

// Run brings the database to this program's schema.
func (migrateCommand) Run(ctx context.Context, cli *commands, term terminal) error {
	d, err := openConfigured(ctx, cli.Config)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Migrate(ctx); err != nil {
		return err
	}
	fmt.Fprintln(term.out, "the database has this version's schema")
	return nil
}
