package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/release"
	"github.com/footage-custody/custody/internal/proof/manifest"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Packing is what the package of one item costs, without its viewing rendition: medians over the rounds.
type Packing struct {
	Seconds float64         `json:"item_s"`
	Bytes   int64           `json:"bytes"` // of the package
	Rate    float64         `json:"mb_s"`
	Cost    float64         `json:"cpu_s_gb"`
	Memory  int64           `json:"memory"`      // at its peak above what was held before, bytes; the most of the rounds
	Wall    [stages]float64 `json:"stage_ms_gb"` // in the order of stages
	CPU     [stages]float64 `json:"stage_cpu_ms_gb"`
	Cat     float64         `json:"cat_mb_s"` // the same bytes copied to a file and fsynced
	CatCost float64         `json:"cat_cpu_s_gb"`
	Copy    float64         `json:"ffmpeg_mb_s"`     // ffmpeg -c copy; 0 without ffmpeg
	Hash    float64         `json:"sha256_cpu_s_gb"` // SHA-256 once, then: three times is the least of any such package
}

// Taking is how fast a stored package is read, in MB/s and CPU s a GB: medians over the rounds.
type Taking struct {
	What string  `json:"what"`
	Rate float64 `json:"mb_s"`
	Cost float64 `json:"cpu_s_gb"`
}

// Viewing is how long the viewing rendition of an item takes.
type Viewing struct {
	Item float64 `json:"item_s"`
	Took float64 `json:"took_s"`
}

// releases measures packages.
func (b *bench) releases(ctx context.Context) (err error) {
	t, err := b.tape(ctx, simcam.Bench, benchLoop())
	if err != nil {
		return err
	}
	s, err := b.shelve(ctx, t, 1, scenes{runs: 1, length: b.Film, apart: b.Film})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.remove()) }()
	o, err := b.staffed(ctx, s.site, Seams{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.Close()) }()
	table := newTable(b.out, "The package of one item at 4 Mbit/s, without its viewing rendition",
		"item", "MB", "MB/s", "CPU s a GB", "MiB above idle", "cat+fsync MB/s", "CPU s a GB", "ffmpeg -c copy MB/s", "SHA-256 once, CPU s a GB")
	for _, long := range []time.Duration{b.Short, b.Film} {
		if err := b.packRow(ctx, s, o, table, long); err != nil {
			return err
		}
	}
	if err := table.end(); err != nil {
		return err
	}
	if err := b.stageTable(); err != nil {
		return err
	}
	return b.shownRow(ctx, s, o)
}

// item is the last part of a shelf's footage, of that length but for a second at each end.
func (s *shelf) item(long time.Duration) custody.Span {
	return custody.Span{Start: s.span.End.Add(time.Second - long), End: s.span.End.Add(-time.Second)}
}

func (b *bench) packRow(ctx context.Context, s *shelf, o *office, table *table, long time.Duration) error {
	var rate, cost, cat, catCost, copies, sums []float64
	var wall, cpus [stages][]float64
	row := Packing{Seconds: long.Seconds()}
	var takings *takings
	for range b.Rounds {
		var p release.Package
		var took [stages]moment
		var memory int64
		err := profiled(b.profile(fmt.Sprintf("package-%.0fm", long.Minutes())), func() (err error) {
			p, took, memory, err = o.pack(ctx, s.places[0], s.item(long), blank{})
			return err
		})
		if err != nil {
			return err
		}
		row.Bytes, row.Memory = p.Size, max(row.Memory, memory)
		gb := float64(p.Size) / 1e9
		var all moment
		for i, m := range took {
			wall[i], cpus[i] = append(wall[i], ms(m.long)/gb), append(cpus[i], ms(m.cpu)/gb)
			if stage(i) != rendered {
				all.long, all.cpu = all.long+m.long, all.cpu+m.cpu
			}
		}
		rate, cost = append(rate, 1000*gb/all.long.Seconds()), append(cost, all.cpu.Seconds()/gb)
		if takings, err = b.takeOut(ctx, s, o, p, takings, long == b.Film); err != nil {
			return err
		}
		cat, catCost, copies = append(cat, takings.cat.rate), append(catCost, takings.cat.cost), append(copies, takings.copied)
		sums = append(sums, 1000/hashRate())
		if err := o.Parts.Vault.PurgePackage(ctx, p.ID); err != nil {
			return err
		}
	}
	for i := range wall {
		row.Wall[i], row.CPU[i] = median(wall[i]), median(cpus[i])
	}
	row.Rate, row.Cost, row.Cat, row.CatCost, row.Copy, row.Hash = median(rate), median(cost), median(cat), median(catCost), median(copies), median(sums)
	b.report.Packings = append(b.report.Packings, row)
	table.row(long, row.Bytes/1_000_000, fmt.Sprintf("%.0f", row.Rate), fmt.Sprintf("%.2f", row.Cost), mib(row.Memory), fmt.Sprintf("%.0f", row.Cat),
		fmt.Sprintf("%.2f", row.CatCost), fmt.Sprintf("%.0f", row.Copy), fmt.Sprintf("%.2f", row.Hash))
	for i, what := range takings.names {
		b.report.Takings = append(b.report.Takings, Taking{what, median(takings.rates[i]), median(takings.costs[i])})
	}
	return nil
}

func stageNames() [stages]string {
	return [stages]string{"plan", "fragments for the renderer (none made)", "cut, write, read back, hash twice, encrypt, hash", "prove, write documents, verify", "encrypt those, store durably", "make visible"}
}

