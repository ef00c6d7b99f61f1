// Package disk is the embedded driver of vault.Objects: one file per object in one directory tree.
//
// Layout: root/.custody-objects marks a directory as ours; root/.tmp holds files being written;
// root/ab/<key> is an object, sharded by the first two characters of the key's random part (the part
// after the first underscore), so that a shard of 32 cameras' month has about 1,400 names.
//
// Owns: everything under root. Nothing else writes there.
//
// Trusts: the file system to make link(2) atomic and fsync(2) true. Without VerifyOnPut it also trusts the
// digest that the caller computed over a file it links into place: the object is then the very inode the
// caller wrote and digested, and a re-read would prove the page cache, not the disk. Whoever stores
// files it did not digest while writing sets VerifyOnPut. A copied file is always digested.
//
// Invariants, and the order that upholds them:
//
//	put    fsync the file, link it to its final name, fsync the shard directory
//	again  the name exists: compare size and digest, fsync the file and the directory, succeed
//	purge  unlink, fsync the shard directory (also when the name is already gone)
//
// A name that exists is therefore whole, and a nil error means it survives a power cut. A source file whose
// fsync failed is never linked again in this process: the kernel marks the failed pages clean, so
// a second fsync would lie; the retry copies it. After Put the source may share the object's inode: nobody may
// open it for writing again.
//
// An unmounted root shows as an empty directory. The marker tells it from an empty store: a missing object
// is NotFound only while the marker is there, otherwise the store is Unavailable.
//
// Locks: suspects.mu only, held for a map access. Files under root/.tmp are held with flock(2) while
// written, so that a second process that opens the store does not clear them away.
//
// Does not: keep digests, versions or locks; notice bit rot (custody check does).
package disk
