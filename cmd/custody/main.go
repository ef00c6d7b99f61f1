// Command custody records a public body's security cameras into sealed storage and keeps them lawfully.
//
// This package is wiring and sub-commands only. It joins the rooms (wire.go), and each command is a
// small struct with a Run method. What decides anything lives in a room under internal/.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/footage-custody/custody/internal/custody"
)

// commands is the whole command line.
type commands struct {
	Config string `help:"The site's configuration file." short:"c" default:"/etc/custody/custody.yaml" env:"CUSTODY_CONFIG" type:"path"`

	Init    initCommand    `cmd:"" help:"Set up a site: configuration, site key, database, recovery sheet."`
	Serve   serveCommand   `cmd:"" help:"Record the site's cameras and open the front door until told to stop."`
	Migrate migrateCommand `cmd:"" help:"Bring the database to this version's schema."`
	Check   checkCommand   `cmd:"" help:"Prove the invariants over everything stored; exit 1 names what is broken."`
	Camera  cameraCommand  `cmd:"" help:"Add, list, test, import and remove cameras."`
	Staff   staffCommand   `cmd:"" help:"Add, list, invite, disable and sign out members of staff."`
	Footage footageCommand `cmd:"" help:"List what a camera recorded, or write a span as MP4."`
	Backup  backupCommand  `cmd:"" help:"Make an encrypted backup of the database now, list the backups, or verify one."`
	Restore restoreCommand `cmd:"" help:"Make a site of a backup, on a machine whose database is empty."`
	Simcam  simcamCommand  `cmd:"" help:"Run simulated cameras."`
	Demo    demoCommand    `cmd:"" help:"Record two simulated cameras on this machine, to look around."`
	Bench   benchCommand   `cmd:"" help:"Measure this machine: what a recorded camera costs, what faults lose."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

// terminal is where a command speaks and listens; tests give their own.
type terminal struct {
	out io.Writer
	err io.Writer
	in  io.Reader
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], terminal{os.Stdout, os.Stderr, os.Stdin})
	stop()
	os.Exit(code)
}

// run parses and runs one command line. Exit code 0 is success, 1 a failure, 2 a wrong command line or input, with one
// line on standard error that names the field and the remedy.
func run(ctx context.Context, args []string, term terminal) int {
	var cli commands
	exit := -1
	parser, err := kong.New(&cli, kong.Name("custody"), kong.Description("Keeps security-camera footage lawfully."),
		kong.UsageOnError(), kong.Writers(term.out, term.err), kong.Exit(func(code int) { exit = code }),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(term), kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if err != nil {
		fmt.Fprintln(term.err, "custody:", err)
		return 1
	}
	parsed, err := parser.Parse(args)
	if exit >= 0 {
		return exit
	}
	if err != nil {
		fmt.Fprintln(term.err, "custody:", err)
		return 2
	}
	return exitCode(parsed.Run(&cli), term.err)
}

// errFound is returned by a command that did its work and found something broken; it has said what.
var errFound = errors.New("found")

func exitCode(err error, w io.Writer) int {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errFound):
		return 1
	}
	fmt.Fprintln(w, "custody:", oneLine(err))
	if custody.KindOf(err) == custody.Invalid {
		return 2
	}
	return 1
}
