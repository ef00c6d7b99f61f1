package object_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"regexp"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/storage/object"
)

// FuzzKey compares the key rule with the contract's own words.
func FuzzKey(f *testing.F) {
	rule := regexp.MustCompile(`\A[a-z0-9_]{1,64}\z`)
	for _, k := range []string{"", "seg_a", "..", "a/b", "A", "é", "a\n", string(custody.NewSegmentID()), string(bytes.Repeat([]byte("z"), 65))} {
		f.Add(k)
	}
	f.Fuzz(func(t *testing.T, k string) {
		if got := object.ValidKey(k); got != rule.MatchString(k) {
			t.Errorf("ValidKey(%q) = %v", k, got)
		}
		if err := object.CheckKey(k); (err == nil) != rule.MatchString(k) || err != nil && custody.KindOf(err) != custody.Invalid {
			t.Errorf("CheckKey(%q) = %v", k, err)
		}
	})
}

func TestDigest(t *testing.T) {
	data := bytes.Repeat([]byte("footage"), 100_000)
	var copied bytes.Buffer
	n, sum, err := object.Digest(t.Context(), &copied, bytes.NewReader(data))
	if err != nil || n != int64(len(data)) || sum != sha256.Sum256(data) || !bytes.Equal(copied.Bytes(), data) {
		t.Errorf("%d bytes, %v", n, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := object.Digest(ctx, io.Discard, bytes.NewReader(data)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	fault := errors.New("a bad sector")
	if _, _, err := object.Digest(t.Context(), io.Discard, io.MultiReader(bytes.NewReader(data), badReader{fault})); !errors.Is(err, fault) {
		t.Errorf("a failing reader: %v", err)
	}
}

type badReader struct{ err error }

func (r badReader) Read([]byte) (int, error) { return 0, r.err }
