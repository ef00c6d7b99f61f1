package bench

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/door/api"
)

// Read is how fast recorded footage comes through the front door, client included on the same machine: every part of a shelf once.
// Rates are MB/s, medians over the rounds; costs are CPU seconds of the server's process for a GB.
type Read struct {
	Clients   int     `json:"clients"`
	Part      float64 `json:"part_mb"` // mean
	Bytes     int64   `json:"bytes"`   // of one round
	Plain     float64 `json:"plain"`   // the control: the same bytes as files by net/http
	Cold      float64 `json:"cold"`    // no minute was leased before: an event for each is durable before its first byte
	Warm      float64 `json:"warm"`    // every minute was leased before: nothing is written
	PlainCost float64 `json:"plain_cost"`
	ColdCost  float64 `json:"cold_cost"`
	WarmCost  float64 `json:"warm_cost"`
}

// Audit is what durable leases add to the time of a read; negative when the noise is larger.
func (r Read) Audit() float64 { return r.Warm/r.Cold - 1 }

// stack is footage to be fetched, and the same bytes as files.
type stack struct {
	*shelf
	door  *door
	who   *visitor
	serve *process
	plain *plain
	whole []item // one a segment: about a minute
	parts []item // one a random access group: 2 s
}

// item is something to fetch: an address below the viewing, and a file of the same bytes.
type item struct {
	path, file string
	bytes      int64
}

// rounds are the rates and the costs of each round.
type rounds struct{ rate, cost []float64 }

func (b *bench) reads(ctx context.Context) (err error) {
	t, err := b.tape(ctx, simcam.Bench, benchLoop())
	if err != nil {
		return err
	}
	k, err := b.stack(ctx, t)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, k.close()) }()
	table := newTable(b.out, "Recorded footage through the front door on loopback TCP, MB/s (client on the same cores); in brackets the server's CPU s a GB",
		"clients", "MB a part", "plain net/http", "", "leases cold", "", "leases warm", "", "audit adds")
	for _, c := range b.Readers {
		if err := b.readRow(ctx, k, table, c, k.whole); err != nil {
			return err
		}
	}
	if err := b.readRow(ctx, k, table, b.Readers[len(b.Readers)-1], k.parts); err != nil {
		return err
	}
	return table.end()
}

func (b *bench) readRow(ctx context.Context, k *stack, table *table, clients int, items []item) error {
	row := Read{Clients: clients}
	for _, i := range items {
		row.Bytes += i.bytes
	}
	row.Part = float64(row.Bytes) / 1e6 / float64(len(items))
	var plain, cold, warm rounds
	for range b.Rounds {
		if err := b.readRound(ctx, k, clients, items, &plain, &cold, &warm); err != nil {
			return err
		}
	}
	row.Plain, row.PlainCost = median(plain.rate), median(plain.cost)
	row.Cold, row.ColdCost = median(cold.rate), median(cold.cost)
	row.Warm, row.WarmCost = median(warm.rate), median(warm.cost)
	b.report.Reads = append(b.report.Reads, row)
	cost := func(c float64) string { return fmt.Sprintf("(%.2f)", c) }
	table.row(clients, fmt.Sprintf("%.1f", row.Part), fmt.Sprintf("%.0f", row.Plain), cost(row.PlainCost), fmt.Sprintf("%.0f", row.Cold), cost(row.ColdCost),
		fmt.Sprintf("%.0f", row.Warm), cost(row.WarmCost), fmt.Sprintf("%.1f %%", 100*row.Audit()))
	return nil
}

// readRound fetches everything three times: as files, in a new viewing, and in the same viewing again.
func (b *bench) readRound(ctx context.Context, k *stack, clients int, items []item, plain, cold, warm *rounds) error {
	err := k.pass(ctx, plain, k.plain.cmd.Process.Pid, clients, items, func(ctx context.Context, i item, buf []byte) (fetched, error) {
		return k.plain.get(ctx, i.file, buf)
	})
	if err != nil {
		return err
	}
	viewing, err := k.who.look(ctx, camerasOf(k.places, len(k.places)), k.span)
	if err != nil {
		return err
	}
	get := func(ctx context.Context, i item, buf []byte) (fetched, error) {
		return k.who.get(ctx, viewing+i.path, buf, nil)
	}
	for _, to := range []*rounds{cold, warm} {
		if err := k.pass(ctx, to, k.serve.cmd.Process.Pid, clients, items, get); err != nil {
			return err
		}
	}
	return k.who.end(ctx, viewing)
}

