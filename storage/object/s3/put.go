package s3

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
	"net/http"
	"os"

	"github.com/minio/minio-go/v7"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/vault"
	"github.com/footage-custody/custody/storage/object"
)

// Put implements vault.Objects.
func (s *Store) Put(ctx context.Context, key string, src vault.Source) error {
	if err := object.CheckKey(key); err != nil {
		return err
	}
	f, err := object.OpenSource(src)
	if err != nil {
		return err
	}
	defer f.Close()
	can, err := s.Capabilities(ctx)
	if err != nil {
		return err
	}
	if !can.ConditionalPut {
		unlock, err := s.keys.lock(ctx, key)
		if err != nil {
			return s.failure(ctx, err, "store the object "+key)
		}
		defer unlock()
		taken, err := s.taken(ctx, key)
		if err != nil {
			return err
		}
		if taken {
			return s.same(ctx, key, src, can)
		}
	}
	made, err := s.upload(ctx, key, f, src, ifAbsent.where(can))
	switch {
	case err == nil:
		return s.confirm(ctx, key, made, src, can)
	case statusOf(err) == http.StatusPreconditionFailed:
		return s.same(ctx, key, src, can)
	case statusOf(err) == 0 && ctx.Err() == nil:
		// No answer: it may have arrived all the same, or been refused before the body was read.
		if taken, terr := s.taken(ctx, key); terr == nil && taken {
			return s.same(ctx, key, src, can)
		}
	}
	return s.refused(ctx, err, key, f, src)
}

// refused explains a failed upload. A digest mismatch is Corrupt if the source file itself is not what
// the caller declared, and Unavailable if the bytes were damaged on their way.
func (s *Store) refused(ctx context.Context, err error, key string, f *os.File, src vault.Source) error {
	if statusOf(err) == http.StatusBadRequest {
		if cerr := object.CheckSource(ctx, f, src); cerr != nil {
			return cerr
		}
	}
	return s.failure(ctx, err, "store the object "+key)
}

// taken reports whether the key exists.
func (s *Store) taken(ctx context.Context, key string) (bool, error) {
	_, err := s.head(ctx, key, "")
	if custody.KindOf(err) == custody.NotFound {
		return false, nil
	}
	return err == nil, err
}

// upload sends the file and returns what the service says it made.
func (s *Store) upload(ctx context.Context, key string, f *os.File, src vault.Source, on condition) (minio.UploadInfo, error) {
	ctx, cancel := s.transfer(ctx, src.Size)
	defer cancel()
	var made minio.UploadInfo
	var err error
	if src.Size > s.singlePutMax {
		made, err = s.multipart(ctx, key, f, src.Size, on)
	} else {
		made, err = s.put.PutObject(ctx, s.bucket, key, io.NewSectionReader(f, 0, src.Size), src.Size,
			"", hex.EncodeToString(src.Digest[:]), putOptions(src.Digest, on))
	}
	if err != nil && ctx.Err() != nil {
		err = s.failure(ctx, err, "store the object "+key)
	}
	return made, err
}

// putOptions declare the checksum and the condition of a single PUT. DisableContentSha256 keeps minio-go
// from a second, chunked signature over the body: the digest is known and signed already.
func putOptions(sum [32]byte, on condition) minio.PutObjectOptions {
	o := minio.PutObjectOptions{
		DisableContentSha256: true,
		UserMetadata:         map[string]string{"x-amz-checksum-sha256": base64.StdEncoding.EncodeToString(sum[:])},
	}
	on.set(&o)
	return o
}

// multipart uploads part by part. minio-go's own multipart upload drops the condition when it
// completes, so this speaks the four calls itself.
func (s *Store) multipart(ctx context.Context, key string, f *os.File, size int64, on condition) (minio.UploadInfo, error) {
	id, err := s.put.NewMultipartUpload(ctx, s.bucket, key, minio.PutObjectOptions{})
	if err != nil {
		return minio.UploadInfo{}, err
	}
	parts, err := s.parts(ctx, key, id, f, size)
	if err == nil {
		var o minio.PutObjectOptions
		on.set(&o)
		var made minio.UploadInfo
		if made, err = s.put.CompleteMultipartUpload(ctx, s.bucket, key, id, parts, o); err == nil {
			return made, nil
		}
	}
	actx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.timeout)
	defer cancel()
	// Should this fail too, the parts cost space until the bucket's lifecycle rule clears them.
	_ = s.put.AbortMultipartUpload(actx, s.bucket, key, id)
	return minio.UploadInfo{}, err
}

