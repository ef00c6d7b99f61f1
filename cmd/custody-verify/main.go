// Command custody-verify checks a package of released footage: that every picture is what the camera sent, and when. It needs no
// network, no database and no trust in the site beyond the public key of its log.
//
// The format it checks is described in internal/proof/manifest/FORMAT.md. Exit codes: 0 the package is authentic, internally
// consistent or derivative; 1 it is not authentic; 2 the command line is wrong; 3 it cannot be verified.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/proof/manifest"
)

// Exit codes.
const (
	exitGood         = 0
	exitNotAuthentic = 1
	exitUsage        = 2
	exitUnverifiable = 3
)

// build is set by the linker; a plain go build says what the toolchain knows.
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

// arguments is the command line.
type arguments struct {
	Package string           `arg:"" help:"The package: the folder that holds bagit.txt, or a .zip file of it."`
	Key     []string         `help:"A file with the public key of the site's log, which the site gave you apart from the package." placeholder:"FILE" sep:"none"`
	KeyText []string         `help:"The key itself." placeholder:"KEY" sep:"none"`
	JSON    bool             `name:"json" help:"Report for machines (schema custody-verify/1)."`
	List    bool             `help:"Only list what the package says it holds; prove nothing."`
	Version kong.VersionFlag `help:"Print the version."`
}

// terminal is where the command speaks.
type terminal struct {
	out, err io.Writer
	progress bool // err is a terminal that a person looks at
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	info, err := os.Stderr.Stat()
	code := run(ctx, os.Args[1:], terminal{out: os.Stdout, err: os.Stderr, progress: err == nil && info.Mode()&os.ModeCharDevice != 0})
	stop()
	os.Exit(code)
}

// run verifies what one command line names.
func run(ctx context.Context, args []string, term terminal) int {
	var cli arguments
	exit := -1
	parser, err := kong.New(&cli, kong.Name("custody-verify"), kong.Description("Verifies a package of released security-camera footage."),
		kong.Writers(term.out, term.err), kong.Exit(func(code int) { exit = code }), kong.Vars{"version": "custody-verify " + version()})
	if err == nil {
		_, err = parser.Parse(args)
	}
	if exit >= 0 {
		return exit
	}
	if err != nil {
		return complain(term, exitUsage, err)
	}
	keys, err := cli.keys()
	if err != nil {
		return complain(term, exitUsage, err)
	}
	src, err := manifest.OpenSource(cli.Package)
	if err != nil {
		return complain(term, codeOf(err), err)
	}
	defer src.Close()
	if cli.List {
		return list(ctx, src, term)
	}
	report, err := manifest.Verify(ctx, src, manifest.Options{LogKeys: keys, Progress: meter(term, !cli.JSON)})
	if term.progress {
		fmt.Fprint(term.err, "\r\x1b[K")
	}
	if err != nil {
		return complain(term, codeOf(err), err)
	}
	return show(&report, cli.JSON, term)
}

func complain(term terminal, code int, err error) int {
	text := err.Error()
	if e := (*custody.Error)(nil); errors.As(err, &e) {
		text = custody.PublicText(err)
	}
	fmt.Fprintln(term.err, "custody-verify:", strings.Join(strings.Fields(text), " "))
	return code
}

// codeOf is the exit code of an error about reading: what was named on the command line is wrong, or the package cannot be read.
func codeOf(err error) int {
	if k := custody.KindOf(err); k == custody.Invalid || k == custody.NotFound {
		return exitUsage
	}
	return exitUnverifiable
}

const maxKeyFile = 4096

// keys gathers the keys from the command line and from files, one a line.
func (a *arguments) keys() ([]string, error) {
	keys := a.KeyText
	for _, path := range a.Key {
		f, err := os.Open(path)
		if err != nil {
			return nil, custody.Wrap(custody.Invalid, err, "the key file %s cannot be read", path)
		}
		b, err := io.ReadAll(io.LimitReader(f, maxKeyFile+1))
		f.Close()
		if err != nil || len(b) > maxKeyFile || strings.TrimSpace(string(b)) == "" {
			return nil, custody.Errorf(custody.Invalid, "the key file %s does not hold the public key of a log", path)
		}
		for line := range strings.Lines(string(b)) {
			if line = strings.TrimSpace(line); line != "" {
				keys = append(keys, line)
			}
		}
	}
	return keys, nil
}

// show prints the report and says it in the exit code.
func show(r *manifest.Report, machine bool, term terminal) int {
	text := r.Text()
	if machine {
		b, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			return complain(term, exitUnverifiable, err)
		}
		text = string(b) + "\n"
	}
	if _, err := io.WriteString(term.out, text); err != nil {
		return complain(term, exitUnverifiable, err)
	}
	switch {
	case r.Good():
		return exitGood
	case r.Verdict == manifest.NotAuthentic:
		return exitNotAuthentic
	}
	return exitUnverifiable
}

// list prints what the package says of itself.
func list(ctx context.Context, src manifest.Source, term terminal) int {
	p, err := manifest.Describe(ctx, src)
	if err != nil {
		return complain(term, exitUnverifiable, err)
	}
	fmt.Fprintf(term.out, "NOT VERIFIED: only what the package says of itself\n\nPackage %s of %s, request %s, made %s\n", p.ID, p.Site.Name, p.Request.Number, p.Made)
	for _, item := range p.Items {
		fmt.Fprintf(term.out, "\nItem %s: %s, %s\n  decided %s to %s\n", item.Number, item.Camera.Name, item.Outcome, item.Decided.Start, item.Decided.End)
		for _, r := range item.Renditions {
			fmt.Fprintf(term.out, "  %s, %s, %s to %s\n", r.Path, r.Codec, r.Span.Start, r.Span.End)
		}
		for _, g := range item.Gaps {
			fmt.Fprintf(term.out, "  gap %s to %s: %s\n", g.Span.Start, g.Span.End, g.Cause)
		}
	}
	return exitGood
}

// meter shows on a terminal how far a long verification is; nil where nobody looks.
func meter(term terminal, wanted bool) func(done, total int64) {
	const long = 256 << 20
	if !term.progress || !wanted {
		return nil
	}
	shown := int64(-1)
	return func(done, total int64) {
		if total < long {
			return
		}
		if percent := done * 100 / total; percent != shown {
			shown = percent
			fmt.Fprintf(term.err, "\r%3d %% of %d MB", percent, total/1_000_000)
		}
	}
}
