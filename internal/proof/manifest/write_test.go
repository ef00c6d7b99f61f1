package manifest

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// joined is one package with the items of two, whose segments may be the same.
func joined(a, b Content) Content {
	b.Package.Items[0].Number = "2"
	a.Package.Items = append(a.Package.Items, b.Package.Items[0])
	a.Data = append(a.Data, b.Data...)
	first, second := a.Segments, b.Segments
	a.Segments = func(yield func(Segment, error) bool) {
		var all []Segment
		for p := range first {
			all = append(all, p)
		}
		for p := range second {
			if i := slices.IndexFunc(all, func(o Segment) bool { return o.Proof.Segment == p.Proof.Segment }); i >= 0 {
				all[i].Proof.Units = append(all[i].Proof.Units, p.Proof.Units...)
				all[i].Rows = append(all[i].Rows, p.Rows...)
				continue
			}
			all = append(all, p)
		}
		for _, p := range all {
			if !yield(p, nil) {
				return
			}
		}
	}
	return a
}

// TestTwoWindowsOfOneMinute: two items of one camera share a segment, and neither shows what belongs to the other.
func TestTwoWindowsOfOneMinute(t *testing.T) {
	s := newStage(t, true)
	s.record(20, 200)
	a := joined(s.content(cut{window: window(1e6, 3e6)}), s.content(cut{window: window(6e6, 14e6), name: "later"}))
	r := verify(t, s.write(a), a.LogKey)
	if r.Verdict != Authentic || r.Files[0].Units != 120 || r.Files[1].Units != 480 {
		t.Errorf("%d and %d units\n%s", r.Files[0].Units, r.Files[1].Units, r.Text())
	}
}

type failing struct{ after io.Reader }

var errTorn = errors.New("the disk was pulled")

func (f failing) Read(b []byte) (int, error) {
	if n, err := f.after.Read(b); err == nil {
		return n, nil
	}
	return 0, errTorn
}

// TestNothingHalfIsLeft: whatever stops the writer, there is no package and no trace of one.
func TestNothingHalfIsLeft(t *testing.T) {
	s := newStage(t, false)
	s.record(5, 300)
	whole := func() Content { return s.content(cut{window: window(1e6, 4e6)}) }
	stopped, stop := context.WithCancel(context.Background())
	stop()
	_, other, _ := ed25519.GenerateKey(rand.Reader)
	for name, c := range map[string]struct {
		ctx    context.Context
		key    ed25519.PrivateKey
		change func(*Content)
		kind   custody.Kind
		is     error
	}{
		"cancelled": {ctx: stopped, is: context.Canceled},
		"a reader that fails": {change: func(c *Content) {
			c.Data[0].Write = func(w io.Writer) error { _, err := io.Copy(w, failing{strings.NewReader("half")}); return err }
		}, is: errTorn},
		"a reader of what was read back that fails": {change: func(c *Content) { c.Read = func(string, []byte) error { return errTorn } }, is: errTorn},
		"less footage than was announced":           {change: func(c *Content) { c.Data[0].Size++ }, kind: custody.Invalid},
		"more footage than was announced":           {change: func(c *Content) { c.Data[0].Size-- }, kind: custody.Invalid},
		"a proof that fails":                        {change: func(c *Content) { c.Segments = func(yield func(Segment, error) bool) { yield(Segment{}, errTorn) } }, is: errTorn},
		"footage that is not it":                    {change: func(c *Content) { c.Data[0] = bytesOf(clip1, s.blank()) }, kind: custody.Corrupt},
		"no footage":                                {change: func(c *Content) { c.Data = nil }, kind: custody.Invalid},
		"too much footage":                          {change: func(c *Content) { c.Data = append(c.Data, bytesOf("data/original/b.mp4", nil)) }, kind: custody.Invalid},
		"an undecided item":                         {change: func(c *Content) { c.Package.Items[0].Outcome = Denied }, kind: custody.Invalid},
		"a name that leads out":                     {change: func(c *Content) { c.Package.Items[0].Renditions[0].Path = "data/original/../../x" }, kind: custody.Invalid},
		"another signer":                            {key: other, kind: custody.Corrupt},
		"another log":                               {change: func(c *Content) { c.LogKey = "library.example/custody/log/1+00000000+AAAA" }, kind: custody.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			parent := t.TempDir()
			content, key, ctx := whole(), s.signing, context.Background()
			if c.change != nil {
				c.change(&content)
			}
			if c.key != nil {
				key = c.key
			}
			if c.ctx != nil {
				ctx = c.ctx
			}
			_, err := Write(ctx, filepath.Join(parent, "package"), content, key)
			if err == nil || c.is != nil && !errors.Is(err, c.is) || c.is == nil && custody.KindOf(err) != c.kind {
				t.Errorf("%v, want %v %v", err, c.kind, c.is)
			}
			if left := must(os.ReadDir(parent)); len(left) > 0 {
				t.Errorf("%s is left", left[0].Name())
			}
		})
	}
	dir := s.write(whole())
	if _, err := Write(context.Background(), dir, whole(), s.signing); custody.KindOf(err) != custody.Exists {
		t.Errorf("a package was written over: %v", err)
	}
}