// stageTable says where the time of the longest item went, and how fast it is read again.
func (b *bench) stageTable() error {
	row := b.report.Packings[len(b.report.Packings)-1]
	t := newTable(b.out, "Where the time of the longest went, ms a GB", "stage", "took", "CPU")
	for i, name := range stageNames() {
		t.row(name, fmt.Sprintf("%.0f", row.Wall[i]), fmt.Sprintf("%.0f", row.CPU[i]))
	}
	if err := t.end(); err != nil {
		return err
	}
	t = newTable(b.out, "A package that lies there", "", "MB/s", "CPU s a GB")
	for _, k := range b.report.Takings {
		t.row(k.What, fmt.Sprintf("%.0f", k.Rate), fmt.Sprintf("%.2f", k.Cost))
	}
	return t.end()
}

// takings are the readings of several rounds, and the controls of the last.
type takings struct {
	names        []string
	rates, costs [][]float64
	cat          pace
	copied       float64
}

// pace is MB/s and CPU s a GB.
type pace struct{ rate, cost float64 }

func paceOf(bytes int64, act func() error) (pace, error) {
	cpu, began := ownCPU(), time.Now()
	err := act()
	gb := float64(bytes) / 1e9
	return pace{1000 * gb / time.Since(began).Seconds(), (ownCPU() - cpu).Seconds() / gb}, err
}

// takeOut writes a package to a folder, verifies it there, zips it, if that is asked for, and runs the controls on its original.
func (b *bench) takeOut(ctx context.Context, s *shelf, o *office, p release.Package, t *takings, all bool) (*takings, error) {
	dir := filepath.Join(s.dir, "taken")
	out := func(to release.Sink) error {
		g, err := o.Judge.Decide(ctx, o.director, access.Ask{Action: access.PackageHandOver, Subject: string(p.ID)})
		if err == nil {
			err = o.Shelf.Write(ctx, g, p.ID, to)
		}
		return err
	}
	steps := []struct {
		what string
		act  func() error
	}{
		{"handed over as a folder, durable", func() error {
			to, err := release.NewFolder(dir)
			if err == nil {
				err = out(to)
			}
			return err
		}},
		{"verified by custody-verify's code", func() error { return verifyFolder(ctx, dir) }},
		{"handed over as a zip, to nowhere", func() error { return out(release.NewZip(io.Discard, "package")) }},
	}
	defer os.RemoveAll(dir)
	if t == nil {
		t = &takings{rates: make([][]float64, len(steps)), costs: make([][]float64, len(steps))}
	}
	for i, k := range steps {
		if i > 0 && !all {
			continue
		}
		is, err := paceOf(p.Size, k.act)
		if err != nil {
			return t, fmt.Errorf("%s: %w", k.what, err)
		}
		if all {
			t.rates[i], t.costs[i] = append(t.rates[i], is.rate), append(t.costs[i], is.cost)
			if len(t.names) == i {
				t.names = append(t.names, k.what)
			}
		}
	}
	return t, b.controls(ctx, dir, t)
}

func verifyFolder(ctx context.Context, dir string) error {
	key, err := os.ReadFile(filepath.Join(dir, "proof", "log-key"))
	if err != nil {
		return err
	}
	src, err := manifest.OpenSource(dir)
	if err != nil {
		return err
	}
	defer src.Close()
	r, err := manifest.Verify(ctx, src, manifest.Options{LogKeys: []string{strings.TrimSpace(string(key))}})
	if err == nil && !r.Good() {
		err = errors.New(r.Text())
	}
	return err
}

// controls copies the original, durably, and has ffmpeg do it.
func (b *bench) controls(ctx context.Context, dir string, t *takings) error {
	originals, err := filepath.Glob(filepath.Join(dir, "data", "original", "*.mp4"))
	if err != nil || len(originals) == 0 {
		return errors.Join(err, errors.New("the package has no original"))
	}
	info, err := os.Stat(originals[0])
	if err != nil {
		return err
	}
	to := filepath.Join(dir, "control.mp4")
	if t.cat, err = paceOf(info.Size(), func() error { return cat(originals[0], to) }); err != nil || b.FFmpeg == "" {
		return err
	}
	if err := os.Remove(to); err != nil {
		return err
	}
	copied, err := paceOf(info.Size(), func() error {
		return finish(ctx, b.FFmpeg, "-v", "error", "-nostdin", "-i", originals[0], "-c", "copy", to)
	})
	t.copied = copied.rate
	return err
}

// cat copies a file through this process, as cat does, and makes the copy durable.
func cat(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	block := make([]byte, 1<<20)
	_, err = io.CopyBuffer(struct{ io.Writer }{out}, struct{ io.Reader }{in}, block)
	if err == nil {
		err = out.Sync()
	}
	return errors.Join(err, out.Close())
}

// shownRow makes a package with its viewing rendition.
func (b *bench) shownRow(ctx context.Context, s *shelf, o *office) error {
	if b.FFmpeg == "" {
		return nil
	}
	_, took, _, err := o.pack(ctx, s.places[0], s.item(b.Rendered), o.Parts.Renderer)
	if err != nil {
		return err
	}
	span := s.item(b.Rendered)
	row := Viewing{Item: span.Duration().Seconds(), Took: took[rendered].long.Seconds()}
	b.report.Viewing = &row
	t := newTable(b.out, "The viewing rendition, 1080p, encoded again", "item s", "took s", "times real time")
	t.row(fmt.Sprintf("%.0f", row.Item), fmt.Sprintf("%.1f", row.Took), fmt.Sprintf("%.1f", row.Item/row.Took))
	return t.end()
}
