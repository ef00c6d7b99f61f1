package vault

import (
	"context"
	"io"
	"iter"
)

// Objects is the object store as the vault needs it. storage/object implements it twice (disk, s3)
// and one conformance suite runs over both. All methods are safe for concurrent use. Keys are segment
// ids (or other typed ids) and are validated: [a-z0-9_]{1,64}.
//
// Errors are *custody.Error: NotFound, Exists (the key holds different bytes), Corrupt (what the store
// holds or returned is not what was put), Unavailable (down, slow, full, refused; the caller retries).
type Objects interface {
	// Put stores the object if the key is absent. It returns nil only when the store holds exactly the
	// bytes with that size and SHA-256 digest, durably: disk digests while writing, fsyncs the file,
	// renames or links it and fsyncs the directory; s3 puts conditionally with a checksum and verifies what
	// the store then says it holds (checksum, or a re-read where the store gives none). A retry that meets
	// the same bytes succeeds; different bytes under the key are Exists and nothing changes. After an error the
	// key is absent, or whole and correct - unless the store itself damaged what was put and this process may not
	// remove it again: then the next Put is Exists, until Replace.
	Put(ctx context.Context, key string, src Source) error
	// Replace is Put over an object that the caller has proved to be none of anybody's: same verification, same
	// errors but Exists. It compares first and leaves an object alone that is src already. Where the store keeps
	// versions the replaced bytes stay below as one. An object that changes meanwhile is Unavailable. After an error the key
	// holds what it held, or what Put may leave.
	Replace(ctx context.Context, key string, src Source) error
	// Stat returns the size, and the digest if the store keeps one it has verified itself.
	Stat(ctx context.Context, key string) (Stat, error)
	// ReadAt fills p from offset off of the object. A short object is Corrupt.
	ReadAt(ctx context.Context, key string, p []byte, off int64) error
	// Open streams the whole object. The reader fails with Corrupt if it ends early.
	Open(ctx context.Context, key string) (io.ReadCloser, error)
	// List yields every object in key order; an error ends it.
	List(ctx context.Context) iter.Seq2[Stat, error]
	// Purge removes the object with all its versions. An absent key is success. A locked object is Denied.
	Purge(ctx context.Context, key string) error
	// Hold switches the store's own lock on the object: while it is on, Purge is Denied. A store that has no such lock (a directory, a bucket
	// without Object Lock) looks whether the object is there and does nothing. Idempotent. NotFound: there is no such object. Denied: this
	// process may not.
	Hold(ctx context.Context, key string, on bool) error
}

// Source is an object about to be stored, on local disk so that a put can be retried.
type Source struct {
	Path   string // a regular, complete, immutable file; the disk driver may link it into place
	Size   int64
	Digest [32]byte // SHA-256 of the file's bytes
}

// Stat describes a stored object.
type Stat struct {
	Key     string
	Size    int64
	Digest  *[32]byte // nil if the store keeps none
	Version string    // empty if the store keeps none
}
