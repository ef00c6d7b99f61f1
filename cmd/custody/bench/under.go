package bench

import (
	"context"
	"sync"
	"time"

	"github.com/footage-custody/custody/internal/trust/vault"
	"github.com/footage-custody/custody/storage/object/disk"
)

// gate holds calls up while it is shut.
type gate struct {
	mu   sync.Mutex
	open chan struct{} // closed while the gate is open
}

func newGate() *gate {
	g := &gate{open: make(chan struct{})}
	close(g.open)
	return g
}

func (g *gate) shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open = make(chan struct{})
}

func (g *gate) lift() {
	g.mu.Lock()
	defer g.mu.Unlock()
	close(g.open)
}

// pass returns once the gate is open.
func (g *gate) pass() {
	g.mu.Lock()
	open := g.open
	g.mu.Unlock()
	<-open
}

// gatedObjects is an object store that does not answer puts while its gate is shut.
type gatedObjects struct {
	vault.Objects
	gate *gate
}

// Put implements vault.Objects.
func (o gatedObjects) Put(ctx context.Context, key string, src vault.Source) error {
	o.gate.pass()
	return o.Objects.Put(ctx, key, src)
}

// spoolDisk is the operating system's with something before every write and every fsync.
type spoolDisk struct {
	vault.OSDisk
	write, sync func()
}

// Create implements vault.Disk.
func (d spoolDisk) Create(path string) (vault.File, error) {
	d.write()
	f, err := d.OSDisk.Create(path)
	return spoolFile{f, d}, err
}

// OpenWrite implements vault.Disk.
func (d spoolDisk) OpenWrite(path string) (vault.File, error) {
	d.write()
	f, err := d.OSDisk.OpenWrite(path)
	return spoolFile{f, d}, err
}

// SyncDir implements vault.Disk.
func (d spoolDisk) SyncDir(dir string) error {
	d.sync()
	return d.OSDisk.SyncDir(dir)
}

type spoolFile struct {
	vault.File
	under spoolDisk
}

// WriteAt implements vault.File.
func (f spoolFile) WriteAt(p []byte, off int64) (int, error) {
	f.under.write()
	return f.File.WriteAt(p, off)
}

// Sync implements vault.File.
func (f spoolFile) Sync() error {
	f.under.sync()
	return f.File.Sync()
}

// slowSync is what the hooks of the object store's disk driver do to its fsyncs.
func slowSync(wait func()) disk.Hook {
	return func(step disk.Step, _ string) error {
		if step == disk.StepSyncFile || step == disk.StepSyncDir {
			wait()
		}
		return nil
	}
}

// waits returns a function that waits.
func waits(d time.Duration) func() {
	return func() {
		if d > 0 {
			time.Sleep(d)
		}
	}
}
