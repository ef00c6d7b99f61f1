package vault

import (
	"cmp"
	"container/list"
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// MaxThumb bounds one kept picture.
const MaxThumb = 4 << 20

// thumbsDefault bounds all kept pictures together unless Options.ThumbBytes says otherwise.
const thumbsDefault = 1 << 30

// PutThumb keeps a picture made of the fragment, encrypted under the segment's thumbnail key (CONTRACTS 12). kind tells the
// pictures of one fragment apart: 1 to 16 of a-z, 0-9 and "-". A picture that is there already is replaced. Nothing
// is promised: what was kept may be gone at any time. Judged like the fragment itself. Errors: Denied, NotFound,
// Invalid (kind, or larger than MaxThumb), Unavailable (the disk).
func (v *Vault) PutThumb(ctx context.Context, g access.Grant, id custody.SegmentID, fragment uint32, kind string, jpeg []byte) error {
	s, err := v.grantedFragment(ctx, g, id, fragment)
	if err != nil {
		return err
	}
	if len(jpeg) == 0 || len(jpeg) > MaxThumb {
		return custody.Errorf(custody.Invalid, "a picture of %d bytes is not kept: 1 to %d are", len(jpeg), MaxThumb)
	}
	name, err := thumbName(id, fragment, kind)
	if err != nil || v.thumbs.dir == "" {
		return err
	}
	sealed := s.box.thumbs.Seal(nil, nil, jpeg, s.box.thumbPlace(fragment, kind))
	return custody.Wrap(custody.Unavailable, v.thumbs.put(name, sealed), "a picture could not be kept")
}

// Thumb returns a picture that PutThumb kept. It is judged like the fragment, and before anything is looked up. Errors: Denied,
// NotFound (none is kept, or it was damaged and has been removed), Invalid, Unavailable.
func (v *Vault) Thumb(ctx context.Context, g access.Grant, id custody.SegmentID, fragment uint32, kind string) ([]byte, error) {
	s, err := v.grantedFragment(ctx, g, id, fragment)
	if err != nil {
		return nil, err
	}
	name, err := thumbName(id, fragment, kind)
	if err != nil {
		return nil, err
	}
	none := custody.Errorf(custody.NotFound, "no such picture of segment %s is kept", id)
	sealed, err := v.thumbs.get(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, none
	}
	if err != nil {
		return nil, custody.Wrap(custody.Unavailable, err, "a kept picture could not be read")
	}
	jpeg, err := s.box.thumbs.Open(nil, nil, sealed, s.box.thumbPlace(fragment, kind))
	if err != nil {
		v.thumbs.remove(name)
		return nil, none
	}
	return jpeg, nil
}

// thumbPlace is a picture's associated data: segment id | fragment u32 | kind.
func (b *box) thumbPlace(fragment uint32, kind string) []byte {
	ad := append(make([]byte, 0, 36), b.id[:]...)
	return append(binary.BigEndian.AppendUint32(ad, fragment), kind...)
}

// A name says nothing but the segment, the fragment's number and the kind.
func thumbName(id custody.SegmentID, fragment uint32, kind string) (string, error) {
	odd := func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' }
	if kind == "" || len(kind) > 16 || strings.ContainsFunc(kind, odd) {
		return "", custody.Errorf(custody.Invalid, "a kind of picture is named by 1 to 16 of a-z, 0-9 and -")
	}
	return string(id) + "." + strconv.FormatUint(uint64(fragment), 10) + "." + kind + thumbSuffix, nil
}

const (
	thumbSuffix = ".thumb"
	// thumbLeast is what the smallest file counts as, so that no more than ThumbBytes / thumbLeast are kept: 65536 with
	// the default, of which the list takes about 200 bytes each.
	thumbLeast = 16 << 10
)

// thumbs is a directory of sealed pictures, bounded in bytes: the one used least recently goes first. After a restart the time of writing
// stands for the time of use. Its lock is held across the removal of files; files are read and written outside it.
type thumbs struct {
	dir   string // empty keeps nothing
	limit int64

	mu     sync.Mutex
	loaded bool
	byName map[string]*list.Element
	order  *list.List // of thumb, the last used in front
	bytes  int64
}

type thumb struct {
	name string
	size int64 // as it counts
}

func newThumbs(dir string, limit int64) *thumbs {
	if limit == 0 {
		limit = thumbsDefault
	}
	return &thumbs{dir: dir, limit: limit, byName: map[string]*list.Element{}, order: list.New()}
}

// put writes a file under a temporary name and renames it. It is not fsynced: it can be made again, and what a power
// cut leaves half written does not open.
func (t *thumbs) put(name string, b []byte) error {
	if err := t.load(); err != nil {
		return err
	}
	f, err := os.CreateTemp(t.dir, name+"*"+tempSuffix)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), filepath.Join(t.dir, name))
	}
	if err != nil {
		return errors.Join(err, absentIsFine(os.Remove(f.Name())))
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.note(name, int64(len(b)))
	t.shrink()
	return nil
}

