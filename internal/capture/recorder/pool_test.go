package recorder

import (
	"testing"

	"github.com/footage-custody/custody/internal/media"
)

// TestPoolForgetsSizesOutOfUse: buffers of a size that nobody asks for any more must not keep those in use from being
// used again.
func TestPoolForgetsSizesOutOfUse(t *testing.T) {
	p := newPool()
	defer p.close()
	var old []*media.Buffer
	for range keepIdle / (64 << 10) {
		old = append(old, p.get(64<<10))
	}
	for _, b := range old {
		b.Free()
	}
	if p.bytes != keepIdle {
		t.Fatalf("%d bytes are idle, want %d", p.bytes, keepIdle)
	}
	b := p.get(2 << 20)
	first := &b.Mem[0]
	b.Free()
	if again := p.get(2 << 20); &again.Mem[0] != first {
		t.Error("a buffer that came back was given to the kernel in place of idle ones")
	}
	if p.bytes > keepIdle {
		t.Errorf("%d bytes are idle, more than %d", p.bytes, keepIdle)
	}
}

// TestPoolGivesWhatIsAskedFor: at least the size, with the headroom ahead, from the last one used.
func TestPoolGivesWhatIsAskedFor(t *testing.T) {
	p := newPool()
	defer p.close()
	for _, size := range []int{1, 64 << 10, 64<<10 + 1, 1 << 20, 3 << 20} {
		b := p.get(size)
		if len(b.Mem) < size || b.Start != media.Headroom || b.Len() != 0 {
			t.Errorf("asked for %d bytes, got %d from %d on", size, len(b.Mem), b.Start)
		}
		b.Mem[len(b.Mem)-1] = 1
		b.Free()
	}
	p.close()
	if len(p.idle) != 0 || p.bytes != 0 {
		t.Errorf("%d buffers and %d bytes are left after close", len(p.idle), p.bytes)
	}
}
