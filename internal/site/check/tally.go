package check

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"
)

// record is one thing as text, the same from whichever side it is told: a row, an event, an object.
type record struct {
	kind   string // segment, run, gap, quarantine, camera, key, object
	id     string
	fields []field
	entry  string // where the log says so; not compared
}

type field struct{ name, value string }

type name struct{ kind, id string }

func (r *record) name() name { return name{r.kind, r.id} }

// differs lists the names of the fields in which two records of one thing disagree.
func (r *record) differs(o *record) string {
	var names []string
	for i, f := range r.fields {
		if i >= len(o.fields) || o.fields[i] != f {
			names = append(names, f.name)
		}
	}
	return strings.Join(names, ", ")
}

// tally compares two long lists of records in constant memory. Every record falls into a cell by its name and adds
// its digest there, from one side with a plus and from the other with a minus: a cell of zero holds the same records from both. The
// digests are keyed at random for each check, so nobody can choose records that cancel. Only the few cells that are not zero
// are read again to learn which records differ.
type tally struct {
	seed  [32]byte
	cells []cell
}

// cell is a sum of digests; its arithmetic wraps.
type cell struct {
	lo, hi uint64
	n      int64
}

const tallyCells = 1 << 14

func newTally() *tally {
	t := &tally{cells: make([]cell, tallyCells)}
	rand.Read(t.seed[:]) // never fails (crypto/rand, Go 1.24)
	return t
}

// place is the cell that a name falls into.
func (t *tally) place(n name) int {
	h := sha256.New()
	h.Write(t.seed[:])
	writeText(h, n.kind)
	writeText(h, n.id)
	return int(binary.BigEndian.Uint64(h.Sum(nil))) & (tallyCells - 1)
}

func (t *tally) digest(r *record) cell {
	h := sha256.New()
	h.Write(t.seed[:])
	writeText(h, r.kind)
	writeText(h, r.id)
	for _, f := range r.fields {
		writeText(h, f.value)
	}
	sum := h.Sum(nil)
	return cell{binary.BigEndian.Uint64(sum), binary.BigEndian.Uint64(sum[8:]), 1}
}

func writeText(w interface{ Write([]byte) (int, error) }, s string) {
	var length [8]byte
	binary.BigEndian.PutUint64(length[:], uint64(len(s)))
	_, _ = w.Write(length[:]) // a hash
	_, _ = w.Write([]byte(s))
}

func (c cell) plus(o cell) cell  { return cell{c.lo + o.lo, c.hi + o.hi, c.n + o.n} }
func (c cell) minus(o cell) cell { return cell{c.lo - o.lo, c.hi - o.hi, c.n - o.n} }

func (t *tally) add(r record) {
	c := &t.cells[t.place(r.name())]
	*c = c.plus(t.digest(&r))
}

func (t *tally) subtract(r record) {
	c := &t.cells[t.place(r.name())]
	*c = c.minus(t.digest(&r))
}

// unequal lists the cells in which the two sides differ.
func (t *tally) unequal() []int {
	var out []int
	for i, c := range t.cells {
		if c != (cell{}) {
			out = append(out, i)
		}
	}
	return out
}

// late are records that one side told and the other may have told too late to be read: those that the log got while
// the tables were being read.
type late map[int][]cell

// maxLate bounds the combinations that excuse tries.
const maxLate = 8

// excuse puts right the cells that differ only by late records of the subtracted side.
func (t *tally) excuse(l late) {
	for at, digests := range l {
		if t.cells[at] == (cell{}) || len(digests) > maxLate {
			continue
		}
		for set := range 1 << len(digests) {
			sum := t.cells[at]
			for i, d := range digests {
				if set>>i&1 == 1 {
					sum = sum.plus(d)
				}
			}
			if sum == (cell{}) {
				t.cells[at] = sum
				break
			}
		}
	}
}

// chunks yields the cells to be resolved together.
func chunks(cells []int) [][]int { return slices.Collect(slices.Chunk(cells, 256)) }

// within is the set of some cells, as a filter of names.
func (t *tally) within(cells []int) func(name) bool {
	set := make(map[int]bool, len(cells))
	for _, c := range cells {
		set[c] = true
	}
	return func(n name) bool { return set[t.place(n)] }
}
