package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"syscall"

	"github.com/minio/minio-go/v7"

	"github.com/footage-custody/custody/internal/custody"
)

// refusal is what an error keeps of the service's answer: its status and a bounded code. The prose is
// dropped: a hostile or careless service echoes headers, credentials' ids among them, into it.
type refusal struct {
	status int
	code   string
}

func (r refusal) Error() string { return fmt.Sprintf("the service answered %d %s", r.status, r.code) }

// cause strips an error of minio-go of everything that the service wrote.
func cause(err error) error {
	if resp := minio.ToErrorResponse(err); resp.Code != "" || resp.StatusCode != 0 {
		return refusal{resp.StatusCode, cleanCode(resp.Code)}
	}
	var ue *url.Error
	if errors.As(err, &ue) {
		return ue.Err // without the URL, which repeats endpoint and key
	}
	return err
}

func cleanCode(code string) string {
	out := make([]byte, 0, 64)
	for i := 0; i < len(code) && len(out) < cap(out); i++ {
		c := code[i]
		if ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z') || ('0' <= c && c <= '9') {
			out = append(out, c)
		}
	}
	return string(out)
}

func codeOf(err error) string { return minio.ToErrorResponse(err).Code }

func statusOf(err error) int { return minio.ToErrorResponse(err).StatusCode }

// failure turns an error of minio-go into Unavailable. what completes "the object store could not ...".
func (s *Store) failure(ctx context.Context, err error, what string) error {
	var e *custody.Error
	if err == nil || errors.As(err, &e) {
		return err
	}
	why := "it answered with an error"
	switch status := statusOf(err); {
	case errors.Is(context.Cause(ctx), context.DeadlineExceeded):
		why, err = "it was too slow", context.Cause(ctx)
	case ctx.Err() != nil:
		why, err = "the operation was cut short", context.Cause(ctx)
	case codeOf(err) == minio.NoSuchBucket:
		why = "the bucket " + s.bucket + " does not exist: create it or correct its name"
	case status == http.StatusForbidden || status == http.StatusUnauthorized:
		why = "it refused our credentials: check them and their rights"
	case status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable:
		why = "it asks to slow down"
	case status == 0 && errors.Is(err, syscall.ECONNREFUSED):
		why = "nothing listens at its address"
	case status == 0:
		why = "it cannot be reached or does not speak S3"
	}
	return custody.Wrap(custody.Unavailable, cause(err), "the object store could not %s: %s", what, why)
}

// denied is failure for acts that a lock or missing rights can forbid for good.
func (s *Store) denied(ctx context.Context, err error, key, what string) error {
	switch code := codeOf(err); {
	case ctx.Err() != nil:
	case statusOf(err) == http.StatusForbidden, code == "ObjectLocked":
		return custody.Wrap(custody.Denied, cause(err), "the object %s could not be %s: it is locked, or the credentials may not do this", key, what)
	case code == minio.NoSuchKey:
		return custody.Wrap(custody.NotFound, cause(err), "the object %s does not exist", key)
	}
	return s.failure(ctx, err, "have the object "+key+" "+what)
}

// absent is failure for reads: a missing key is NotFound, but only in a bucket that is there.
func (s *Store) absent(ctx context.Context, err error, key string) error {
	switch codeOf(err) {
	case minio.NoSuchKey, minio.NoSuchVersion:
	default:
		if statusOf(err) != http.StatusNotFound || codeOf(err) == minio.NoSuchBucket {
			return s.failure(ctx, err, "read the object "+key)
		}
	}
	ok, berr := s.put.BucketExists(ctx, s.bucket)
	if berr != nil {
		return s.failure(ctx, berr, "read the object "+key)
	}
	if !ok {
		return custody.Errorf(custody.Unavailable, "the object store could not read the object %s: the bucket %s does not exist", key, s.bucket)
	}
	return custody.Wrap(custody.NotFound, cause(err), "the object %s does not exist", key)
}

// broken is failure for a body that ended or failed while it was read.
func (s *Store) broken(ctx context.Context, err error, key string) error {
	if ctx.Err() == nil && errors.Is(err, io.ErrUnexpectedEOF) {
		return custody.Wrap(custody.Corrupt, err, "the object %s ended early", key)
	}
	return s.failure(ctx, err, "read the object "+key)
}