// TestProveKeepsToTheSegment: what is not the segment's is not proved.
func TestProveKeepsToTheSegment(t *testing.T) {
	s := newStage(t, false)
	s.record(3, 100)
	row, header := s.rows[0], must(s.run.Encode())
	leaves, shown, _ := s.unitsOf(row, func(u media.Unit, _ custody.Instant) bool { return u.Seq > 4 && u.Seq < 9 })
	p := must(Prove(row.ID, row.Root, header, false, leaves, []Shown{{clip1, shown}}, row.Fragments, nil))
	if len(p.Rows) != 4 || p.Proof.Units[0].From != 6 || p.Proof.Header != nil {
		t.Errorf("%d rows from leaf %d", len(p.Rows), p.Proof.Units[0].From)
	}
	shown[6].Receipt++
	if _, err := Prove(row.ID, row.Root, header, false, leaves, []Shown{{clip1, shown}}, row.Fragments, nil); custody.KindOf(err) != custody.Corrupt {
		t.Errorf("a unit that is not its leaf: %v", err)
	}
	if _, err := Prove(row.ID, row.Root, append(header, ' '), false, leaves, nil, row.Fragments, nil); custody.KindOf(err) != custody.Corrupt {
		t.Errorf("another header: %v", err)
	}
}

// TestWriteReadsBack: a byte that changes between the writing and the reading back is found, even of a file that nothing proves.
func TestWriteReadsBack(t *testing.T) {
	s := newStage(t, false)
	s.record(30, 200)
	c := s.content(cut{window: window(1e6, 29e6), viewing: true})
	parent := t.TempDir()
	d := &c.Data[slices.IndexFunc(c.Data, func(d Data) bool { return strings.Contains(d.Path, "viewing") })]
	honest := d.Write
	d.Size = 0 // not read before it is written
	d.Write = func(w io.Writer) error {
		err := honest(w)
		files := must(filepath.Glob(filepath.Join(parent, "p.partial-*", filepath.FromSlash(d.Path))))
		f := must(os.OpenFile(files[0], os.O_RDWR, 0))
		defer f.Close()
		var b [1]byte
		last := must(f.Seek(-1, io.SeekEnd))
		must(f.ReadAt(b[:], last))
		b[0] ^= 1
		must(f.WriteAt(b[:], last))
		return err
	}
	if _, err := Write(t.Context(), filepath.Join(parent, "p"), c, s.signing); custody.KindOf(err) != custody.Corrupt {
		t.Errorf("got %v, want Corrupt", err)
	}
	if left := must(os.ReadDir(parent)); len(left) != 0 {
		t.Errorf("%v is left", left)
	}
}

// TestWhatIsReadBackIsTold: the media files come out of the writer as they lie in the package, file after file, whether their sizes were
// known or not.
func TestWhatIsReadBackIsTold(t *testing.T) {
	s := newStage(t, false)
	s.record(30, 3000)
	for _, known := range []bool{true, false} {
		c := s.content(cut{window: window(1e6, 29e6), viewing: true})
		told, order := map[string][]byte{}, []string(nil)
		c.Read = func(path string, b []byte) error {
			if len(order) == 0 || order[len(order)-1] != path {
				order = append(order, path)
			}
			told[path] = append(told[path], b...)
			return nil
		}
		for i := range c.Data {
			if honest := c.Data[i].Write; known { // in small pieces, so that the reader has to wait
				c.Data[i].Write = func(w io.Writer) error {
					r, out := io.Pipe()
					go func() { out.CloseWithError(honest(out)) }()
					_, err := io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{r}, make([]byte, 777))
					return err
				}
			} else {
				c.Data[i].Size = 0
			}
		}
		dir := s.write(c)
		if len(order) != len(c.Data) {
			t.Errorf("told of %v", order)
		}
		for _, d := range c.Data {
			if want := must(os.ReadFile(filepath.Join(dir, filepath.FromSlash(d.Path)))); len(want) == 0 || !bytes.Equal(told[d.Path], want) {
				t.Errorf("%s: %d bytes told of %d", d.Path, len(told[d.Path]), len(want))
			}
		}
		if r := verify(t, dir, c.LogKey); r.Verdict != Authentic {
			t.Error(r.Text())
		}
	}
}
