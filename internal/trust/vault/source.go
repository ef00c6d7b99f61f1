package vault

import (
	"container/list"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"sync"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// source is one segment opened for reading, wherever it lies.
type source struct {
	id     custody.SegmentID
	camera custody.CameraID
	box    *box
	infos  []media.FragmentInfo
	live   *spooled // nil once it is settled
	size   int64    // of the object; 0 while it is in the spool
}

// find looks a segment up: in the spool first, then in the catalog. That order cannot miss one, because a row is
// committed before its spool file is dropped.
func (v *Vault) find(ctx context.Context, id custody.SegmentID) (*source, error) {
	if s := v.spooledSegment(id); s != nil {
		return &source{id: id, camera: s.head.Run.Camera, box: s.box, infos: s.fragments(), live: s}, nil
	}
	return v.findSettled(ctx, id)
}

func (v *Vault) findSettled(ctx context.Context, id custody.SegmentID) (*source, error) {
	if s := v.opened.get(id); s != nil {
		return s, nil
	}
	since, doomed := v.opened.look(id)
	if doomed {
		return nil, v.disposed(ctx, id)
	}
	row, err := v.catalog.Segment(ctx, id)
	if err != nil {
		return nil, err
	}
	if len(row.WrappedKey) == 0 {
		return nil, v.disposed(ctx, id)
	}
	key, err := v.keys.UnwrapSegment(id, row.KeyID, row.WrappedKey)
	if err != nil {
		return nil, custody.Wrap(custody.Corrupt, err, "segment %s: its key cannot be opened", id)
	}
	b, err := newBox(id, key)
	if err != nil {
		return nil, err
	}
	infos, err := media.UnpackFragments(row.Fragments)
	if err != nil {
		return nil, custody.Wrap(custody.Corrupt, err, "segment %s: the row's fragment table cannot be read", id)
	}
	s := &source{id: id, camera: row.Camera, box: b, infos: infos, size: row.ObjectSize}
	v.opened.keep(s, since)
	return s, nil
}

// within runs read over the segment's bytes: its spool file, or the object. A spool file that is gone was settled in
// the meantime, and the object is read instead.
func (v *Vault) within(ctx context.Context, s *source, read func(*source, io.ReaderAt, int64) error) error {
	if s.live != nil {
		f, err := v.disk.Open(s.live.path)
		if err == nil {
			defer f.Close()
			size, _, err := f.Stat()
			if err != nil {
				return diskError(err, "segment %s could not be read", s.id)
			}
			return read(s, f, size)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return diskError(err, "segment %s could not be read", s.id)
		}
		if s, err = v.findSettled(ctx, s.id); err != nil {
			return err
		}
	}
	return read(s, objectReader{ctx, v.objects, string(s.id)}, s.size)
}

// objectReader reads a stored object at offsets under one context.
type objectReader struct {
	ctx     context.Context
	objects Objects
	key     string
}

// ReadAt implements io.ReaderAt.
func (o objectReader) ReadAt(p []byte, off int64) (int, error) {
	if err := o.objects.ReadAt(o.ctx, o.key, p, off); err != nil {
		return 0, err
	}
	return len(p), nil
}

// fragment reads and opens one fragment in one ranged read.
func (v *Vault) fragment(ctx context.Context, s *source, info media.FragmentInfo) ([]byte, error) {
	if err := possible(s.id, info); err != nil {
		return nil, err
	}
	rec := make([]byte, info.Length)
	var plain []byte
	err := v.within(ctx, s, func(s *source, r io.ReaderAt, _ int64) error {
		_, err := r.ReadAt(rec, info.Offset)
		if err = spoolError(err, "segment %s could not be read", s.id); err != nil {
			return err
		}
		plain, err = s.box.open(rec, fragmentRecord(info.Number), kindFragment)
		return custody.Wrap(custody.Corrupt, err, "segment %s: fragment %d is not what was sealed", s.id, info.Number)
	})
	return plain, err
}

// possible fails with Corrupt if the entry states a length that no fragment has.
func possible(id custody.SegmentID, info media.FragmentInfo) error {
	if info.Length < frameSize+sealOverhead || info.Length > frameSize+maxFragment+sealOverhead {
		return custody.Errorf(custody.Corrupt, "segment %s: fragment %d has an impossible length", id, info.Number)
	}
	return nil
}

// head reads the head record.
func (v *Vault) head(ctx context.Context, s *source) (SegmentHead, error) {
	var head headRecord
	err := v.within(ctx, s, func(s *source, r io.ReaderAt, size int64) error {
		var err error
		head, err = (&scanner{box: s.box, r: r, size: size, sum: sha256.New()}).head(s.id)
		return custody.Wrap(kindOf(err), err, "segment %s: its head is not what was sealed", s.id)
	})
	return head.SegmentHead, err
}

// units reads the unit tables of the fragments: from the index of a settled segment, else record by record.
func (v *Vault) units(ctx context.Context, s *source, infos []media.FragmentInfo) ([]UnitTable, error) {
	var tables []UnitTable
	err := v.within(ctx, s, func(s *source, r io.ReaderAt, size int64) (err error) {
		if s.live != nil {
			tables, err = spooledTables(s.box, r, size, infos)
		} else {
			tables, err = indexedTables(s.box, r, size, infos)
		}
		return custody.Wrap(kindOf(err), err, "segment %s: its unit tables are not what was sealed", s.id)
	})
	return tables, err
}

func spooledTables(b *box, r io.ReaderAt, size int64, infos []media.FragmentInfo) (tables []UnitTable, err error) {
	var buf []byte
	for _, info := range infos {
		if buf, err = readRecord(r, info.Offset+info.Length, size, kindUnits, buf); err != nil {
			return nil, err
		}
		content, err := b.open(buf, unitsRecord(info.Number), kindUnits)
		if err != nil {
			return nil, err
		}
		t, err := parseUnits(content, info.Number)
		if err != nil {
			return nil, err
		}
		t.Fragment = info
		tables = append(tables, t)
	}
	return tables, nil
}

func indexedTables(b *box, r io.ReaderAt, size int64, infos []media.FragmentInfo) (tables []UnitTable, err error) {
	x, _, err := readIndex(b, r, size)
	if err != nil {
		return nil, err
	}
	for _, info := range infos {
		if int(info.Number) >= len(x.tables) {
			return nil, custody.Errorf(custody.Corrupt, "the index does not hold fragment %d", info.Number)
		}
		t, err := parseUnits(x.tables[info.Number], info.Number)
		if err != nil {
			return nil, err
		}
		t.Fragment = info
		tables = append(tables, t)
	}
	return tables, nil
}

// openedMax bounds the settled segments whose keys and fragment tables are kept: about 4 KiB each, so 1 MiB.
const openedMax = 256

// openedSegments keeps the segments read last. Safe for concurrent use; its lock is a leaf.
type openedSegments struct {
	mu     sync.Mutex
	byID   map[custody.SegmentID]*list.Element
	order  *list.List                // of *source, the last used in front
	doomed map[custody.SegmentID]int // not to be opened now, and by how many
	passed uint64                    // how often something was doomed or settled
}

func newOpenedSegments() *openedSegments {
	return &openedSegments{byID: map[custody.SegmentID]*list.Element{}, order: list.New(), doomed: map[custody.SegmentID]int{}}
}

func (o *openedSegments) get(id custody.SegmentID) *source {
	o.mu.Lock()
	defer o.mu.Unlock()
	e := o.byID[id]
	if e == nil {
		return nil
	}
	o.order.MoveToFront(e)
	return e.Value.(*source)
}

// look tells whether the segment is doomed, and how often something was until now: for keep.
func (o *openedSegments) look(id custody.SegmentID) (since uint64, doomed bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.passed, o.doomed[id] > 0
}

// keep keeps s unless something was doomed or settled since its row was read: that may have been s.
func (o *openedSegments) keep(s *source, since uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.passed != since {
		return
	}
	if e := o.byID[s.id]; e != nil {
		e.Value = s
		o.order.MoveToFront(e)
		return
	}
	o.byID[s.id] = o.order.PushFront(s)
	for o.order.Len() > openedMax {
		last := o.order.Back()
		delete(o.byID, o.order.Remove(last).(*source).id)
	}
}
