package manifest

import (
	"context"
	"errors"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/proof/mp4box"
)

// media writes one file below data/ and reads it back, while it is written if its size is known.
func (w *writer) media(d Data) error {
	f, err := w.create(d.Path)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(w.ctx)
	defer stop(nil)
	to := &mediaWriter{w: w, ctx: ctx, path: d.Path, file: f, grown: newGrowth()}
	back := make(chan readBack, 1)
	if d.Size > 0 {
		go func() { back <- w.readBack(ctx, stop, d.Path, d.Size, to.grown) }()
	}
	err = d.Write(to)
	if to.failed != nil {
		err = to.failed // the disk's own, or ctx's, whatever the content makes of it
	}
	if err = errors.Join(err, f.Close()); err == nil && d.Size > 0 && to.size != d.Size {
		err = custody.Errorf(custody.Invalid, "%s has %d bytes where %d were announced", d.Path, to.size, d.Size)
	}
	if err != nil {
		stop(err)
	}
	to.grown.end()
	if d.Size <= 0 {
		back <- w.readBack(ctx, stop, d.Path, to.size, to.grown)
	}
	read := <-back
	if err := context.Cause(ctx); err != nil { // what failed first
		return diskError(err)
	}
	if read.crc != to.crc {
		return custody.Errorf(custody.Corrupt, "%s does not lie on the disk as it was written", d.Path)
	}
	w.data[d.Path], w.octets, w.hashed[d.Path] = read.sum, w.octets+to.size, read.hashedFile
	return nil
}

// tell reports progress.
func (w *writer) tell(path string, n int) {
	if w.copied != nil && n > 0 {
		w.copied(path, int64(n))
	}
}

// mediaWriter writes a media file. It can be stopped, and tells how far it is.
type mediaWriter struct {
	w      *writer
	ctx    context.Context
	path   string
	file   io.Writer
	size   int64
	crc    uint32
	failed error
	grown  *growth
}

// Write implements io.Writer.
func (m *mediaWriter) Write(b []byte) (int, error) {
	if m.failed = m.ctx.Err(); m.failed != nil {
		return 0, m.failed
	}
	n, err := m.file.Write(b)
	m.size, m.crc = m.size+int64(n), crc32.Update(m.crc, m.w.polynomial, b[:n])
	m.grown.to(m.size)
	m.w.tell(m.path, n)
	m.failed = err
	return n, err
}

// growth is how far a file is written. It is safe for concurrent use.
type growth struct {
	mu    sync.Mutex
	more  *sync.Cond
	size  int64
	ended bool
}

func newGrowth() *growth {
	g := &growth{}
	g.more = sync.NewCond(&g.mu)
	return g
}

// to tells that it has so many bytes now.
func (g *growth) to(size int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.size = size
	g.more.Broadcast()
}

// end tells that no more will come.
func (g *growth) end() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.ended = true
	g.more.Broadcast()
}

// wait returns when the file has so many bytes, or as many as it ever will.
func (g *growth) wait(size int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.size < size && !g.ended {
		g.more.Wait()
	}
}

// follower reads a file that is being written: what is not there yet is waited for.
type follower struct {
	io.ReaderAt
	grown *growth
}

// ReadAt implements io.ReaderAt.
func (f follower) ReadAt(b []byte, at int64) (int, error) {
	f.grown.wait(at + int64(len(b)))
	return f.ReaderAt.ReadAt(b, at)
}

// keptUnits is of how many units in all the digests are kept from the reading back to the verification: 16 MiB. The files of the others are
// read twice.
const keptUnits = 1 << 19

// readBack is a media file as it was read back, and the CRC-32C of what was read.
type readBack struct {
	hashedFile
	crc uint32
}

// readBack hashes a file as the verification will want it. An error stops the writing.
func (w *writer) readBack(ctx context.Context, stop context.CancelCauseFunc, path string, size int64, grown *growth) (b readBack) {
	f, err := os.Open(filepath.Join(w.dir, filepath.FromSlash(path)))
	if err != nil {
		stop(err)
		return b
	}
	defer f.Close()
	from := follower{f, grown}
	var m *mp4box.File
	if w.original[path] {
		m = w.proper(from, size)
	}
	b.hashedFile, err = hashFile(ctx, from, size, m, func(block []byte) {
		b.crc = crc32.Update(b.crc, w.polynomial, block)
		w.tell(path, len(block))
		if w.read == nil {
			return
		}
		if err := w.read(path, block); err != nil {
			stop(err)
		}
	})
	if err != nil {
		stop(err)
	}
	return b
}

// proper reads the headers of an original that is to have digests of its units; nil leaves them, and what is wrong, to the verification.
func (w *writer) proper(f io.ReaderAt, size int64) *mp4box.File {
	m, err := mp4box.Read(f, size)
	if err != nil || !fills(m) {
		return nil
	}
	n := 0
	for _, t := range m.Tracks {
		n += len(t.Samples)
	}
	if w.units+n > keptUnits {
		return nil
	}
	w.units += n
	return m
}
