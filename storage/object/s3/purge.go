package s3

import (
	"context"

	"github.com/minio/minio-go/v7"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/storage/object"
)

// purgeRounds bounds how often Purge lists again while versions remain.
const purgeRounds = 3

// Purge implements vault.Objects with the dispose credentials: every version and delete marker of the
// key. It returns nil only after a listing that shows none.
func (s *Store) Purge(ctx context.Context, key string) error {
	if err := object.CheckKey(key); err != nil {
		return err
	}
	if s.dispose == nil {
		return custody.Errorf(custody.Denied, "the object %s could not be removed: this process has no dispose credentials", key)
	}
	for range purgeRounds {
		n, err := s.purgeOnce(ctx, key)
		if err != nil || n == 0 {
			return err
		}
	}
	return custody.Errorf(custody.Unavailable, "the object store still lists the object %s after it was removed", key)
}

// purgeOnce removes the versions that one listing shows and returns how many there were.
func (s *Store) purgeOnce(ctx context.Context, key string) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	versions, err := s.versions(ctx, key)
	if err != nil {
		return 0, err
	}
	for _, v := range versions {
		err := s.dispose.RemoveObject(ctx, s.bucket, key, minio.RemoveObjectOptions{VersionID: v})
		if err != nil && codeOf(err) != minio.NoSuchVersion && codeOf(err) != minio.NoSuchKey {
			return 0, s.denied(ctx, err, key, "removed")
		}
	}
	return len(versions), nil
}

// versions returns the version ids of exactly this key: the listing is by prefix and in order, so it ends
// at the first longer key. Where the service cannot list versions, the object itself counts as one
// without an id.
func (s *Store) versions(ctx context.Context, key string) ([]string, error) {
	var ids []string
	o := minio.ListObjectsOptions{Prefix: key, Recursive: true, WithVersions: true, MaxKeys: 100}
	for v := range s.dispose.ListObjectsIter(ctx, s.bucket, o) {
		if unsupported(v.Err) {
			return s.unversioned(ctx, key)
		}
		if v.Err != nil {
			return nil, s.denied(ctx, v.Err, key, "removed")
		}
		if v.Key != key {
			break
		}
		ids = append(ids, v.VersionID)
	}
	return ids, s.failure(ctx, ctx.Err(), "remove the object "+key)
}

func (s *Store) unversioned(ctx context.Context, key string) ([]string, error) {
	taken, err := s.taken(ctx, key)
	if err != nil || !taken {
		return nil, err
	}
	return []string{""}, nil
}
