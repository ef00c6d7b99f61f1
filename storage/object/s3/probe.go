package s3

import (
	"bytes"
	"context"
	"crypto/sha256"
	"net/http"
	"sync"

	"github.com/minio/minio-go/v7"

	"github.com/footage-custody/custody/internal/custody"
)

// Capabilities are what the bucket was found to do.
type Capabilities struct {
	Versioning     bool // the bucket keeps versions
	ObjectLock     bool // the bucket can hold retentions and legal holds
	ConditionalPut bool // If-None-Match: * refuses a second put
	Checksums      bool // a put with a wrong SHA-256 is refused, and HEAD reports the SHA-256
}

const (
	probePut      = "custody-probe-put"
	probeChecksum = "custody-probe-checksum"
	probeText     = "custody: this object proves conditional puts; it may be deleted\n"
)

// Capabilities returns what the bucket can do. The first call that succeeds probes it (see the package
// comment) and the answer is kept; a failed probe is Unavailable and tried again by the next call.
func (s *Store) Capabilities(ctx context.Context) (Capabilities, error) {
	var known *Capabilities
	select {
	case known = <-s.probed:
	case <-ctx.Done():
		return Capabilities{}, s.failure(ctx, ctx.Err(), "be probed")
	}
	defer func() { s.probed <- known }()
	if known != nil {
		return *known, nil
	}
	pctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	c, err := s.probe(pctx)
	if err != nil {
		return Capabilities{}, s.failure(pctx, err, "be probed")
	}
	known = &c
	return c, nil
}

func (s *Store) probe(ctx context.Context) (c Capabilities, err error) {
	v, err := s.put.GetBucketVersioning(ctx, s.bucket)
	switch {
	case err == nil:
		c.Versioning = v.Enabled()
	case !unsupported(err) && !forbidden(err):
		return c, err
	}
	if c.ObjectLock, err = s.objectLock(ctx); err != nil {
		return c, err
	}
	if c.ConditionalPut, err = s.probeConditional(ctx); err != nil {
		return c, err
	}
	c.Checksums, err = s.probeChecksums(ctx)
	return c, err
}

// objectLock reports whether the bucket has Object Lock; false too where the service does not say.
func (s *Store) objectLock(ctx context.Context) (bool, error) {
	lock, _, _, _, err := s.put.GetObjectLockConfig(ctx, s.bucket)
	if err != nil && !unsupported(err) && !forbidden(err) {
		return false, err
	}
	return err == nil && lock == "Enabled", nil
}

func (s *Store) probeConditional(ctx context.Context) (bool, error) {
	for range 2 {
		_, err := s.putBytes(ctx, probePut, []byte(probeText), sha256.Sum256([]byte(probeText)))
		if statusOf(err) == http.StatusPreconditionFailed {
			return true, nil
		}
		if unsupported(err) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
	}
	return false, nil
}

// probeChecksums asks for two things: wrong bytes are refused, and right ones are reported by HEAD.
func (s *Store) probeChecksums(ctx context.Context) (bool, error) {
	_, err := s.putBytes(ctx, probeChecksum, []byte(probeText), sha256.Sum256([]byte("other bytes")))
	if err == nil || statusOf(err) != http.StatusBadRequest {
		return false, err
	}
	info, err := s.put.StatObject(ctx, s.bucket, probePut, minio.StatObjectOptions{Checksum: true})
	if err != nil {
		return false, err
	}
	sum := fullDigest(info)
	return sum != nil && *sum == sha256.Sum256([]byte(probeText)), nil
}

// putBytes puts a small body, declaring sum only as the checksum so that the service's own check answers.
func (s *Store) putBytes(ctx context.Context, name string, body []byte, sum [32]byte) (minio.UploadInfo, error) {
	return s.put.PutObject(ctx, s.bucket, name, bytes.NewReader(body), int64(len(body)), "", "", putOptions(sum, ifAbsent))
}

// unsupported reports an answer that means "this bucket or service does not have that".
func unsupported(err error) bool {
	switch codeOf(err) {
	case "ObjectLockConfigurationNotFoundError", "NotImplemented", "MethodNotAllowed", "APINotSupported":
		return true
	}
	return statusOf(err) == http.StatusNotImplemented
}

// forbidden reports that our rights do not reach to ask: a recorder need not see the bucket's settings.
func forbidden(err error) bool { return statusOf(err) == http.StatusForbidden }

// lockable fails with Conflict unless the bucket has Object Lock.
func (s *Store) lockable(ctx context.Context) error {
	c, err := s.Capabilities(ctx)
	if err == nil && !c.ObjectLock {
		err = custody.Errorf(custody.Conflict, "the bucket %s has no Object Lock: nothing can be locked in it", s.bucket)
	}
	return err
}

// keyLocks serialises puts of one key within this process.
type keyLocks struct {
	mu   sync.Mutex
	held map[string]chan struct{}
}

// lock waits for the key and returns its release. It fails only when ctx ends.
func (l *keyLocks) lock(ctx context.Context, key string) (unlock func(), err error) {
	for {
		l.mu.Lock()
		busy, ok := l.held[key]
		if !ok {
			if l.held == nil {
				l.held = map[string]chan struct{}{}
			}
			done := make(chan struct{})
			l.held[key] = done
			l.mu.Unlock()
			return func() {
				l.mu.Lock()
				delete(l.held, key)
				l.mu.Unlock()
				close(done)
			}, nil
		}
		l.mu.Unlock()
		select {
		case <-busy:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
