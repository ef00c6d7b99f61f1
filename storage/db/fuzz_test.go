package db

import (
	"bytes"
	"context"
	"encoding/binary"
	"path/filepath"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
)

// openIn makes a new, migrated database in a file of the directory; the caller closes it.
func openIn(t testing.TB, dir, name string) *DB {
	d, err := Open(context.Background(), Config{Driver: SQLite, Path: filepath.Join(dir, name)})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Migrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	return d
}

// body is a dump without magic and end: its frames.
func body(t testing.TB, d *DB) []byte {
	t.Helper()
	var dump bytes.Buffer
	if err := d.Dump(t.Context(), &dump); err != nil {
		t.Fatal(err)
	}
	return dump.Bytes()[len(dumpMagic) : dump.Len()-frameHeading-32]
}

// FuzzLoad gives arbitrary frames a valid beginning and digest, so that they reach the tables: Load never panics,
// and what it does not accept it blames on the dump.
func FuzzLoad(f *testing.F) {
	dir := f.TempDir()
	d := openIn(f, dir, "source.db")
	f.Cleanup(func() { d.Close() })
	f.Add(body(f, d))
	e, err := custody.NewEvent("test.happened", 1, "system", "", "x", nil)
	if err != nil {
		f.Fatal(err)
	}
	for range 3 {
		e.ID = custody.NewEventID()
		if err := d.SetSetting(context.Background(), "key", "value", e); err != nil {
			f.Fatal(err)
		}
	}
	full := body(f, d)
	f.Add(full)
	f.Add(full[:len(full)/2])
	f.Add([]byte{frameRows, 0xff, 0xff, 0xff, 0xff})
	f.Add([]byte{frameSchema, 0, 0, 0, 2, '{', '}'})
	target := openIn(f, dir, "target.db")
	f.Cleanup(func() { target.Close() })
	f.Fuzz(func(t *testing.T, frames []byte) {
		sqlTx, err := target.write.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer sqlTx.Rollback() // what was accepted goes too, so that the next finds an empty database
		err = target.loadInto(&tx{ctx: t.Context(), Tx: sqlTx}, sealed(t, frames), 1)
		if k := custody.KindOf(err); err != nil && k != custody.Corrupt && k != custody.Conflict {
			t.Fatalf("%v (%v)", err, k)
		}
	})
}

// FuzzRow decodes rows of every table: a row that is accepted is written back byte for byte.
func FuzzRow(f *testing.F) {
	ts := tables()
	f.Add(byte(0), appendValue(appendValue(nil, "key"), "value"))
	f.Add(byte(4), appendValue(appendValue(nil, int64(1)), int64(-1)))
	f.Add(byte(1), []byte{tagText, 0xff, 0xff, 0xff, 0xff})
	f.Add(byte(15), binary.BigEndian.AppendUint64([]byte{tagInt}, 1))
	f.Fuzz(func(t *testing.T, n byte, b []byte) {
		table := &ts[int(n)%len(ts)]
		values, rest, err := parseRow(table, b)
		if err != nil {
			return
		}
		var again []byte
		for _, v := range values {
			again = appendValue(again, v)
		}
		if !bytes.Equal(again, b[:len(b)-len(rest)]) {
			t.Fatalf("%x was read as %v and written as %x", b, values, again)
		}
	})
}
