// Package vault is the strongroom: the only holder of footage bytes, in the spool and in the object store.
//
// Owns: the segment object format (FORMAT.md beside this file), the spool directory, the sidecars with the
// wrapped keys of unsettled segments, sealing, recovery after a crash, and every read of footage.
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
//     a fragment is served if and only if it starts inside the granted span (CONTRACTS 6).
//
// Memory: a Writer holds its unit-table scratch (64 KiB at most between appends) and about 100 bytes per
// fragment; it keeps no unit in memory, because sealing reads the unit tables back from the spool file. A
// waiting Pending holds its head (a few KiB) and 100 bytes per fragment. Sealing holds one index (about 200 bytes per unit).
// Recovery holds one fragment at a time. Reads keep at most openedMax opened segments.
//
// Locks: Vault.mu (the table of spooled segments) and spooled.mu (one segment's fragment table) are leaves: neither
// is held while taking another or during I/O. pending.mu (serialises Seal, Store and Drop of one segment) is
// held across I/O and taken before both.
//
// Does not: know a camera beyond its id, commit rows, decide who may see what, or read a clock other than the
// one it is given.
package vault
