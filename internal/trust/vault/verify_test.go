package vault_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/vault"
)

// settled is a world with one settled segment.
func settled(tb testing.TB, size int) (*world, *vault.Vault, *take, media.SegmentRow) {
	w := newWorld(tb)
	v := w.open()
	tk := newTake(noon, size)
	return w, v, tk, w.settle(must(w.record(v, tk, 2).Close(vault.SegmentEnd{})))
}

func TestEveryFlippedByteOfAnObjectIsFound(t *testing.T) {
	w, v, tk, row := settled(t, 60)
	whole := w.objects.held[string(row.ID)]
	g := w.grant(tk.head.Run.Camera, access.FootageRead, tk.span())
	for at := range whole {
		w.objects.held[string(row.ID)] = bytes.Clone(whole)
		w.objects.held[string(row.ID)][at] ^= 0x10
		if err := v.VerifySegment(t.Context(), row, false); custody.KindOf(err) != custody.Corrupt || !strings.Contains(custody.PublicText(err), string(row.ID)) {
			t.Fatalf("byte %d: %v", at, err)
		}
		for n, want := range tk.fragments {
			got, _, err := v.Read(t.Context(), g, row.ID, uint32(n))
			if err == nil && !bytes.Equal(got, want) {
				t.Fatalf("byte %d: fragment %d came out changed", at, n)
			}
		}
	}
}

func TestAFlippedFragmentNamesItself(t *testing.T) {
	w, v, tk, row := settled(t, 1000)
	info := must(media.UnpackFragments(row.Fragments))[1]
	w.objects.held[string(row.ID)][info.Offset+info.Length-1] ^= 1
	g := w.grant(tk.head.Run.Camera, access.FootageRead, tk.span())
	_, _, err := v.Read(t.Context(), g, row.ID, 1)
	for _, err := range []error{err, v.VerifySegment(t.Context(), row, false)} {
		if text := err.Error(); custody.KindOf(err) != custody.Corrupt || !strings.Contains(text, string(row.ID)) || !strings.Contains(text, "fragment 1") {
			t.Error(err)
		}
	}
	if _, _, err := v.Read(t.Context(), g, row.ID, 0); err != nil {
		t.Error("the other fragment suffered:", err)
	}
}

func TestEveryChangedFieldOfARowIsFound(t *testing.T) {
	_, v, _, row := settled(t, 100)
	offset := int64(1)
	for name, change := range map[string]func(*media.SegmentRow){
		"id": func(r *media.SegmentRow) { r.ID = custody.NewSegmentID() }, "camera": func(r *media.SegmentRow) { r.Camera = custody.NewCameraID() },
		"stream": func(r *media.SegmentRow) { r.Stream = custody.NewStreamID() }, "run": func(r *media.SegmentRow) { r.Run = custody.NewRunID() },
		"number": func(r *media.SegmentRow) { r.Number++ }, "continuation": func(r *media.SegmentRow) { r.Continuation = true },
		"start": func(r *media.SegmentRow) { r.Span.Start++ }, "end": func(r *media.SegmentRow) { r.Span.End-- },
		"ticks": func(r *media.SegmentRow) { r.MediaTicks++ }, "timescale": func(r *media.SegmentRow) { r.Timescale++ },
		"units": func(r *media.SegmentRow) { r.Units++ }, "damaged": func(r *media.SegmentRow) { r.Damaged++ },
		"root": func(r *media.SegmentRow) { r.Root[0] ^= 1 }, "leaves": func(r *media.SegmentRow) { r.Leaves++ },
		"size": func(r *media.SegmentRow) { r.ObjectSize++ }, "digest": func(r *media.SegmentRow) { r.ObjectDigest[31] ^= 1 },
		"key": func(r *media.SegmentRow) { r.WrappedKey = append([]byte{1}, r.WrappedKey[1:]...) }, "offset": func(r *media.SegmentRow) { r.CameraOffset = &offset },
		"fragments": func(r *media.SegmentRow) { r.Fragments = r.Fragments[:len(r.Fragments)-1] },
	} {
		changed := row
		change(&changed)
		if err := v.VerifySegment(t.Context(), changed, true); err == nil {
			t.Error(name, "changed and nobody noticed")
		}
	}
	if err := v.VerifySegment(t.Context(), row, true); err != nil {
		t.Error(err)
	}
}

