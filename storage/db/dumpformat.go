package db

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"hash"
	"io"

	"github.com/footage-custody/custody/internal/custody"
)

// The dump's format, version 1. All integers are big-endian.
//
//	magic   "custody-dump v1\n"
//	frames  type u8 | length u32 | payload
//	  'S'   schema: JSON, once, first: {"schema":1,"tables":[{"name":..,"columns":[{"name":..,"kind":..,"nullable":..}]}]}
//	  'R'   rows of one table: table u8, then rows; a row is its columns in the schema's order
//	  'E'   end of a table: table u8 | rows u64; every table has one, in the schema's order
//	  'Z'   end: SHA-256 of every byte before this frame; nothing follows
//	column  0 null | 1 int64 | 2 false | 3 true | 4 text: length u32, UTF-8 | 5 bytes: length u32, bytes
const (
	dumpMagic    = "custody-dump v1\n"
	maxFrame     = 4 << 20
	frameTarget  = 256 << 10
	frameSchema  = 'S'
	frameRows    = 'R'
	frameTable   = 'E'
	frameEnd     = 'Z'
	frameHeading = 5
)

const (
	tagNull = iota
	tagInt
	tagFalse
	tagTrue
	tagText
	tagBlob
)

type dumpSchema struct {
	Schema int64       `json:"schema"`
	Tables []dumpTable `json:"tables"`
}

type dumpTable struct {
	Name    string       `json:"name"`
	Columns []dumpColumn `json:"columns"`
}

type dumpColumn struct {
	Name     string `json:"name"`
	Kind     string `json:"kind"`
	Nullable bool   `json:"nullable"`
}

func (k kind) String() string {
	return [...]string{"?", "integer", "boolean", "text", "blob"}[k]
}

// describe is the schema frame of these tables.
func describe(version int64, ts []table) ([]byte, error) {
	s := dumpSchema{Schema: version}
	for _, t := range ts {
		dt := dumpTable{Name: t.name}
		for _, c := range t.columns {
			dt.Columns = append(dt.Columns, dumpColumn{c.name, c.kind.String(), c.nullable})
		}
		s.Tables = append(s.Tables, dt)
	}
	return json.Marshal(s)
}

// frameWriter writes frames and digests what it writes.
type frameWriter struct {
	w   *bufio.Writer
	sum hash.Hash
}

func newFrameWriter(w io.Writer) (*frameWriter, error) {
	f := &frameWriter{sum: sha256.New()}
	f.w = bufio.NewWriterSize(io.MultiWriter(w, f.sum), 64<<10)
	_, err := f.w.WriteString(dumpMagic)
	return f, err
}

func (f *frameWriter) frame(typ byte, payload []byte) error {
	if len(payload) > maxFrame {
		return custody.Errorf(custody.Exhausted, "a row is larger than a dump's frame of 4 MiB")
	}
	head := binary.BigEndian.AppendUint32([]byte{typ}, uint32(len(payload)))
	if _, err := f.w.Write(head); err != nil {
		return err
	}
	_, err := f.w.Write(payload)
	return err
}

// end writes the last frame: the digest of everything before it.
func (f *frameWriter) end() error {
	if err := f.w.Flush(); err != nil {
		return err
	}
	if err := f.frame(frameEnd, f.sum.Sum(nil)); err != nil {
		return err
	}
	return f.w.Flush()
}

// appendValue writes one column. v is what database/sql delivers for the column's kind.
func appendValue(b []byte, v any) []byte {
	switch v := v.(type) {
	case int64:
		return binary.BigEndian.AppendUint64(append(b, tagInt), uint64(v))
	case bool:
		if v {
			return append(b, tagTrue)
		}
		return append(b, tagFalse)
	case string:
		b = binary.BigEndian.AppendUint32(append(b, tagText), uint32(len(v)))
		return append(b, v...)
	case []byte:
		b = binary.BigEndian.AppendUint32(append(b, tagBlob), uint32(len(v)))
		return append(b, v...)
	}
	return append(b, tagNull)
}

