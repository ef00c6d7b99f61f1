package s3

import (
	"context"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/storage/object"
)

// Lock is what Object Lock keeps on an object.
type Lock struct {
	Until custody.Instant // end of the retention; zero if there is none
	Held  bool            // a legal hold is on
}

// Retain keeps the object from being removed before until (whole seconds, rounded up), and reads the lock back. A
// retention that is already later is success and stays. It fails with Conflict in a bucket without
// Object Lock, NotFound, Denied, or Unavailable also when the service does not report what it acknowledged.
func (s *Store) Retain(ctx context.Context, key string, until custody.Instant) error {
	have, version, err := s.lockOf(ctx, key)
	if err != nil || have.Until >= until {
		return err
	}
	when := until.Time().Add(time.Second - time.Microsecond).Truncate(time.Second)
	cctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	err = s.put.PutObjectRetention(cctx, s.bucket, key,
		minio.PutObjectRetentionOptions{Mode: &s.mode, RetainUntilDate: &when, VersionID: version})
	if err != nil {
		return s.denied(cctx, err, key, "retained")
	}
	if have, _, err = s.lockOf(ctx, key); err == nil && have.Until < until {
		err = custody.Errorf(custody.Unavailable, "the object store acknowledged the retention of %s but does not report it", key)
	}
	return err
}

// LegalHold switches the object's legal hold and reads it back. Placing it takes the put credentials,
// releasing it the dispose credentials (Denied without them). Errors as for Retain.
func (s *Store) LegalHold(ctx context.Context, key string, on bool) error {
	client, status := s.put, minio.LegalHoldEnabled
	if !on {
		client, status = s.dispose, minio.LegalHoldDisabled
	}
	if client == nil {
		return custody.Errorf(custody.Denied, "the hold on the object %s could not be released: this process has no dispose credentials", key)
	}
	have, version, err := s.lockOf(ctx, key)
	if err != nil || have.Held == on {
		return err
	}
	cctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	err = client.PutObjectLegalHold(cctx, s.bucket, key, minio.PutObjectLegalHoldOptions{Status: &status, VersionID: version})
	if err != nil {
		return s.denied(cctx, err, key, "held or released")
	}
	if have, _, err = s.lockOf(ctx, key); err == nil && have.Held != on {
		err = custody.Errorf(custody.Unavailable, "the object store acknowledged the legal hold of %s but does not report it", key)
	}
	return err
}

// Hold implements vault.Objects: the legal hold where the bucket has Object Lock.
func (s *Store) Hold(ctx context.Context, key string, on bool) error {
	c, err := s.Capabilities(ctx)
	if err != nil {
		return err
	}
	if !c.ObjectLock {
		_, err := s.Stat(ctx, key)
		return err
	}
	return s.LegalHold(ctx, key, on)
}

// LockOf reports what Object Lock keeps on the object's current version.
func (s *Store) LockOf(ctx context.Context, key string) (Lock, error) {
	l, _, err := s.lockOf(ctx, key)
	return l, err
}

// lockOf reads the lock from the headers of HEAD: services do not agree on the documents of the retention and
// legal-hold calls. Where our rights do not reach to see them they are missing, and what was just placed
// counts as not reported.
func (s *Store) lockOf(ctx context.Context, key string) (l Lock, version string, err error) {
	if err := object.CheckKey(key); err != nil {
		return l, "", err
	}
	if err := s.lockable(ctx); err != nil {
		return l, "", err
	}
	info, err := s.head(ctx, key, "")
	if err != nil {
		return l, "", err
	}
	l.Held = info.Headers.Get("X-Amz-Object-Lock-Legal-Hold") == string(minio.LegalHoldEnabled)
	if text := info.Headers.Get("X-Amz-Object-Lock-Retain-Until-Date"); text != "" {
		if l.Until, err = custody.ParseInstant(text); err != nil {
			return Lock{}, "", custody.Wrap(custody.Unavailable, err, "the object store reports a retention of %s that is no instant", key)
		}
	}
	return l, info.VersionID, nil
}
