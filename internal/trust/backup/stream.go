package backup

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash"
	"io"
	"strconv"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/keys"
)

// content is what a stream held: the dump's length and SHA-256.
type content struct {
	Length uint64
	Digest [32]byte
}

// streamWriter encrypts what is written to it. close writes the end; without it the file is not whole.
type streamWriter struct {
	w      io.Writer
	box    *box
	number uint64
	plain  []byte // less than a chunk
	record []byte // scratch
	sum    hash.Hash
	length uint64
}

func newStreamWriter(w io.Writer, key keys.Key, h Header) (*streamWriter, error) {
	head, digest, err := h.marshal()
	if err != nil {
		return nil, err
	}
	b, err := openBox(key, h, digest)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(head); err != nil {
		return nil, err
	}
	return &streamWriter{w: w, box: b, plain: make([]byte, 0, chunkSize), record: make([]byte, 0, recordHeading+overhead+chunkSize), sum: sha256.New()}, nil
}

// Write implements io.Writer.
func (s *streamWriter) Write(p []byte) (n int, err error) {
	for n < len(p) {
		k := min(chunkSize-len(s.plain), len(p)-n)
		s.plain = append(s.plain, p[n:n+k]...)
		n += k
		if len(s.plain) == chunkSize {
			if err := s.flush(); err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

func (s *streamWriter) flush() error {
	s.sum.Write(s.plain)
	s.length += uint64(len(s.plain))
	err := s.put(kindData, s.plain)
	s.plain = s.plain[:0]
	return err
}

func (s *streamWriter) put(kind byte, plain []byte) error {
	_, err := s.w.Write(s.box.seal(s.record[:0], s.number, kind, plain))
	s.number++
	return err
}

func (s *streamWriter) close() (content, error) {
	if len(s.plain) > 0 {
		if err := s.flush(); err != nil {
			return content{}, err
		}
	}
	c := content{s.length, [32]byte(s.sum.Sum(nil))}
	return c, s.put(kindEnd, append(binary.BigEndian.AppendUint64(nil, c.Length), c.Digest[:]...))
}

// Reader reads the dump out of a backup file. What it returns was authenticated; io.EOF means that the file is whole
// to its last byte. Not safe for concurrent use.
type Reader struct {
	Header  Header
	r       *bufio.Reader
	box     *box
	number  uint64
	sealed  []byte // scratch
	buf     []byte // scratch
	plain   []byte // decrypted and not yet read
	short   bool   // a chunk was shorter than the others, so it was the last
	sum     hash.Hash
	content content
	err     error
}

// NewReader reads the header. Corrupt: this is no backup, or it is damaged. Invalid: it was made under another site key.
func NewReader(r io.Reader, key keys.Key) (*Reader, error) {
	h, digest, _, err := readHeader(r)
	if err != nil {
		return nil, err
	}
	b, err := openBox(key, h, digest)
	if err != nil {
		return nil, err
	}
	return &Reader{Header: h, r: bufio.NewReaderSize(r, 64<<10), box: b, sum: sha256.New()}, nil
}

// Read implements io.Reader. Corrupt: the file is damaged or cut short.
func (r *Reader) Read(p []byte) (int, error) {
	for len(r.plain) == 0 && r.err == nil && len(p) > 0 {
		r.err = r.next()
	}
	if len(r.plain) == 0 {
		return 0, r.err
	}
	n := copy(p, r.plain)
	r.plain = r.plain[n:]
	return n, nil
}

// next decrypts one record; io.EOF after the end.
func (r *Reader) next() error {
	var heading [recordHeading]byte
	if _, err := io.ReadFull(r.r, heading[:]); err != nil {
		return cutShort(err)
	}
	kind, n := heading[0], binary.BigEndian.Uint32(heading[1:])
	switch {
	case kind == kindData && n > overhead && n <= overhead+chunkSize && !r.short:
	case kind == kindEnd && n == overhead+endSize:
	default:
		return damaged("record " + decimal(r.number) + " is out of place")
	}
	if uint32(cap(r.sealed)) < n {
		r.sealed = make([]byte, n)
	}
	r.sealed = r.sealed[:n]
	if _, err := io.ReadFull(r.r, r.sealed); err != nil {
		return cutShort(err)
	}
	plain, err := r.box.open(r.buf, r.number, kind, r.sealed)
	if err != nil {
		return err
	}
	r.number++
	if kind == kindEnd {
		return r.end(plain)
	}
	r.sum.Write(plain)
	r.content.Length += uint64(len(plain))
	r.buf, r.plain, r.short = plain, plain, len(plain) < chunkSize
	return nil
}

func (r *Reader) end(plain []byte) error {
	r.content.Digest = [32]byte(r.sum.Sum(nil))
	if binary.BigEndian.Uint64(plain) != r.content.Length || [32]byte(plain[8:]) != r.content.Digest {
		return damaged("its content is not what the database dumped")
	}
	switch _, err := r.r.ReadByte(); {
	case err == nil:
		return damaged("something follows its end")
	case !errors.Is(err, io.EOF):
		return cutShort(err)
	}
	return io.EOF
}

// cutShort says why a file could not be read on.
func cutShort(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return custody.Errorf(custody.Corrupt, "the backup is cut short")
	}
	return custody.Wrap(custody.Unavailable, err, "the backup cannot be read")
}

func decimal(n uint64) string { return strconv.FormatUint(n, 10) }
