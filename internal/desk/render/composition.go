package render

import (
	"encoding/binary"

	"github.com/footage-custody/custody/internal/custody"
)

// composition watches fragments go by and refuses those in which a picture is shown before it is decoded. ffmpeg moves all times of
// such a file by an amount of its own, and every picture would stand under the time of another.
type composition struct {
	head []byte // of the box that begins, until its length is known
	moof []byte // what is there of the one that is being collected
	want int    // bytes of it
	skip int64  // bytes to the next box
}

const maxMoof = 8 << 20

// Write takes the next bytes. Corrupt if they are no fragments that can be relied on; it takes all or fails.
func (c *composition) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		switch {
		case c.skip > 0:
			k := min(c.skip, int64(len(p)))
			c.skip, p = c.skip-k, p[k:]
		case c.want > 0:
			k := min(c.want-len(c.moof), len(p))
			c.moof, p = append(c.moof, p[:k]...), p[k:]
			if len(c.moof) == c.want {
				if !forward(c.moof) {
					return 0, custody.Errorf(custody.Corrupt, "the times of the pictures cannot be relied on: one is shown before it is decoded")
				}
				c.moof, c.want = c.moof[:0], 0
			}
		default:
			k := min(8-len(c.head), len(p))
			c.head, p = append(c.head, p[:k]...), p[k:]
			if len(c.head) == 8 && !c.begin() {
				return 0, custody.Errorf(custody.Corrupt, "the footage of that time does not stand in fragments")
			}
		}
	}
	return n, nil
}

// begin looks at the header of a box.
func (c *composition) begin() bool {
	size, kind := int64(binary.BigEndian.Uint32(c.head)), string(c.head[4:])
	c.head = c.head[:0]
	if size < 8 || kind == "moof" && size > maxMoof || kind == "moov" {
		return false
	}
	if c.skip = size - 8; kind == "moof" {
		c.want, c.skip = int(size-8), 0
	}
	return true
}

// forward reports that no trun of a moof has a negative composition offset (ISO/IEC 14496-12 8.8.8).
func forward(moof []byte) bool {
	for kind, traf := range boxesIn(moof) {
		if kind != "traf" {
			continue
		}
		for kind, trun := range boxesIn(traf) {
			if kind == "trun" && !forwardRun(trun) {
				return false
			}
		}
	}
	return true
}

func forwardRun(b []byte) bool {
	const firstData, firstFlags, composed = 0x01, 0x04, 0x800
	if len(b) < 8 {
		return false
	}
	flags := binary.BigEndian.Uint32(b) & 0xffffff
	rows, width := b[8:], 0
	for _, bit := range []uint32{0x100, 0x200, 0x400, composed} {
		if flags&bit != 0 {
			width += 4
		}
	}
	for _, bit := range []uint32{firstData, firstFlags} {
		if flags&bit != 0 {
			rows = rows[min(4, len(rows)):]
		}
	}
	if flags&composed == 0 {
		return true
	}
	for ; len(rows) >= width; rows = rows[width:] {
		if rows[width-4]&0x80 != 0 {
			return false
		}
	}
	return true
}
