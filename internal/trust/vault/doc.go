// Package vault is the strongroom: the only holder of footage bytes, in the spool and in the object store.
//
// Owns: the formats of the segment object and of the package object (FORMAT.md beside this file), the spool directory, the sidecars with
// the wrapped keys of unsettled segments, sealing, recovery after a crash, every read of footage, live viewing, the pictures
// made of footage that are kept to be shown again, the exact reading that a release is cut from, and packages at rest.
//
// Trusts: keys to wrap and open segment keys, the catalog to say which rows are committed, the object store only
// as far as digests and authentication tags prove what it returns. The spool directory is ours alone: a lock
// file keeps a second process out.
//
// Invariants:
//   - The bytes of a spool file are the bytes of the object it becomes.
//   - The sidecar is durable before the spool file holds its first byte, so footage is never written under a key
//     that a crash can lose. A key lives in the sidecar or in the segment's row, never in the object.
//   - A fragment and its unit table stand together: a file is cut only after a whole pair. After an error
//     nothing is appended behind a torn record.
//   - A footer is written after the fragments are durable, so a valid index and footer vouch for them after a power cut.
//   - Recovery never appends a fragment under an old key; it only writes a fresh index and footer.
//   - A file with a second link (the disk store linked it into place) is never written to or cut.
//   - What is not ours is never deleted: it moves to the quarantine directory and is reported.
//   - No byte of footage leaves without a Grant; camera, action, expiry and span are checked on every call, and
//     a fragment is served if and only if it starts inside the granted span and no part of it is closed (CONTRACTS 6; permit.go).
//   - Release alone is exact to the unit: of a Cut no payload leaves but that of a unit shown inside the Grant's span, what lies in the span
//     is permitted whole or not cut at all, and evidence is proved against its row before it is told (export*.go). A Reel holds more,
//     for a decoder only.
//   - A package at rest is opened by its row's key under a Grant that names it, its films by who hands it over; each read asks the Grant
//     again. The key is in no object, so an object without a row is garbage that nobody can open.
//   - Nobody who watches holds a recorder: units are copied once and shared, and a reader who is slow skips (tap.go, feed.go).
//   - A kept picture opens under its segment's key and in its place only; one that does not is removed and missed (thumbs.go).
//   - What is being disposed of is opened for nobody, and what was read of it before is not kept; an object is removed only once its key is
//     gone (forget.go, purge.go).
//
// Memory: a Writer holds its unit-table scratch (64 KiB at most between appends) and about 100 bytes per
// fragment; it keeps no unit in memory, because sealing reads the unit tables back from the spool file. A
// waiting Pending holds its head (a few KiB) and 100 bytes per fragment. Sealing holds one index (about 200 bytes per unit).
// Recovery holds one fragment at a time. Reads keep at most openedMax opened segments; ReadRun works in at most eight calls at a
// time, each with two buffers of 8 MiB (16 MiB if one fragment is that large), of which the caller keeps one until Free. Live viewing
// holds nothing of a stream that nobody watches, and at most 6 MiB and a unit of one that somebody does; there are at most
// 200 feeds. A Cut holds 12 MiB in three buffers and 130 bytes a fragment; storing a package 6 MiB, from the first of it that is given, and reading one 1 MiB for each open
// file and 4 MiB for each of at most eight reads. The list of kept pictures takes 200 bytes each, at most 65536 with the default bound.
//
// Locks: Vault.mu (the table of spooled segments), spooled.mu (one segment's fragment table), taps.mu and Tap.mu are leaves: none
// is held while taking another or during I/O. thumbs.mu is one too, and is held while files are listed or removed. pending.mu (serialises Seal, Store and Drop of one segment) is
// held across I/O and taken before both. PackedReader.mu is held while one chunk is read.
//
// Does not: know a camera beyond its id, commit rows, decide who may see what, or read a clock other than the
// one it is given.
package vault
