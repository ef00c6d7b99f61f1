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
// Bound: idle buffers beyond keepIdle bytes are returned to the kernel.
type pool struct {
	mu   sync.Mutex
	free map[int][][]byte
	idle int
	out  int
}

const (
	poolMinClass = 16 // 64 KiB
	keepIdle     = 16 << 20
)

func newPool() *pool { return &pool{free: map[int][][]byte{}} }

// get returns a buffer of at least size bytes in all. It falls back to the heap where the kernel refuses a mapping.
func (p *pool) get(size int) *media.Buffer {
	class := max(bits.Len(uint(size-1)), poolMinClass)
	p.mu.Lock()
	var mem []byte
	if l := p.free[class]; len(l) > 0 {
		mem = l[len(l)-1]
		p.free[class] = l[:len(l)-1]
		p.idle -= len(mem)
	}
	p.out += 1 << class
	p.mu.Unlock()
	if mem == nil {
		var err error
		mem, err = syscall.Mmap(-1, 0, 1<<class, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
		if err != nil {
			p.count(-1 << class)
			return &media.Buffer{Mem: make([]byte, size), Start: media.Headroom, End: media.Headroom}
		}
	}
	b := &media.Buffer{Mem: mem, Start: media.Headroom, End: media.Headroom}
	b.Release = func() { p.put(class, mem) }
	return b
}

func (p *pool) count(n int) {
	p.mu.Lock()
	p.out += n
	p.mu.Unlock()
}

func (p *pool) put(class int, mem []byte) {
	p.mu.Lock()
	p.out -= len(mem)
	keep := p.idle+len(mem) <= keepIdle
	if keep {
		p.free[class] = append(p.free[class], mem)
		p.idle += len(mem)
	}
	p.mu.Unlock()
	if !keep {
		_ = syscall.Munmap(mem) // only fails for a range that is not ours
	}
}

// close returns every idle buffer to the kernel.
func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for class, l := range p.free {
		for _, mem := range l {
			_ = syscall.Munmap(mem)
		}
		delete(p.free, class)
	}
	p.idle = 0
}