// pass has so many clients fetch the items, and notes MB/s and the server's CPU seconds a GB.
func (k *stack) pass(ctx context.Context, to *rounds, server, clients int, items []item, get func(context.Context, item, []byte) (fetched, error)) error {
	queue := make(chan item, len(items))
	var total int64
	for _, i := range items {
		queue <- i
		total += i.bytes
	}
	close(queue)
	before, err := cpu(server)
	if err != nil {
		return err
	}
	began := time.Now()
	var wg sync.WaitGroup
	failures := make([]error, clients)
	for c := range clients {
		wg.Go(func() {
			buf := make([]byte, 256<<10)
			for i := range queue {
				f, err := get(ctx, i, buf)
				if err == nil && f.bytes != i.bytes {
					err = fmt.Errorf("%s has %d bytes, not %d", i.path, f.bytes, i.bytes)
				}
				if err != nil {
					failures[c] = err
					return
				}
			}
		})
	}
	wg.Wait()
	took := time.Since(began)
	after, err := cpu(server)
	if err != nil {
		return err
	}
	to.rate = append(to.rate, float64(total)/1e6/took.Seconds())
	to.cost = append(to.cost, after.minus(before).sum().Seconds()/(float64(total)/1e9))
	return errors.Join(failures...)
}

// stack shelves footage, serves it and writes what comes out into files for the control.
func (b *bench) stack(ctx context.Context, t *tape) (_ *stack, err error) {
	k := &stack{}
	if k.shelf, err = b.shelve(ctx, t, b.Shelf, scenes{runs: 1, length: b.Reel, apart: b.Reel}); err != nil {
		return nil, err
	}
	if err := b.fill(ctx, k); err != nil {
		return nil, errors.Join(err, k.close())
	}
	return k, nil
}

func (b *bench) fill(ctx context.Context, k *stack) (err error) {
	if k.door, err = k.openDoor(); err != nil {
		return err
	}
	if k.serve, err = b.record(ctx, k.site, b.profile("reads")); err != nil {
		return err
	}
	if err := k.door.stands(ctx, k.serve); err != nil {
		return err
	}
	if k.who, err = b.hire(ctx, k.site, k.door, "reader"); err != nil {
		return err
	}
	dir := filepath.Join(k.dir, "plain")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	viewing, err := k.who.look(ctx, camerasOf(k.places, len(k.places)), k.span)
	if err != nil {
		return err
	}
	for n, p := range k.places {
		if err := k.copyOut(ctx, viewing, p.camera, n, dir); err != nil {
			return err
		}
	}
	if err := k.who.end(ctx, viewing); err != nil {
		return err
	}
	k.plain, err = b.startPlain(ctx, dir)
	return err
}

// copyOut lists a camera's footage and writes it into files.
func (k *stack) copyOut(ctx context.Context, viewing string, c custody.CameraID, n int, dir string) error {
	var x api.Index
	if err := k.who.call(ctx, http.MethodGet, of(viewing, c)+"index"+during(k.span), nil, &x); err != nil {
		return err
	}
	for i := 0; i < len(x.Parts); {
		j := i
		for j < len(x.Parts) && x.Parts[j].Segment == x.Parts[i].Segment {
			part := item{path: of("", c) + x.Parts[j].Media, file: fmt.Sprintf("part-%d-%d.mp4", n, j)}
			if err := k.copyItem(ctx, viewing, dir, &part); err != nil {
				return err
			}
			k.parts = append(k.parts, part)
			j++
		}
		whole := item{path: fmt.Sprintf("%smedia/%s/%d-%d.m4s", of("", c), x.Parts[i].Segment, x.Parts[i].First, x.Parts[j-1].Last), file: fmt.Sprintf("whole-%d-%d.mp4", n, i)}
		if err := k.copyItem(ctx, viewing, dir, &whole); err != nil {
			return err
		}
		k.whole = append(k.whole, whole)
		i = j
	}
	return nil
}

func (k *stack) copyItem(ctx context.Context, viewing, dir string, i *item) error {
	f, err := os.Create(filepath.Join(dir, i.file))
	if err != nil {
		return err
	}
	got, err := k.who.get(ctx, viewing+i.path, make([]byte, 256<<10), f)
	i.bytes = got.bytes
	return errors.Join(err, f.Close())
}

func (k *stack) close() (err error) {
	if k.plain != nil {
		k.plain.kill()
	}
	if k.who != nil {
		k.who.leave()
	}
	if k.serve != nil {
		err = k.serve.stop()
	}
	return errors.Join(err, k.remove())
}