// get reads a file; fs.ErrNotExist if it is not kept.
func (t *thumbs) get(name string) ([]byte, error) {
	if t.dir == "" {
		return nil, fs.ErrNotExist
	}
	if err := t.load(); err != nil {
		return nil, err
	}
	t.mu.Lock()
	e := t.byName[name]
	if e != nil {
		t.order.MoveToFront(e)
	}
	t.mu.Unlock()
	if e == nil {
		return nil, fs.ErrNotExist
	}
	path := filepath.Join(t.dir, name)
	info, err := os.Lstat(path)
	if err == nil && (!info.Mode().IsRegular() || info.Size() > MaxThumb+sealOverhead) {
		return nil, nil // what is not ours does not open
	}
	var b []byte
	if err == nil {
		b, err = os.ReadFile(path)
	}
	if errors.Is(err, fs.ErrNotExist) {
		t.remove(name)
	}
	return b, err
}

// remove forgets a file and takes it away.
func (t *thumbs) remove(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if e := t.byName[name]; e != nil {
		t.drop(e)
	}
}

// load lists, once, what an earlier process left, and removes its temporary files and whatever is over the limit.
func (t *thumbs) load() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.loaded {
		return nil
	}
	if err := os.MkdirAll(t.dir, 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(t.dir)
	if err != nil {
		return err
	}
	var infos []fs.FileInfo
	for _, e := range entries {
		info, err := e.Info()
		switch {
		case err != nil || e.IsDir():
		case strings.HasSuffix(e.Name(), tempSuffix):
			_ = os.Remove(filepath.Join(t.dir, e.Name())) // the next start tries again
		case strings.HasSuffix(e.Name(), thumbSuffix):
			infos = append(infos, info)
		}
	}
	slices.SortFunc(infos, func(a, b fs.FileInfo) int {
		return cmp.Or(a.ModTime().Compare(b.ModTime()), cmp.Compare(a.Name(), b.Name()))
	})
	for _, info := range infos {
		t.note(info.Name(), info.Size())
	}
	t.loaded = true
	t.shrink()
	return nil
}

// note says that a file was written or used now; mu is held.
func (t *thumbs) note(name string, size int64) {
	size = max(size, thumbLeast)
	if e := t.byName[name]; e != nil {
		t.bytes -= t.order.Remove(e).(thumb).size
	}
	t.byName[name] = t.order.PushFront(thumb{name, size})
	t.bytes += size
}

// shrink removes files until the rest is within the limit; mu is held.
func (t *thumbs) shrink() {
	for t.bytes > t.limit && t.order.Len() > 0 {
		t.drop(t.order.Back())
	}
}

// drop removes one file; mu is held. One that cannot be removed is listed again by the next start.
func (t *thumbs) drop(e *list.Element) {
	gone := t.order.Remove(e).(thumb)
	delete(t.byName, gone.name)
	t.bytes -= gone.size
	_ = os.Remove(filepath.Join(t.dir, gone.name))
}
