package vault_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/vault"
)

// cut says what a crash leaves of a cutDisk.
type cut int

const (
	kill      cut = iota // kill -9: everything written is there
	power                // a power cut: only what was fsynced is there, names as well as bytes
	powerHole            // like power; an fsync that is cut short has left a hole in the midst
	powerGap             // a power cut after which names and sizes are there, and zeros for unsynced bytes
)

var errCut = errors.New("the machine has stopped")

// cutDisk is a disk in memory that knows what was fsynced. It stops at a chosen operation; a write at which it stops is
// half done.
type cutDisk struct {
	mu            sync.Mutex
	names, synced map[string]*inode
	locked        bool
	ops, stopAt   int // stopAt < 0: never
	stopped       bool
	holes         bool // powerHole
}

type inode struct{ data, synced []byte }

func newCutDisk() *cutDisk {
	return &cutDisk{names: map[string]*inode{}, synced: map[string]*inode{}, stopAt: -1}
}

// step counts one changing operation and reports whether the machine still runs.
func (d *cutDisk) step() error {
	if d.ops == d.stopAt {
		d.stopped = true
	}
	d.ops++
	if d.stopped {
		return errCut
	}
	return nil
}

// restart is the machine coming up again.
func (d *cutDisk) restart(c cut) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stopped, d.stopAt, d.locked = false, -1, false
	if c == power || c == powerHole {
		d.names = map[string]*inode{}
		for name, n := range d.synced {
			d.names[name] = &inode{data: bytes.Clone(n.synced), synced: n.synced}
		}
	}
	d.synced = map[string]*inode{}
	for name, n := range d.names {
		if c == powerGap {
			for i := len(n.synced); i < len(n.data); i++ {
				n.data[i] = 0
			}
		}
		n.synced = bytes.Clone(n.data)
		d.synced[name] = n
	}
}

func (d *cutDisk) MakeDir(string) error { return nil }

func (d *cutDisk) Lock(string) (io.Closer, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.locked {
		return nil, custody.Errorf(custody.Conflict, "locked")
	}
	d.locked = true
	return closer(func() error { d.mu.Lock(); defer d.mu.Unlock(); d.locked = false; return nil }), nil
}

type closer func() error

func (c closer) Close() error { return c() }

func (d *cutDisk) List(dir string) (out []string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for name := range d.names {
		if filepath.Dir(name) == filepath.Clean(dir) {
			out = append(out, filepath.Base(name))
		}
	}
	slices.Sort(out)
	return out, nil
}

func (d *cutDisk) Create(path string) (vault.File, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.step(); err != nil {
		return nil, err
	}
	if d.names[path] != nil {
		return nil, fs.ErrExist
	}
	d.names[path] = &inode{}
	return &cutFile{d, d.names[path]}, nil
}

func (d *cutDisk) Open(path string) (vault.File, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if n := d.names[path]; n != nil && !d.stopped {
		return &cutFile{d, n}, nil
	}
	return nil, fs.ErrNotExist
}

func (d *cutDisk) OpenWrite(path string) (vault.File, error) { return d.Open(path) }

func (d *cutDisk) Rename(from, to string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.step(); err != nil {
		return err
	}
	if d.names[from] == nil {
		return fs.ErrNotExist
	}
	d.names[to] = d.names[from]
	delete(d.names, from)
	return nil
}

func (d *cutDisk) Remove(path string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.step(); err != nil {
		return err
	}
	if d.names[path] == nil {
		return fs.ErrNotExist
	}
	delete(d.names, path)
	return nil
}

func (d *cutDisk) SyncDir(dir string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.step(); err != nil {
		return err
	}
	in := func(name string) bool {
		return strings.HasPrefix(name, dir) && filepath.Dir(name) == filepath.Clean(dir)
	}
	for name := range d.synced {
		if in(name) {
			delete(d.synced, name)
		}
	}
	for name, n := range d.names {
		if in(name) {
			d.synced[name] = n
		}
	}
	return nil
}

type cutFile struct {
	d *cutDisk
	n *inode
}

func (f *cutFile) ReadAt(p []byte, off int64) (int, error) {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if f.d.stopped {
		return 0, errCut
	}
	return bytes.NewReader(f.n.data).ReadAt(p, off)
}

func (f *cutFile) WriteAt(p []byte, off int64) (int, error) {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	was := f.d.stopped
	err := f.d.step()
	if err != nil {
		p = p[:len(p)/2]
	}
	if !was {
		f.n.data = append(f.n.data, make([]byte, max(0, int(off)+len(p)-len(f.n.data)))...)
		copy(f.n.data[off:], p)
	}
	return len(p), err
}

func (f *cutFile) Truncate(size int64) error {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if err := f.d.step(); err != nil {
		return err
	}
	f.n.data = f.n.data[:size:size]
	return nil
}

func (f *cutFile) Sync() error {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	was := f.d.stopped
	if err := f.d.step(); err != nil {
		if old := len(f.n.synced); f.d.holes && !was && old < len(f.n.data) {
			f.n.synced = bytes.Clone(f.n.data)
			n := len(f.n.data) - old
			clear(f.n.synced[old+n/2 : old+n/2+n/8])
		}
		return err
	}
	f.n.synced = bytes.Clone(f.n.data)
	return nil
}

func (f *cutFile) Stat() (int64, uint64, error) {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	return int64(len(f.n.data)), 1, nil
}

func (f *cutFile) Close() error { return nil }
