package s3

import (
	"context"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"iter"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/vault"
	"github.com/footage-custody/custody/storage/object"
)

// listPage is how many names List holds at a time.
const listPage = 1000

// Stat implements vault.Objects. Digest is set where the service proved that it checks SHA-256 itself.
func (s *Store) Stat(ctx context.Context, key string) (vault.Stat, error) {
	if err := object.CheckKey(key); err != nil {
		return vault.Stat{}, err
	}
	can, err := s.Capabilities(ctx)
	if err != nil {
		return vault.Stat{}, err
	}
	info, err := s.head(ctx, key, "")
	if err != nil {
		return vault.Stat{}, err
	}
	st := vault.Stat{Key: key, Size: info.Size, Version: info.VersionID}
	if can.Checksums {
		st.Digest = fullDigest(info)
	}
	return st, nil
}

func (s *Store) head(ctx context.Context, key, version string) (minio.ObjectInfo, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	info, err := s.put.StatObject(ctx, s.bucket, key, minio.StatObjectOptions{Checksum: true, VersionID: version})
	if err != nil {
		return info, s.absent(ctx, err, key)
	}
	return info, nil
}

// ReadAt implements vault.Objects with one ranged GET.
func (s *Store) ReadAt(ctx context.Context, key string, p []byte, off int64) error {
	if err := object.CheckKey(key); err != nil {
		return err
	}
	if err := object.CheckRange(len(p), off); err != nil {
		return err
	}
	if len(p) == 0 {
		_, err := s.head(ctx, key, "")
		return err
	}
	ctx, cancel := s.transfer(ctx, int64(len(p)))
	defer cancel()
	var o minio.GetObjectOptions
	if err := o.SetRange(off, off+int64(len(p))-1); err != nil {
		return custody.Wrap(custody.Internal, err, "the range of the object %s is not valid", key)
	}
	body, _, header, err := s.put.GetObject(ctx, s.bucket, key, o)
	if statusOf(err) == http.StatusRequestedRangeNotSatisfiable {
		return custody.Wrap(custody.Corrupt, cause(err), "the object %s ends before byte %d", key, off+int64(len(p)))
	}
	if err != nil {
		return s.absent(ctx, err, key)
	}
	defer body.Close()
	if err := checkContentRange(header.Get("Content-Range"), key, off, off+int64(len(p))-1); err != nil {
		return err
	}
	if _, err := io.ReadFull(body, p); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return s.broken(ctx, err, key)
	}
	return nil
}

// checkContentRange makes sure that the answer is the range we asked for: a service may ignore the
// range, or end it at the object's end.
func checkContentRange(h, key string, first, last int64) error {
	span, _, ok := strings.Cut(strings.TrimPrefix(h, "bytes "), "/")
	a, b, dash := strings.Cut(span, "-")
	end, err := strconv.ParseUint(b, 10, 63)
	if !ok || !dash || err != nil || a != strconv.FormatInt(first, 10) {
		return custody.Errorf(custody.Unavailable, "the object store answered with another range of the object %s", key)
	}
	if int64(end) != last {
		return custody.Errorf(custody.Corrupt, "the object %s ends before byte %d", key, last+1)
	}
	return nil
}

// Open implements vault.Objects. Where the service reports the SHA-256 of the whole object, the reader compares it
// at the end and fails with Corrupt instead of io.EOF.
func (s *Store) Open(ctx context.Context, key string) (io.ReadCloser, error) {
	if err := object.CheckKey(key); err != nil {
		return nil, err
	}
	return s.open(ctx, key, "")
}

func (s *Store) open(ctx context.Context, key, version string) (io.ReadCloser, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	stall := time.AfterFunc(s.timeout, func() { cancel(context.DeadlineExceeded) })
	defer stall.Stop()
	var o minio.GetObjectOptions
	o.VersionID = version
	o.Set("x-amz-checksum-mode", "ENABLED") // not o.Checksum: minio-go would digest the body a second time
	body, info, _, err := s.put.GetObject(ctx, s.bucket, key, o)
	if err != nil {
		defer cancel(nil)
		return nil, s.absent(ctx, err, key)
	}
	r := &reader{s: s, ctx: ctx, cancel: cancel, stall: stall, key: key, body: body, left: info.Size, hash: sha256.New()}
	if can, err := s.Capabilities(ctx); err == nil && can.Checksums {
		r.want = fullDigest(info)
	}
	return r, nil
}

// reader counts and digests a body, and gives up when it stalls.
type reader struct {
	s      *Store
	ctx    context.Context
	cancel context.CancelCauseFunc
	stall  *time.Timer
	key    string
	body   io.ReadCloser
	left   int64 // bytes still to come by the service's own Content-Length; negative if it gave none
	want   *[32]byte
	hash   hash.Hash
}

func (r *reader) Read(p []byte) (int, error) {
	r.stall.Reset(r.s.timeout)
	n, err := r.body.Read(p)
	r.stall.Stop() // a slow consumer is no stall
	r.hash.Write(p[:n])
	if r.left >= 0 {
		r.left -= int64(n)
	}
	switch {
	case err == nil:
		return n, nil
	case err != io.EOF:
		return n, r.s.broken(r.ctx, err, r.key)
	case r.left > 0:
		return n, r.s.broken(r.ctx, io.ErrUnexpectedEOF, r.key)
	case r.want != nil && [32]byte(r.hash.Sum(nil)) != *r.want:
		return n, custody.Errorf(custody.Corrupt, "the object %s is not what was stored", r.key)
	}
	return n, io.EOF
}

func (r *reader) Close() error {
	r.cancel(nil)
	r.body.Close() // only the connection's end of it; nothing was written
	return nil
}

// List implements vault.Objects, one page at a time. Names that are not keys are not objects of ours. A service
// that lists out of order is Unavailable: what it left out could not be told from what does not exist.
func (s *Store) List(ctx context.Context) iter.Seq2[vault.Stat, error] {
	return func(yield func(vault.Stat, error) bool) {
		last := ""
		for {
			page, err := s.page(ctx, last)
			if err != nil {
				yield(vault.Stat{}, err)
				return
			}
			for _, o := range page {
				if o.Key <= last {
					yield(vault.Stat{}, custody.Errorf(custody.Unavailable, "the object store does not list its objects in order"))
					return
				}
				last = o.Key
				if object.ValidKey(o.Key) && !yield(vault.Stat{Key: o.Key, Size: o.Size}, nil) {
					return
				}
			}
			if len(page) < listPage {
				return
			}
		}
	}
}

// page returns up to listPage names after the one given. minio-go ends a listing silently when its
// context does; that must not look like the end of the bucket.
func (s *Store) page(ctx context.Context, after string) ([]minio.ObjectInfo, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	page := make([]minio.ObjectInfo, 0, listPage)
	for o := range s.put.ListObjectsIter(ctx, s.bucket, minio.ListObjectsOptions{Recursive: true, StartAfter: after, MaxKeys: listPage}) {
		if o.Err != nil {
			return nil, s.failure(ctx, o.Err, "list its objects")
		}
		page = append(page, minio.ObjectInfo{Key: o.Key, Size: o.Size})
		if len(page) == listPage {
			return page, nil
		}
	}
	return page, s.failure(ctx, ctx.Err(), "list its objects")
}
