package s3

import (
	"context"

	"github.com/minio/minio-go/v7"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/vault"
	"github.com/footage-custody/custody/storage/object"
)

// Replace implements vault.Objects: a put on the condition that the object is still the one that was looked at, where the
// service knows that condition. It needs no dispose credentials.
func (s *Store) Replace(ctx context.Context, key string, src vault.Source) error {
	err := s.Put(ctx, key, src)
	if err == nil || custody.KindOf(err) != custody.Exists {
		return err
	}
	f, err := object.OpenSource(src)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := object.CheckSource(ctx, f, src); err != nil { // nothing is given up for a source that is not what it says
		return err
	}
	can, err := s.Capabilities(ctx)
	if err != nil {
		return err
	}
	unlock, err := s.keys.lock(ctx, key)
	if err != nil {
		return s.failure(ctx, err, "replace the object "+key)
	}
	defer unlock()
	old, err := s.head(ctx, key, "")
	if err != nil {
		return custody.Wrap(custody.Unavailable, err, "the object %s, which is to be replaced, could not be looked at", key)
	}
	made, err := s.upload(ctx, key, f, src, condition(old.ETag).where(can))
	if unsupported(err) {
		made, err = s.upload(ctx, key, f, src, "")
	}
	if err != nil {
		return s.refused(ctx, err, key, f, src)
	}
	return s.confirm(ctx, key, made, src, can)
}

// condition is what a put demands of its key: that it is absent, or that it holds the object with this ETag; empty demands nothing.
type condition string

const ifAbsent condition = "*"

// where is the condition, or none for a service that ignores or refuses conditions.
func (c condition) where(can Capabilities) condition {
	if !can.ConditionalPut {
		return ""
	}
	return c
}

func (c condition) set(o *minio.PutObjectOptions) {
	switch c {
	case "":
	case ifAbsent:
		o.SetMatchETagExcept(string(ifAbsent))
	default:
		o.SetMatchETag(string(c))
	}
}
