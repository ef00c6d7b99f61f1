package bench

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/site/config"
	"github.com/footage-custody/custody/storage/db"
)

// site is a fresh site on SQLite and disk.
type site struct {
	dir    string
	path   string // of the configuration
	config config.Config
}

// newSite sets a site up with the program's own commands and registers the cameras.
func (b *bench) newSite(ctx context.Context, urls []string, enabled bool) (*site, error) {
	dir, err := os.MkdirTemp(b.Dir, "site")
	if err != nil {
		return nil, err
	}
	s := &site{dir: dir, path: filepath.Join(dir, "custody.yaml"), config: config.Default(filepath.Join(dir, "data"))}
	s.config.Site = config.Site{Name: "Bench", Zone: "UTC", Origin: "bench"}
	s.config.Operator.Listen = "127.0.0.1:0"
	s.config.Web.Listen = config.Off
	s.config.Spool.MinFreeBytes = 512 << 20
	s.config.Log.Level = "warn"
	if err := s.write(); err != nil {
		return nil, err
	}
	if err := finish(ctx, b.Program, "init", "--config", s.path, "--name", "Bench", "--zone", "UTC", "--sheet", filepath.Join(dir, "sheet")); err != nil {
		return nil, err
	}
	if len(urls) == 0 {
		return s, nil
	}
	list := filepath.Join(dir, "cameras.csv")
	if err := writeList(list, urls, enabled); err != nil {
		return nil, err
	}
	return s, finish(ctx, b.Program, "camera", "import", list, "--config", s.path)
}

// write writes the configuration.
func (s *site) write() error {
	text, err := s.config.Marshal(s.dir)
	if err != nil {
		return err
	}
	return os.WriteFile(s.path, text, 0o600)
}

func writeList(path string, urls []string, enabled bool) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	rows := [][]string{{"name", "url", "enabled"}}
	for i, u := range urls {
		rows = append(rows, []string{fmt.Sprintf("cam%04d", i+1), u, fmt.Sprint(enabled)})
	}
	if err := csv.NewWriter(f).WriteAll(rows); err != nil {
		return err
	}
	return f.Close()
}

// record starts the recorder in a process of its own.
func (b *bench) record(ctx context.Context, s *site, profile string) (*process, error) {
	args := []string{"serve", "--config", s.path}
	if profile != "" {
		args = append(args, "--cpuprofile", profile)
	}
	return launch(ctx, io.Discard, b.Program, args...)
}

func (s *site) remove() error { return os.RemoveAll(s.dir) }

// stored is what the site's database says about all streams.
type stored struct {
	units, damaged uint64
	segments       int
	gaps           []media.Gap // by stream and start
}

// stored reads the database of a site whose recorder has ended.
func (s *site) stored(ctx context.Context) (st stored, err error) {
	d, err := db.Open(ctx, db.Config{Driver: db.SQLite, Path: s.config.Database.Path})
	if err != nil {
		return st, err
	}
	defer d.Close()
	for row, err := range d.AllSegments(ctx) {
		if err != nil {
			return st, err
		}
		st.units += row.Units
		st.damaged += row.Damaged
		st.segments++
	}
	for g, err := range d.AllGaps(ctx) {
		if err != nil {
			return st, err
		}
		st.gaps = append(st.gaps, g)
	}
	return st, nil
}

// unplanned counts the gaps that recording on purpose does not leave: all but the one at its end.
func (st stored) unplanned() (n int) {
	for _, g := range st.gaps {
		if g.Cause != media.GapStopped {
			n++
		}
	}
	return n
}