// frameReader reads frames from a hostile stream. A frame is valid until the next call.
type frameReader struct {
	r   *bufio.Reader
	sum hash.Hash
	buf []byte
}

func newFrameReader(r io.Reader) (*frameReader, error) {
	f := &frameReader{r: bufio.NewReaderSize(r, 64<<10), sum: sha256.New()}
	magic := make([]byte, len(dumpMagic))
	if _, err := io.ReadFull(f.r, magic); err != nil {
		return nil, cutShort(err)
	}
	if string(magic) != dumpMagic {
		return nil, notDump("it does not begin like a dump of version 1")
	}
	f.sum.Write(magic)
	return f, nil
}

func (f *frameReader) next() (typ byte, payload []byte, err error) {
	var head [frameHeading]byte
	if _, err := io.ReadFull(f.r, head[:]); err != nil {
		return 0, nil, cutShort(err)
	}
	n := binary.BigEndian.Uint32(head[1:])
	if n > maxFrame {
		return 0, nil, notDump("a frame is longer than 4 MiB")
	}
	if uint32(cap(f.buf)) < n {
		f.buf = make([]byte, n)
	}
	f.buf = f.buf[:n]
	if _, err := io.ReadFull(f.r, f.buf); err != nil {
		return 0, nil, cutShort(err)
	}
	if head[0] == frameEnd {
		return frameEnd, f.buf, f.checkEnd()
	}
	f.sum.Write(head[:])
	f.sum.Write(f.buf)
	return head[0], f.buf, nil
}

func (f *frameReader) checkEnd() error {
	if !bytes.Equal(f.buf, f.sum.Sum(nil)) {
		return notDump("its digest does not match")
	}
	if _, err := f.r.ReadByte(); !errors.Is(err, io.EOF) {
		return notDump("something follows its end")
	}
	return nil
}

// parseRow reads one row of the table. The values it returns do not alias b.
func parseRow(t *table, b []byte) (values []any, rest []byte, err error) {
	values = make([]any, len(t.columns))
	for i := range t.columns {
		if values[i], b, err = parseValue(&t.columns[i], b); err != nil {
			return nil, nil, custody.Wrap(custody.Corrupt, err, "the dump holds a bad row of table %s", t.name)
		}
	}
	return values, b, nil
}

func parseValue(c *column, b []byte) (any, []byte, error) {
	if len(b) == 0 {
		return nil, nil, notDump("column " + c.name + " is cut short")
	}
	tag, b := b[0], b[1:]
	switch {
	case tag == tagNull && c.nullable:
		return nil, b, nil
	case tag == tagInt && c.kind == integer && len(b) >= 8:
		return int64(binary.BigEndian.Uint64(b)), b[8:], nil
	case (tag == tagFalse || tag == tagTrue) && c.kind == boolean:
		return tag == tagTrue, b, nil
	case tag == tagText && c.kind == text, tag == tagBlob && c.kind == blob:
		if len(b) < 4 || uint64(binary.BigEndian.Uint32(b)) > uint64(len(b)-4) {
			return nil, nil, notDump("column " + c.name + " is cut short")
		}
		n := binary.BigEndian.Uint32(b)
		v, rest := b[4:4+n], b[4+n:]
		if tag == tagBlob {
			return bytes.Clone(v[:n:n]), rest, nil
		}
		if s := string(v); isText(s) {
			return s, rest, nil
		}
	}
	return nil, nil, notDump("column " + c.name + " has a value that is not of its type")
}

func notDump(why string) error {
	return custody.Errorf(custody.Corrupt, "this is not a whole, readable dump: %s", why)
}

func cutShort(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return notDump("it is cut short")
	}
	return custody.Wrap(custody.Unavailable, err, "the dump cannot be read")
}
