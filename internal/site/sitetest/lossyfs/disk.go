package lossyfs

import (
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"syscall"
)

const page = 4096

// Cut says what a power cut leaves of what was not fsynced.
type Cut int

const (
	Clean Cut = iota // nothing
	Torn             // some of it
)

// Disk is the file system. All its methods are safe for concurrent use.
type Disk struct {
	mu      sync.Mutex
	root    *inode
	last    uint64 // inode number handed out
	changes int    // changing operations so far

	stopAt   int           // stop at this change; 0 never
	done     bool          // after it is done, not before
	stopped  chan struct{} // closed when the machine stops
	released chan struct{} // closed when what waits may fail

	mounted *mount
}

// inode is a file or a directory.
type inode struct {
	ino   uint64
	mode  uint32
	names int // directories that have it count each name

	data, kept []byte         // a file's bytes: now, and after a cut
	dirty      map[int64]bool // pages of data that changed since they were kept

	entries, safe map[string]*inode // a directory's names: now, and after a cut
	since         [][]renamed       // changes of names since they were safe, in order
}

// renamed is one name and what it has come to mean: nothing, if node is nil.
type renamed struct {
	name string
	node *inode
}

// New is an empty disk whose machine runs.
func New() *Disk {
	d := &Disk{stopped: make(chan struct{}), released: make(chan struct{})}
	d.root = d.newDir(syscall.S_IFDIR | 0o755)
	d.root.names = 1
	return d
}

func (d *Disk) newFile(mode uint32) *inode {
	d.last++
	return &inode{ino: d.last, mode: mode, dirty: map[int64]bool{}}
}

func (d *Disk) newDir(mode uint32) *inode {
	n := d.newFile(mode)
	n.entries, n.safe = map[string]*inode{}, map[string]*inode{}
	return n
}

func (n *inode) isDir() bool { return n.entries != nil }

// StopAfter stops the machine at the nth change from now: before it is done, or after, when the program cannot know
// that it is. From then on every operation waits, until Release. The channel is closed when the machine stops.
func (d *Disk) StopAfter(n int, done bool) <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stopAt, d.done = d.changes+max(n, 1), done
	return d.stopped
}

// Stop stops the machine now.
func (d *Disk) Stop() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stop()
}

func (d *Disk) stop() {
	select {
	case <-d.stopped:
	default:
		close(d.stopped)
	}
}

// Release lets what waits on a stopped machine fail, and whatever comes after. The programs must have been killed.
func (d *Disk) Release() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stop()
	select {
	case <-d.released:
	default:
		close(d.released)
	}
}

// Changes counts the changing operations so far.
func (d *Disk) Changes() int { d.mu.Lock(); defer d.mu.Unlock(); return d.changes }

// running waits while the machine is stopped, and then fails.
func (d *Disk) running() syscall.Errno {
	select {
	case <-d.stopped:
		<-d.released
		return syscall.EIO
	default:
		return 0
	}
}

// look does something that changes nothing.
func (d *Disk) look(act func() syscall.Errno) syscall.Errno {
	if errno := d.running(); errno != 0 {
		return errno
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return act()
}

// change does one change, unless the machine stops.
func (d *Disk) change(act func() syscall.Errno) syscall.Errno {
	if errno := d.running(); errno != 0 {
		return errno
	}
	d.mu.Lock()
	select {
	case <-d.stopped:
		d.mu.Unlock()
		return d.running()
	default:
	}
	d.changes++
	last := d.changes == d.stopAt
	var errno syscall.Errno
	if !last || d.done {
		errno = act()
	}
	if last {
		d.stop()
	}
	d.mu.Unlock()
	if last {
		return d.running()
	}
	return errno
}

// rename records that names of the directory have come to mean something else, at once.
func (n *inode) rename(changes ...renamed) {
	for _, c := range changes {
		if old := n.entries[c.name]; old != nil {
			old.names--
			delete(n.entries, c.name)
		}
		if c.node != nil {
			n.entries[c.name] = c.node
			c.node.names++
		}
	}
	n.since = append(n.since, changes)
}

func (n *inode) write(p []byte, off int64) {
	end := off + int64(len(p))
	if size := int64(len(n.data)); end > size {
		n.resize(end)
	}
	copy(n.data[off:], p)
	n.touch(off, end)
}

// resize cuts the file or fills it with zeros.
func (n *inode) resize(size int64) {
	old := int64(len(n.data))
	if size > old {
		n.data = slices.Grow(n.data, int(size-old))[:size]
		clear(n.data[old:])
	} else {
		n.data = n.data[:size]
	}
	n.touch(min(old, size), max(old, size))
}

func (n *inode) touch(from, to int64) {
	for p := from / page; p*page < to; p++ {
		n.dirty[p] = true
	}
}

// sync makes bytes and size, or names, survive.
func (n *inode) sync() {
	if n.isDir() {
		n.safe, n.since = maps.Clone(n.entries), nil
		return
	}
	n.keep(len(n.data), func(int64) bool { return true })
}

// keep makes the size survive, and those dirty pages that survives names.
func (n *inode) keep(size int, survives func(page int64) bool) {
	old := len(n.kept)
	if size > old {
		n.kept = slices.Grow(n.kept, size-old)[:size]
		clear(n.kept[old:])
	}
	n.kept = n.kept[:size]
	for p := range n.dirty {
		from, to := min(p*page, int64(size)), min((p+1)*page, int64(size), int64(len(n.data)))
		if from < to && survives(p) {
			copy(n.kept[from:to], n.data[from:to])
		}
	}
	clear(n.dirty)
}

// Cut is the power cut and the machine coming up again. The disk must be unmounted.
func (d *Disk) Cut(how Cut, random *rand.Rand) {
	d.mu.Lock()
	defer d.mu.Unlock()
	seen := map[*inode]bool{}
	d.root.cut(how, random, seen)
	for n := range seen {
		n.names = 0
	}
	d.root.names = 1
	for n := range seen {
		for _, child := range n.entries {
			child.names++
		}
	}
	d.stopAt, d.stopped, d.released = 0, make(chan struct{}), make(chan struct{})
}

func (n *inode) cut(how Cut, random *rand.Rand, seen map[*inode]bool) {
	if seen[n] {
		return
	}
	seen[n] = true
	if !n.isDir() {
		size := len(n.kept)
		if how == Torn && random.IntN(2) == 0 {
			size = len(n.data)
		}
		n.keep(size, func(int64) bool { return how == Torn && random.IntN(2) == 0 })
		n.data = slices.Clone(n.kept)
		return
	}
	if how == Torn {
		for _, changes := range n.since[:random.IntN(len(n.since)+1)] {
			for _, c := range changes {
				delete(n.safe, c.name)
				if c.node != nil {
					n.safe[c.name] = c.node
				}
			}
		}
	}
	n.entries, n.since = maps.Clone(n.safe), nil
	for _, name := range slices.Sorted(maps.Keys(n.entries)) {
		n.entries[name].cut(how, random, seen)
	}
}
