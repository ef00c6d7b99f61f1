package vault

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"io"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// proof is what reading a whole sealed object in order has shown.
type proof struct {
	head  headRecord
	index *index
	infos []media.FragmentInfo
	sum   hash.Hash // SHA-256 over the object
}

// prove reads a sealed object once, in order, and fails with Corrupt at the first thing that is not as it was sealed:
// every record opens in its place, the index repeats the unit tables, the root follows from them, the footer closes the object.
// look, if not nil, is shown each fragment with its unit table; the bytes are valid during the call.
func prove(id custody.SegmentID, b *box, r io.ReaderAt, size int64, fragments int, look func(UnitTable, []byte) error) (*proof, error) {
	s := &scanner{box: b, r: r, size: size, sum: sha256.New()}
	head, err := s.head(id)
	if err != nil {
		return nil, err
	}
	digests := make([][32]byte, 0, fragments) // of the unit tables' contents, to compare with the index
	places := make([]media.FragmentInfo, 0, fragments)
	for n := range fragments {
		t, plain, content, err := s.pair()
		if err != nil {
			return nil, custody.Wrap(custody.KindOf(err), err, "segment %s: fragment %d is not what was sealed", id, n)
		}
		if look != nil {
			if err := look(t, plain); err != nil {
				return nil, custody.Wrap(custody.KindOf(err), err, "segment %s: fragment %d is not what was sealed", id, n)
			}
		}
		digests, places = append(digests, sha256.Sum256(content)), append(places, t.Fragment)
	}
	x, infos, err := s.end()
	if err != nil {
		return nil, err
	}
	for n, t := range x.tables {
		if sha256.Sum256(t) != digests[n] || infos[n].Offset != places[n].Offset || infos[n].Length != places[n].Length {
			return nil, custody.Errorf(custody.Corrupt, "segment %s: the index does not repeat the unit table of fragment %d", id, n)
		}
	}
	root, leaves, err := rootOf(b, &head, x)
	if err != nil {
		return nil, err
	}
	if root != x.root || leaves != x.leaves {
		return nil, custody.Errorf(custody.Corrupt, "segment %s: its leaves do not have the root that its index states", id)
	}
	return &proof{head: head, index: x, infos: infos, sum: s.sum}, nil
}

// end reads index and footer where the scanner stands, in one pass.
func (s *scanner) end() (*index, []media.FragmentInfo, error) {
	rec, err := readRecord(s.r, s.off, s.size-footerSize, kindIndex, nil)
	if err != nil {
		return nil, nil, err
	}
	foot := make([]byte, footerSize)
	if _, err := io.ReadFull(io.NewSectionReader(s.r, s.off+int64(len(rec)), footerSize), foot); err != nil {
		return nil, nil, spoolError(err, "the segment could not be read")
	}
	f, err := parseFooter(foot, s.box.id, s.size)
	if err != nil {
		return nil, nil, err
	}
	if f.fragments != s.next || f.indexOffset != s.off || int(f.indexLength) != len(rec) {
		return nil, nil, custody.Errorf(custody.Corrupt, "the segment object's footer does not describe it")
	}
	s.sum.Write(rec)
	s.sum.Write(foot)
	plain, err := s.box.open(rec, indexRecord(f.fragments), kindIndex)
	if err != nil {
		return nil, nil, err
	}
	return parseIndex(plain, f)
}

// VerifySegment proves a settled segment against its row: the object has the row's size and SHA-256, every record opens,
// the evidence yields the row's root, and the fragment table is the row's. deep also splits every fragment into its access
// units and compares each payload with its digest. It yields a verdict and no bytes, so it needs no Grant. Corrupt and
// NotFound say what is broken; Unavailable that the store could not be asked. Memory: one fragment and one index.
func (v *Vault) VerifySegment(ctx context.Context, row media.SegmentRow, deep bool) error {
	var look func(UnitTable, []byte) error
	if deep {
		look = checkPayloads
	}
	_, err := v.verify(ctx, row, look)
	return err
}

