// Package lossyfs is a disk for tests that forgets, at a power cut, what was not fsynced.
//
//	program --kernel--> FUSE node --> Disk: what is, and what would survive
//
// Owns: a file system in memory. Of every file it knows the bytes as they are and as they were at its last fsync; of every
// directory the names as they are and as they were at its last fsync. Cut throws away the difference, or a random part
// of it. It can also stop the machine before or after a chosen change, so that a cut comes between any two steps.
//
// Trusts: the kernel to pass on every write, rename and fsync at once (no write-back cache). Memory that a program maps is passed on
// whenever the kernel likes, as on a real disk.
//
// Invariants: a name survives if and only if its directory was fsynced after it was made, and its absence likewise; a file's fsync
// keeps its bytes and size and no name. This is less than ext4 or XFS promise, and all that POSIX does. With Torn, the
// names made since a directory's fsync survive up to some point in their order, and of each unsynced page either the new or
// the old bytes do, zeros where there are none.
//
// Lock order: Disk.mu is a leaf. While the machine is stopped every operation waits outside it.
//
// Does not: check permissions, keep times, know devices or symbolic links. A test must not map or open a database on the disk in its
// own process: a page fault would wait for a server that cannot run.
package lossyfs
