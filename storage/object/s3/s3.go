package s3

import (
	"context"
	"net/http"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/vault"
)

// Store implements vault.Objects. All methods are safe for concurrent use.
type Store struct {
	bucket       string
	put          *minio.Core
	dispose      *minio.Core // nil: nothing can be removed
	reread       bool
	singlePutMax int64
	timeout      time.Duration
	minRate      int64
	mode         minio.RetentionMode
	region       string
	transport    *http.Transport
	keys         keyLocks
	probed       chan *Capabilities // holds one value: nil until a probe succeeded
}

var _ vault.Objects = (*Store)(nil)

// New checks the configuration and returns a store. It does not reach for the service: recording starts
// while the store is down. It fails with Invalid, naming the field.
func New(c Config) (*Store, error) {
	if err := c.complete(); err != nil {
		return nil, err
	}
	tr, err := c.transport()
	if err != nil {
		return nil, err
	}
	s := &Store{
		bucket:       c.Bucket,
		reread:       c.Reread,
		singlePutMax: c.SinglePutMax,
		timeout:      c.Timeout,
		minRate:      c.MinRate,
		mode:         minio.RetentionMode(c.Retention),
		region:       c.Region,
		transport:    tr,
		probed:       make(chan *Capabilities, 1),
	}
	s.probed <- nil
	if s.put, err = c.client(c.PutCredentials, tr); err != nil {
		return nil, err
	}
	if !c.DisposeCredentials.empty() {
		if s.dispose, err = c.client(c.DisposeCredentials, tr); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Close drops idle connections. The store stays usable.
func (s *Store) Close() { s.transport.CloseIdleConnections() }

// Bucket says how EnsureBucket creates a bucket.
type Bucket struct {
	Versioning bool
	ObjectLock bool // implies Versioning; cannot be added later by most services
}

// EnsureBucket creates the bucket if it is absent and switches versioning on where asked. It never
// weakens an existing bucket. It fails with Unavailable, or with Conflict if the bucket exists without the Object
// Lock that was asked for.
func (s *Store) EnsureBucket(ctx context.Context, b Bucket) error {
	ctx, cancel := context.WithTimeout(ctx, 3*s.timeout)
	defer cancel()
	ok, err := s.put.BucketExists(ctx, s.bucket)
	if err != nil {
		return s.failure(ctx, err, "find the bucket")
	}
	if !ok {
		err := s.put.MakeBucket(ctx, s.bucket, minio.MakeBucketOptions{Region: s.region, ObjectLocking: b.ObjectLock})
		if err != nil && codeOf(err) != "BucketAlreadyOwnedByYou" {
			return s.failure(ctx, err, "create the bucket")
		}
	}
	if b.Versioning || b.ObjectLock {
		v, err := s.put.GetBucketVersioning(ctx, s.bucket)
		if err == nil && !v.Enabled() {
			err = s.put.EnableVersioning(ctx, s.bucket)
		}
		if err != nil {
			return s.failure(ctx, err, "switch versioning on")
		}
	}
	if b.ObjectLock {
		lock, err := s.objectLock(ctx)
		if err != nil {
			return s.failure(ctx, err, "read the bucket's Object Lock")
		}
		if !lock {
			return custody.Errorf(custody.Conflict, "the bucket %s exists without Object Lock: create another one", s.bucket)
		}
	}
	return nil
}

// transfer bounds a call that moves n bytes.
func (s *Store) transfer(ctx context.Context, n int64) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, s.timeout+time.Duration(float64(n)/float64(s.minRate)*float64(time.Second)))
}
