package object

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/vault"
)

// copyBuffer bounds the memory of one running digest or copy.
const copyBuffer = 256 << 10

// OpenSource opens the file behind src for reading and checks that it is a regular file of the declared
// size. A missing file is Invalid, one of another kind or size Corrupt, one that cannot be read now
// Unavailable. The caller closes it.
func OpenSource(src vault.Source) (*os.File, error) {
	if src.Size < 0 {
		return nil, custody.Errorf(custody.Invalid, "the size %d of the file to store is not valid", src.Size)
	}
	f, err := os.Open(src.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, custody.Wrap(custody.Invalid, err, "the file to store does not exist")
	}
	if err != nil {
		return nil, custody.Wrap(custody.Unavailable, err, "the file to store cannot be opened")
	}
	info, err := f.Stat()
	switch {
	case err != nil:
		err = custody.Wrap(custody.Unavailable, err, "the file to store cannot be read")
	case !info.Mode().IsRegular():
		err = custody.Errorf(custody.Corrupt, "the file to store is not a regular file")
	case info.Size() != src.Size:
		err = custody.Errorf(custody.Corrupt, "the file to store has %d bytes, not the declared %d", info.Size(), src.Size)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// Digest copies r to w (io.Discard to digest only) until its end and returns the length and SHA-256 of
// what it copied. It stops between buffers when ctx ends. Errors are those of r, w and ctx.
func Digest(ctx context.Context, w io.Writer, r io.Reader) (n int64, sum [32]byte, err error) {
	h, buf := sha256.New(), make([]byte, copyBuffer)
	for {
		if err := ctx.Err(); err != nil {
			return n, sum, err
		}
		k, rerr := r.Read(buf)
		h.Write(buf[:k])
		if _, werr := w.Write(buf[:k]); werr != nil {
			return n, sum, werr
		}
		n += int64(k)
		if rerr == io.EOF {
			h.Sum(sum[:0])
			return n, sum, nil
		}
		if rerr != nil {
			return n, sum, rerr
		}
	}
}

// CheckSource digests the whole of f and fails with Corrupt unless it is what src declares.
func CheckSource(ctx context.Context, f io.ReaderAt, src vault.Source) error {
	n, sum, err := Digest(ctx, io.Discard, io.NewSectionReader(f, 0, src.Size+1))
	if err != nil {
		return custody.Wrap(custody.Unavailable, err, "the file to store cannot be read")
	}
	return MatchSource(src, n, sum)
}

// MatchSource fails with Corrupt unless n and sum are the size and digest that src declares.
func MatchSource(src vault.Source, n int64, sum [32]byte) error {
	if n != src.Size || sum != src.Digest {
		return custody.Errorf(custody.Corrupt, "the file to store does not have the declared size and digest")
	}
	return nil
}