// verify proves the object against the row and returns what it showed.
func (v *Vault) verify(ctx context.Context, row media.SegmentRow, look func(UnitTable, []byte) error) (*proof, error) {
	infos, err := media.UnpackFragments(row.Fragments)
	if err != nil {
		return nil, custody.Wrap(custody.Corrupt, err, "segment %s: the row's fragment table cannot be read", row.ID)
	}
	key, err := v.keys.UnwrapSegment(row.ID, row.KeyID, row.WrappedKey)
	if err != nil {
		return nil, custody.Wrap(custody.KindOf(err), err, "segment %s: its key cannot be opened", row.ID)
	}
	b, err := newBox(row.ID, key)
	if err != nil {
		return nil, err
	}
	st, err := v.objects.Stat(ctx, string(row.ID))
	if err != nil {
		return nil, custody.Wrap(custody.KindOf(err), err, "segment %s: its object is not there", row.ID)
	}
	if st.Size != row.ObjectSize || row.ObjectSize < headerSize+footerSize {
		return nil, custody.Errorf(custody.Corrupt, "segment %s: the object has %d bytes, the row says %d", row.ID, st.Size, row.ObjectSize)
	}
	body, err := v.objects.Open(ctx, string(row.ID))
	if err != nil {
		return nil, custody.Wrap(custody.KindOf(err), err, "segment %s: its object cannot be read", row.ID)
	}
	defer body.Close()
	o, err := prove(row.ID, b, &stream{r: bufio.NewReaderSize(body, 64<<10)}, row.ObjectSize, len(infos), look)
	if err != nil {
		return nil, custody.Wrap(custody.KindOf(err), err, "segment %s is not what was sealed", row.ID)
	}
	return o, agrees(row, o)
}

// agrees compares a proved object with its row.
func agrees(row media.SegmentRow, o *proof) error {
	var units, damaged uint64
	var ticks int64
	for _, f := range o.infos {
		units, damaged, ticks = units+uint64(f.Units), damaged+uint64(f.Damaged), ticks+f.MediaTicks
	}
	offset := row.CameraOffset == o.index.end.CameraOffset ||
		row.CameraOffset != nil && o.index.end.CameraOffset != nil && *row.CameraOffset == *o.index.end.CameraOffset
	run := o.head.Run
	for _, c := range []struct {
		same bool
		what string
	}{
		{[32]byte(o.sum.Sum(nil)) == row.ObjectDigest, "SHA-256"},
		{o.index.root == row.Root && o.index.leaves == row.Leaves, "Merkle root"},
		{bytes.Equal(o.index.packed, row.Fragments), "fragment table"},
		{spanOf(o.infos) == row.Span, "span"},
		{run.Camera == row.Camera && run.Stream == row.Stream && run.Run == row.Run && o.head.Number == row.Number, "camera, stream or run"},
		{units == row.Units && damaged == row.Damaged && ticks == row.MediaTicks && o.head.timescale() == row.Timescale, "counts"},
		{o.index.end.Continuation == row.Continuation && offset, "continuation flag or camera offset"},
	} {
		if !c.same {
			return custody.Errorf(custody.Corrupt, "segment %s: the object and the row differ in their %s", row.ID, c.what)
		}
	}
	return nil
}

// checkPayloads recomputes the digest of every access unit of a fragment (moof+mdat). The units fill the
// mdat in the order of the table (CONTRACTS 4).
func checkPayloads(t UnitTable, fragment []byte) error {
	data, err := mediaData(fragment)
	if err != nil {
		return err
	}
	for i, u := range t.Units {
		if uint64(u.Size) > uint64(len(data)) {
			return custody.Errorf(custody.Corrupt, "unit %d of track %d does not lie in the media data", u.Seq, u.Track)
		}
		if sha256.Sum256(data[:u.Size]) != t.Digests[i] {
			return custody.Errorf(custody.Corrupt, "unit %d of track %d does not have its digest", u.Seq, u.Track)
		}
		data = data[u.Size:]
	}
	if len(data) != 0 {
		return custody.Errorf(custody.Corrupt, "the media data holds %d bytes that belong to no unit", len(data))
	}
	return nil
}

// mediaData is the content of the mdat of a fragment, which must be exactly one moof and one mdat box (ISO/IEC
// 14496-12 §4.2).
func mediaData(b []byte) ([]byte, error) {
	for _, want := range [...]string{"moof", "mdat"} {
		if len(b) < 8 || string(b[4:8]) != want {
			return nil, custody.Errorf(custody.Corrupt, "the fragment has no %s box where one belongs", want)
		}
		n := uint64(binary.BigEndian.Uint32(b))
		if n < 8 || n > uint64(len(b)) || want == "mdat" && n != uint64(len(b)) {
			return nil, custody.Errorf(custody.Corrupt, "the fragment's %s box has an impossible size", want)
		}
		if want == "mdat" {
			return b[8:], nil
		}
		b = b[n:]
	}
	return nil, nil
}

// stream makes a sequential reader look like an io.ReaderAt to a scanner, which never goes back.
type stream struct {
	r   io.Reader
	pos int64
}

// ReadAt reads the next bytes of the stream, which must be those at off.
func (s *stream) ReadAt(p []byte, off int64) (int, error) {
	if off != s.pos {
		return 0, custody.Errorf(custody.Internal, "an object was not read in order")
	}
	n, err := io.ReadFull(s.r, p)
	s.pos += int64(n)
	return n, err
}
