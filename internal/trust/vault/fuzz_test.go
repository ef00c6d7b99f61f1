package vault

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"reflect"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

var fuzzID = custody.SegmentIDOf([16]byte{1, 2, 3})

func fuzzBox(tb testing.TB) *box {
	b, err := newBox(fuzzID, [32]byte{4, 5, 6})
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// fuzzObject seals the given contents as the records of an object: a head, one fragment with its units, an index.
func fuzzObject(b *box, head, fragment, units, index []byte) []byte {
	out := appendHeader(nil, b.id)
	add := func(content []byte, number uint32, k kind) int {
		mem := append(make([]byte, frameSize), content...)
		mem = append(mem, make([]byte, sealOverhead)...)
		out = append(out, b.seal(mem, len(content), number, k)...)
		return len(mem)
	}
	add(head, 0, kindHead)
	add(fragment, 1, kindFragment)
	add(units, 2, kindUnits)
	at := len(out)
	n := add(index, 3, kindIndex)
	return footer{fragments: 1, indexOffset: int64(at), indexLength: uint32(n)}.append(out, b.id)
}

func fuzzSeed(tb testing.TB, b *box) (head, fragment, units, content []byte) {
	h := SegmentHead{ID: fuzzID, Init: []byte("init"), Run: media.RunHeader{Tracks: []media.Track{{ID: 1, Codec: media.H264, Timescale: 90000}}}}
	record, head, err := encodeHead(h)
	if err != nil {
		tb.Fatal(err)
	}
	fragment = []byte("\x00\x00\x00\x08moof\x00\x00\x00\x0bmdatabc")
	info := media.FragmentInfo{Units: 1, Offset: int64(headerSize + frameSize + len(head) + sealOverhead), Length: int64(frameSize + len(fragment) + sealOverhead), WallStart: 1, WallEnd: 2}
	units, err = appendUnits(nil, UnitTable{Fragment: info, Units: []media.Unit{{Track: 1, Size: 3}}, Digests: [][32]byte{sha256.Sum256([]byte("abc"))}})
	if err != nil {
		tb.Fatal(err)
	}
	packed, err := media.PackFragments([]media.FragmentInfo{info})
	if err != nil {
		tb.Fatal(err)
	}
	x := &index{packed: packed, tables: [][]byte{units}}
	if x.root, x.leaves, err = rootOf(b, &record, x); err != nil {
		tb.Fatal(err)
	}
	return head, fragment, units, x.append(nil)
}

// FuzzSealedRecords feeds the reader records that authenticate but hold anything: what a compromised key could write.
func FuzzSealedRecords(f *testing.F) {
	b := fuzzBox(f)
	head, fragment, units, x := fuzzSeed(f, b)
	f.Add(head, fragment, units, x)
	f.Add(head, fragment[:9], units, x[:60])
	f.Add([]byte{0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff}, []byte{}, []byte{0, 0, 0, 200}, bytes.Repeat([]byte{0xff}, indexFixed))
	f.Fuzz(func(t *testing.T, head, fragment, units, index []byte) {
		object := fuzzObject(b, head, fragment, units, index)
		r := bytes.NewReader(object)
		o, err := prove(fuzzID, b, r, int64(len(object)), 1, checkPayloads)
		tables, err2 := indexedTables(b, r, int64(len(object)), []media.FragmentInfo{{}})
		if err == nil && (err2 != nil || len(tables) != 1 || len(o.infos) != 1) {
			t.Fatal("what was proved cannot be read", err2)
		}
		if err != nil && kindOf(err) != custody.Corrupt {
			t.Fatal("not called corrupt:", err)
		}
	})
}

// FuzzObject feeds the reader any bytes as a spool file or object.
func FuzzObject(f *testing.F) {
	b := fuzzBox(f)
	head, fragment, units, x := fuzzSeed(f, b)
	whole := fuzzObject(b, head, fragment, units, x)
	f.Add(whole, uint8(1))
	f.Add(whole[:len(whole)-1], uint8(2))
	f.Add(whole[:headerSize], uint8(0))
	f.Add(fuzzObject(b, head, nil, nil, nil), uint8(1))
	f.Fuzz(func(t *testing.T, object []byte, fragments uint8) {
		size := int64(len(object))
		r := bytes.NewReader(object)
		s := &scanner{box: b, r: r, size: size, sum: sha256.New()}
		if _, err := s.head(fuzzID); err == nil {
			for err == nil {
				_, _, _, err = s.pair()
			}
			if kindOf(err) != custody.Corrupt || s.off > size {
				t.Fatal(err, s.off)
			}
		}
		if _, _, err := readIndex(b, r, size); err != nil && kindOf(err) != custody.Corrupt {
			t.Fatal(err)
		}
		o, err := prove(fuzzID, b, r, size, int(fragments), checkPayloads)
		if err == nil && [32]byte(o.sum.Sum(nil)) != sha256.Sum256(object) {
			t.Fatal("bytes were proved that were not hashed")
		}
	})
}

// FuzzSidecar feeds the sidecar parser anything.
func FuzzSidecar(f *testing.F) {
	f.Add([]byte(`{"segment":"` + string(fuzzID) + `","key":"key_x","wrapped":"AAAA"}`))
	f.Add([]byte(`{"segment":"` + string(fuzzID) + `","key":"key_x","wrapped":"AAAA"}{}`))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, err := parseSidecar(fuzzID, b); err == nil && (s.Segment != fuzzID || len(s.Wrapped) == 0) {
			t.Fatal(s)
		}
	})
}

// FuzzFooter checks that a footer that parses is the one that would be written.
func FuzzFooter(f *testing.F) {
	b := fuzzBox(f)
	f.Add(footer{fragments: 2, indexOffset: 400, indexLength: 100}.append(nil, b.id), int64(548))
	f.Add(make([]byte, footerSize), int64(footerSize))
	f.Fuzz(func(t *testing.T, in []byte, size int64) {
		foot, err := parseFooter(in, b.id, size)
		if err == nil && !bytes.Equal(foot.append(nil, b.id), in) {
			t.Fatal("two spellings of one footer")
		}
	})
}

func TestRecordsCodeExactly(t *testing.T) {
	offset := int64(binary.MaxVarintLen64)
	packed, err := media.PackFragments([]media.FragmentInfo{{Offset: headerSize, Length: 100}})
	if err != nil {
		t.Fatal(err)
	}
	in := &index{end: SegmentEnd{Continuation: true, CameraOffset: &offset}, root: [32]byte{9}, leaves: 7, packed: packed, tables: [][]byte{{1, 2, 3}}}
	coded := in.append(nil)
	out, infos, err := parseIndex(coded, footer{fragments: 1, indexOffset: headerSize + 100 + frameSize + sealOverhead + 3})
	if err != nil || !reflect.DeepEqual(in, out) || len(infos) != 1 || in.size() != len(coded) {
		t.Fatal(err, out)
	}
	for n := range coded {
		if _, _, err := parseIndex(coded[:n], footer{fragments: 1, indexOffset: headerSize + 100 + frameSize + sealOverhead + 3}); kindOf(err) != custody.Corrupt {
			t.Fatal("an index of", n, "bytes was read:", err)
		}
	}
}
