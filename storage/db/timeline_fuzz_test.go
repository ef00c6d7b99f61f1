package db_test

import (
	"testing"

	"github.com/footage-custody/custody/storage/db"
)

func FuzzUnpackSpans(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{1, 2, 3, 4})
	f.Add([]byte{0x80, 0x80, 0x80})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		spans, err := db.UnpackSpans(0, b)
		if err != nil {
			return
		}
		for i, s := range spans {
			if s.Empty() || i > 0 && s.Start < spans[i-1].End {
				t.Errorf("span %d of %v", i, spans)
			}
		}
	})
}
