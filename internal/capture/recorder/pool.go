package recorder

import (
	"math/bits"
	"sync"
	"syscall"

	"github.com/footage-custody/custody/internal/media"
)

// pool hands out fragment buffers that lie outside the Go heap: the collector neither scans nor
// doubles them. Buffers come in powers of two from 64 KiB. Pages are touched only as far as a
// fragment reached, so a buffer costs its fragment, not its class.
//
// A buffer that comes back is used again while its pages are there: fresh ones cost the kernel a fault each. Bound: of
// the idle buffers beyond keepIdle bytes those that waited longest are returned to the kernel, so that
// sizes nobody asks for any more make room for those in use.
type pool struct {
	mu    sync.Mutex
	idle  []spare // the one that waited longest first
	bytes int     // of the idle buffers
}

// spare is an idle buffer.
type spare struct {
	class int
	mem   []byte
}

const (
	poolMinClass = 16 // 64 KiB
	keepIdle     = 16 << 20
)

func newPool() *pool { return &pool{} }

// get returns a buffer of at least size bytes in all. It falls back to the heap where the kernel refuses a mapping.
func (p *pool) get(size int) *media.Buffer {
	class := max(bits.Len(uint(size-1)), poolMinClass)
	mem := p.take(class)
	if mem == nil {
		var err error
		mem, err = syscall.Mmap(-1, 0, 1<<class, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
		if err != nil {
			return &media.Buffer{Mem: make([]byte, size), Start: media.Headroom, End: media.Headroom}
		}
	}
	b := &media.Buffer{Mem: mem, Start: media.Headroom, End: media.Headroom}
	b.Release = func() { p.put(spare{class, mem}) }
	return b
}

// take finds the idle buffer of the class that was used last; nil if there is none.
func (p *pool) take(class int) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := len(p.idle) - 1; i >= 0; i-- {
		if p.idle[i].class == class {
			return p.remove(i)
		}
	}
	return nil
}

// remove takes an idle buffer out of the list; mu is held.
func (p *pool) remove(i int) []byte {
	mem := p.idle[i].mem
	p.idle = append(p.idle[:i], p.idle[i+1:]...)
	p.bytes -= len(mem)
	return mem
}

func (p *pool) put(s spare) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle = append(p.idle, s)
	p.bytes += len(s.mem)
	p.shrink(keepIdle)
}

// shrink returns idle buffers to the kernel until the rest takes at most limit bytes; mu is held.
func (p *pool) shrink(limit int) {
	for p.bytes > limit {
		_ = syscall.Munmap(p.remove(0)) // only fails for a range that is not ours
	}
}

// close returns every idle buffer to the kernel.
func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shrink(0)
}