func (s *Store) parts(ctx context.Context, key, id string, f *os.File, size int64) ([]minio.CompletePart, error) {
	var parts []minio.CompletePart
	each := max(partSize, (size+9999)/10000)
	for off := int64(0); off < size; off += each {
		body := io.NewSectionReader(f, off, min(each, size-off))
		_, sum, err := object.Digest(ctx, io.Discard, body)
		if err != nil {
			return nil, err
		}
		body.Seek(0, io.SeekStart) // a SectionReader seeks to its start without fail
		p, err := s.put.PutObjectPart(ctx, s.bucket, key, id, len(parts)+1, body, body.Size(),
			minio.PutObjectPartOptions{Sha256Hex: hex.EncodeToString(sum[:]), DisableContentSha256: true})
		if err != nil {
			return nil, err
		}
		parts = append(parts, minio.CompletePart{PartNumber: p.PartNumber, ETag: p.ETag})
	}
	return parts, nil
}

// confirm verifies what a successful upload left behind and removes it again if it is wrong.
func (s *Store) confirm(ctx context.Context, key string, made minio.UploadInfo, src vault.Source, can Capabilities) error {
	ok, err := s.holds(ctx, key, made.VersionID, src, can)
	switch {
	case custody.KindOf(err) == custody.NotFound && err != nil:
		return custody.Wrap(custody.Unavailable, err, "the object store acknowledged the object %s but does not have it", key)
	case err != nil && custody.KindOf(err) != custody.Corrupt:
		return err
	case ok:
		return nil
	}
	wrong := custody.Errorf(custody.Corrupt, "the object store holds other bytes than the object %s that was sent", key)
	wrong.Cause = err
	return s.undo(ctx, key, made, wrong)
}

// undo removes what failed verification, so that the key is absent and a retry can succeed. It touches
// only the version this put made; without versions, only an object that still has this put's ETag.
func (s *Store) undo(ctx context.Context, key string, made minio.UploadInfo, wrong *custody.Error) error {
	stays := custody.Errorf(custody.Corrupt, "the object store damaged the object %s and keeps it until it is replaced", key)
	stays.Cause = wrong
	if s.dispose == nil {
		return stays
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.timeout)
	defer cancel()
	if made.VersionID == "" {
		info, err := s.head(ctx, key, "")
		if err != nil || made.ETag == "" || info.ETag != made.ETag {
			return stays
		}
	}
	if err := s.dispose.RemoveObject(ctx, s.bucket, key, minio.RemoveObjectOptions{VersionID: made.VersionID}); err != nil {
		stays.Cause = cause(err)
		return stays
	}
	return wrong
}

// same decides a put whose key is taken.
func (s *Store) same(ctx context.Context, key string, src vault.Source, can Capabilities) error {
	ok, err := s.holds(ctx, key, "", src, can)
	switch {
	case err != nil && custody.KindOf(err) == custody.NotFound:
		return custody.Wrap(custody.Unavailable, err, "the object store refuses the object %s as existing but does not have it", key)
	case err != nil:
		return err
	case !ok:
		return custody.Errorf(custody.Exists, "the object %s exists with other bytes", key)
	}
	return nil
}

// holds reports whether the service holds exactly src under the key (and version, if not empty): by a proven
// checksum, else by reading it all.
func (s *Store) holds(ctx context.Context, key, version string, src vault.Source, can Capabilities) (bool, error) {
	info, err := s.head(ctx, key, version)
	if err != nil {
		return false, err
	}
	if info.Size != src.Size {
		return false, nil
	}
	if sum := fullDigest(info); sum != nil && can.Checksums && !s.reread {
		return bytes.Equal(sum[:], src.Digest[:]), nil
	}
	body, err := s.open(ctx, key, version)
	if err != nil {
		return false, err
	}
	defer body.Close()
	n, sum, err := object.Digest(ctx, io.Discard, io.LimitReader(body, src.Size+1))
	if err != nil {
		return false, s.broken(ctx, err, key)
	}
	return n == src.Size && sum == src.Digest, nil
}

// fullDigest returns the SHA-256 of the whole object as the service reports it; nil if it reports none,
// or one over the parts of a multipart upload.
func fullDigest(info minio.ObjectInfo) *[32]byte {
	if info.ChecksumMode != "" && info.ChecksumMode != minio.ChecksumFullObjectMode.String() {
		return nil
	}
	b, err := base64.StdEncoding.DecodeString(info.ChecksumSHA256)
	if err != nil || len(b) != sha256.Size {
		return nil
	}
	return (*[32]byte)(b)
}
