package backup

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/footage-custody/custody/internal/custody"
)

// dumpOf is n bytes that do not repeat.
func dumpOf(n int) []byte {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{1})
	r.Read(b)
	return b
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	for _, n := range []int{0, 1, chunkSize - 1, chunkSize, chunkSize + 1, 3*chunkSize + 5} {
		dump := dumpOf(n)
		file := sealedFile(t, testKey(1), 9, dump)
		got, err := opened(file, testKey(1))
		if err != nil || !bytes.Equal(got, dump) {
			t.Errorf("%d bytes: %d came back, %v", n, len(got), err)
		}
		if err := glanced(t, file, testKey(1)); err != nil {
			t.Errorf("%d bytes: the end: %v", n, err)
		}
	}
}

func TestHeaderTellsEverybody(t *testing.T) {
	file := sealedFile(t, testKey(1), 9, dumpOf(10))
	h, digest, size, err := readHeader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	want := Header{Site: "library", ID: FileID{9}, Created: start, Epoch: 1, Size: 7, KeyCheck: must(checkOf(testKey(1), FileID{9}))}
	if diff := cmp.Diff(want, h); diff != "" {
		t.Error(diff)
	}
	if digest != sha256.Sum256(file[:size-32]) {
		t.Error("the digest is not that of the header")
	}
	if bytes.Contains(file, dumpOf(10)) {
		t.Error("the dump is readable")
	}
}

func TestEveryFlippedByteIsNoticed(t *testing.T) {
	file := sealedFile(t, testKey(1), 9, dumpOf(chunkSize+1000))
	_, _, size, _ := readHeader(bytes.NewReader(file))
	places := []int{}
	for i := range int(size) + recordHeading + 20 { // every byte of the header and of the first record's beginning
		places = append(places, i)
	}
	for i := int(size); i < len(file); i += 40_003 {
		places = append(places, i)
	}
	for i := len(file) - endRecord - 40; i < len(file); i++ {
		places = append(places, i)
	}
	for _, i := range places {
		bad := bytes.Clone(file)
		bad[i] ^= 0x20
		_, err := opened(bad, testKey(1))
		wantKind(t, fmt.Sprintf("byte %d", i), err, custody.Corrupt)
	}
}

func TestCutAndGrownFilesAreNoticed(t *testing.T) {
	file := sealedFile(t, testKey(1), 9, dumpOf(2*chunkSize+1000))
	for n := 0; n < len(file); n += 30_011 {
		_, err := opened(file[:n], testKey(1))
		wantKind(t, fmt.Sprintf("cut at %d", n), err, custody.Corrupt)
		wantKind(t, fmt.Sprintf("the end, cut at %d", n), glanced(t, file[:n], testKey(1)), custody.Corrupt)
	}
	_, err := opened(append(bytes.Clone(file), 0), testKey(1))
	wantKind(t, "with a tail", err, custody.Corrupt)
	wantKind(t, "the end, with a tail", glanced(t, append(bytes.Clone(file), 0), testKey(1)), custody.Corrupt)
}

// records takes a file apart into its header and its records.
func records(t *testing.T, file []byte) (head []byte, recs [][]byte) {
	_, _, size, err := readHeader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	head, file = file[:size], file[size:]
	for len(file) > 0 {
		n := recordHeading + int(binary.BigEndian.Uint32(file[1:]))
		recs = append(recs, file[:n])
		file = file[n:]
	}
	return head, recs
}

func TestSplicedFilesAreNoticed(t *testing.T) {
	head, r := records(t, sealedFile(t, testKey(1), 9, dumpOf(3*chunkSize)))
	other, o := records(t, sealedFile(t, testKey(1), 8, dumpOf(3*chunkSize)))
	join := func(head []byte, recs ...[]byte) []byte { return slices.Concat(append([][]byte{head}, recs...)...) }
	if _, err := opened(join(head, r...), testKey(1)); err != nil {
		t.Fatal("the parts do not make the whole: ", err)
	}
	for what, file := range map[string][]byte{
		"two records exchanged":        join(head, r[1], r[0], r[2], r[3]),
		"a record dropped":             join(head, r[0], r[2], r[3]),
		"a record repeated":            join(head, r[0], r[0], r[1], r[2], r[3]),
		"no end":                       join(head, r[0], r[1], r[2]),
		"an end early":                 join(head, r[0], r[1], r[3]),
		"two ends":                     join(head, r[0], r[1], r[2], r[3], r[3]),
		"a record of another file":     join(head, r[0], o[1], r[2], r[3]),
		"the end of another file":      join(head, r[0], r[1], r[2], o[3]),
		"the header of another file":   join(other, r...),
		"an end that says it is data":  join(head, r[0], r[1], r[2], append([]byte{kindData}, r[3][1:]...)),
		"a record of an unknown kind":  join(head, append([]byte{'X'}, r[0][1:]...)),
		"a record that is too long":    join(head, []byte{kindData, 0xff, 0xff, 0xff, 0xff}),
		"a record that is too short":   join(head, []byte{kindData, 0, 0, 0, 1, 0}),
		"a record without any content": join(head, []byte{kindData, 0, 0, 0, overhead}, make([]byte, overhead)),
	} {
		_, err := opened(file, testKey(1))
		wantKind(t, what, err, custody.Corrupt)
	}
}

func TestAnotherSiteKeyIsNamed(t *testing.T) {
	file := sealedFile(t, testKey(1), 9, dumpOf(100))
	_, err := opened(file, testKey(2))
	wantKind(t, "another key", err, custody.Invalid)
	wantKind(t, "another key, at a glance", glanced(t, file, testKey(2)), custody.Invalid)
}

// FuzzReader gives hostile files to someone who holds the key; what it accepts must be what was written.
func FuzzReader(f *testing.F) {
	key := testKey(1)
	dump := dumpOf(300)
	good := sealedFile(f, key, 9, dump)
	f.Add(good)
	f.Add(good[:len(good)/2])
	f.Add([]byte(magic))
	f.Add(append([]byte(magic), 0xff, 0xff, 0xff, 0xff))
	f.Fuzz(func(t *testing.T, file []byte) {
		got, err := opened(file, key)
		if err == nil && !bytes.Equal(got, dump) { // nonces are random, so the seeds differ between processes
			t.Errorf("%d bytes were read that nobody wrote", len(got))
		}
		if err != nil && custody.KindOf(err) != custody.Corrupt && custody.KindOf(err) != custody.Invalid {
			t.Errorf("%v is of kind %v", err, custody.KindOf(err))
		}
	})
}

// FuzzHeader gives hostile headers with a right digest: all that keeps them out is the parser.
func FuzzHeader(f *testing.F) {
	file := sealedFile(f, testKey(1), 9, nil)
	_, _, size, err := readHeader(bytes.NewReader(file))
	if err != nil {
		f.Fatal(err)
	}
	head := file[:size]
	f.Add(head[len(magic)+4 : len(head)-32])
	f.Add([]byte(`{}`))
	f.Add([]byte(`{"site":"x","id":"zz"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		head := binary.BigEndian.AppendUint32([]byte(magic), uint32(len(text)))
		head = append(head, text...)
		sum := sha256.Sum256(head)
		h, _, _, err := readHeader(bytes.NewReader(append(head, sum[:]...)))
		if err != nil {
			return
		}
		again, _, err := h.marshal()
		if err != nil || !bytes.Equal(again[:len(head)], head) {
			t.Errorf("the header has a second spelling: %q", text)
		}
	})
}
