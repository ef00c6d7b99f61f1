package backup

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/keys"
)

// Verified says what a backup file was found to hold.
type Verified struct {
	Header Header
	Size   int64    // of the file
	SHA256 [32]byte // of the file
	Dump   uint64   // bytes of the dump inside
	digest [32]byte // of the dump
}

// Verify reads a whole backup file, decrypts it and compares the dump inside with the digest that was taken when
// the database wrote it. Errors are those of NewReader and Reader.Read, NotFound if there is no such file, and Unavailable if
// ctx ends.
func Verify(ctx context.Context, path string, key keys.Key) (Verified, error) {
	f, err := openFile(path)
	if err != nil {
		return Verified{}, err
	}
	defer f.Close()
	// Read what is on the disk rather than what is still in memory; where that cannot be asked for, nothing is lost.
	_ = unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED)
	return verify(ctx, f, key)
}

func verify(ctx context.Context, file io.Reader, key keys.Key) (Verified, error) {
	counted := &counter{sum: sha256.New()}
	r, err := NewReader(io.TeeReader(file, counted), key)
	if err != nil {
		return Verified{}, err
	}
	if _, err := io.Copy(io.Discard, abandonable{ctx, r}); err != nil {
		return Verified{}, err
	}
	return Verified{Header: r.Header, Size: counted.n, SHA256: [32]byte(counted.sum.Sum(nil)), Dump: r.content.Length, digest: r.content.Digest}, nil
}

func openFile(path string) (*os.File, error) {
	f, err := os.Open(path)
	if os.IsNotExist(err) {
		return nil, custody.Errorf(custody.NotFound, "there is no backup file %s", path)
	}
	return f, custody.Wrap(custody.Unavailable, err, "the backup file %s cannot be read", path)
}

// counter counts and digests what passes.
type counter struct {
	n   int64
	sum interface {
		io.Writer
		Sum([]byte) []byte
	}
}

// Write implements io.Writer.
func (c *counter) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	return c.sum.Write(p)
}

// abandonable is a reader that ends with its context.
type abandonable struct {
	ctx context.Context
	r   io.Reader
}

// Read implements io.Reader.
func (a abandonable) Read(p []byte) (int, error) {
	if err := a.ctx.Err(); err != nil {
		return 0, custody.Wrap(custody.Unavailable, err, "reading the backup was abandoned")
	}
	return a.r.Read(p)
}

// Glance reads a backup's header and its end, and no more: enough to know whose it is, that the key opens it, and that
// nothing is missing behind. If the key is another site's, the header is returned with the error.
func Glance(path string, key keys.Key) (Header, error) {
	h, _, err := glance(path, key)
	return h, err
}

// ReadHeader reads what a backup file tells everybody. Until a key has opened the file nothing vouches for it.
func ReadHeader(path string) (Header, error) {
	f, err := openFile(path)
	if err != nil {
		return Header{}, err
	}
	defer f.Close()
	h, _, _, err := readHeader(f)
	return h, err
}

// glance reads a backup's header and its end: whose it is, whether the key opens it, and that nothing is missing behind. It
// does not see damage in the middle.
func glance(path string, key keys.Key) (Header, int64, error) {
	f, err := openFile(path)
	if err != nil {
		return Header{}, 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return Header{}, 0, custody.Wrap(custody.Unavailable, err, "the backup file %s cannot be read", path)
	}
	h, digest, begin, err := readHeader(f)
	if err != nil {
		return Header{}, info.Size(), err
	}
	b, err := openBox(key, h, digest)
	if err != nil {
		return h, info.Size(), err
	}
	return h, info.Size(), readEnd(f, b, begin, info.Size())
}

// readEnd opens the record that ends a file of that size.
func readEnd(f io.ReaderAt, b *box, begin, size int64) error {
	const full = recordHeading + overhead + chunkSize
	body := size - begin - endRecord
	if body < 0 || body%full != 0 && body%full <= recordHeading+overhead {
		return damaged("its length is that of no whole backup")
	}
	record := make([]byte, endRecord)
	if _, err := f.ReadAt(record, size-endRecord); err != nil {
		return cutShort(err)
	}
	if record[0] != kindEnd || binary.BigEndian.Uint32(record[1:]) != overhead+endSize {
		return damaged("it does not end like a whole backup")
	}
	plain, err := b.open(nil, uint64((body+full-1)/full), kindEnd, record[recordHeading:])
	if err != nil {
		return err
	}
	chunks := (body + full - 1) / full
	if binary.BigEndian.Uint64(plain) != uint64(body-chunks*(recordHeading+overhead)) {
		return damaged("its length is not that of its content")
	}
	return nil
}