// A recorder that lies about a payload's digest is caught by the deep check only.
func TestDeepCheckReadsThePayloads(t *testing.T) {
	for name, lie := range map[string]func(*media.Fragment){
		"digest": func(f *media.Fragment) { f.Digests[1][0] ^= 1 },
		"size":   func(f *media.Fragment) { f.Units[2].Size-- },
		"box":    func(f *media.Fragment) { f.Buffer.Bytes()[4] = 'x' },
		"length": func(f *media.Fragment) { f.Buffer.Bytes()[24] = 0xff },
	} {
		w := newWorld(t)
		v := w.open()
		tk := newTake(noon, 100)
		wr := w.record(v, tk, 1)
		f := tk.next(64)
		lie(f)
		if err := wr.Append(t.Context(), f); err != nil {
			t.Fatal(err)
		}
		row := w.settle(must(wr.Close(vault.SegmentEnd{})))
		if err := v.VerifySegment(t.Context(), row, false); err != nil {
			t.Error(name, err)
		}
		if err := v.VerifySegment(t.Context(), row, true); custody.KindOf(err) != custody.Corrupt {
			t.Error(name, "was believed:", err)
		}
	}
}

// openRecord opens the record at the front of rec as FORMAT.md says, and returns its length.
func openRecord(id [16]byte, key [32]byte, rec []byte, number uint32, kind byte) ([]byte, int) {
	use := "fragments"
	if kind == 4 {
		use = "index"
	}
	sub := must(hkdf.Key(sha256.New, key[:], nil, "custody segment v1 "+use, 32))
	gcm := must(cipher.NewGCMWithRandomNonce(must(aes.NewCipher(sub))))
	n := int(binary.BigEndian.Uint32(rec))
	place := append(binary.BigEndian.AppendUint32(id[:], number), kind)
	return must(gcm.Open(nil, nil, rec[4:4+n], place)), 4 + n
}

// A reader written from FORMAT.md alone, with nothing of this room's code.
func TestTheFormatIsAsWritten(t *testing.T) {
	w, _, tk, row := settled(t, 500)
	b := w.objects.held[string(row.ID)]
	key := must(w.ring.UnwrapSegment(row.ID, row.KeyID, row.WrappedKey))
	id := must(row.ID.Bytes())
	open := func(rec []byte, number uint32, kind byte) ([]byte, int) {
		return openRecord(id, key, rec, number, kind)
	}
	if string(b[:8]) != "custseg\n" || binary.BigEndian.Uint32(b[8:]) != 1 || [16]byte(b[12:28]) != id {
		t.Fatal("header")
	}
	foot := b[len(b)-48:]
	if string(foot[:8]) != "custend\n" || [16]byte(foot[8:24]) != id || binary.BigEndian.Uint64(foot[40:]) != uint64(len(b)) {
		t.Fatal("footer")
	}
	count, indexAt := binary.BigEndian.Uint32(foot[24:]), binary.BigEndian.Uint64(foot[28:])
	head, at := open(b[28:], 0, 1)
	at += 28
	if binary.BigEndian.Uint32(head) != 3 || !bytes.HasSuffix(head, tk.head.Init) || !bytes.Equal(head[8:len(head)-len(tk.head.Init)], must(tk.head.Run.Encode())) {
		t.Fatal("head")
	}
	var tables [][]byte
	for n := range count {
		plain, step := open(b[at:], 1+2*n, 2)
		at += step
		if !bytes.Equal(plain, tk.fragments[n]) {
			t.Fatal("fragment", n)
		}
		plain, step = open(b[at:], 2+2*n, 3)
		at += step
		packed := 4 + binary.BigEndian.Uint32(plain)
		if units, _, err := media.ParseUnitTable(plain[packed:]); err != nil || len(units) != 3 {
			t.Fatal("units", n, err)
		}
		tables = append(tables, plain)
	}
	if uint64(at) != indexAt {
		t.Fatal("index offset")
	}
	index, step := open(b[at:], 1+2*count, 4)
	if uint32(step) != binary.BigEndian.Uint32(foot[36:]) || at+step+48 != len(b) {
		t.Fatal("index length")
	}
	packed := index[53 : 53+binary.BigEndian.Uint32(index[49:])]
	if index[0] != 0 || [32]byte(index[9:41]) != row.Root || binary.BigEndian.Uint64(index[41:]) != row.Leaves || !bytes.Equal(packed, row.Fragments) {
		t.Fatal("index")
	}
	rest := index[53+len(packed):]
	for _, table := range tables {
		if binary.BigEndian.Uint32(rest) != uint32(len(table)) || !bytes.HasPrefix(rest[4:], table) {
			t.Fatal("index does not repeat the unit tables")
		}
		rest = rest[4+len(table):]
	}
	if len(rest) != 0 {
		t.Fatal("index has a tail")
	}
}
