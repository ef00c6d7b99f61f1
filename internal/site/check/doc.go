// Package check is the invariants as a procedure: it proves I1 to I5 and A5 over everything stored, and names what is broken.
//
// Owns: the procedure, its findings and their wording. Each invariant has one step:
//
//   - A5 (log.go): the database's own file, the whole log recomputed (audit.Verify), every checkpoint here and off the box.
//   - I3 (rows.go, timeline.go): each row by itself; then each stream's record from its first instant to its last - segments
//     and gaps adjoin exactly, and none overlaps another.
//   - I2 (objects.go): every object is indexed, spooled or quarantined, and every row has an object of its size. Disposal
//     does not exist yet, so there is no garbage of our own journal.
//   - I5 (ledger.go, replay.go, registry.go): the log is replayed, and every segment, run, gap, quarantine, camera and key is exactly
//     what its events say. This is what makes an edited row visible, because rows, unlike the log, are nobody's evidence.
//   - I1 and I4 (contents.go): every object is read whole: SHA-256, every record decrypted, leaves to root, init section
//     and run header; deep also every unit's payload and parameter sets. Quick leaves this step out.
//
// What the log does not cover is covered elsewhere: a wrapped segment key by opening it, a row's fragment table by the
// object, whose root commits to it. Not covered, because nothing sealed says it: clock samples and time states (a
// segment's own offset is sealed), alarms, settings, a checkpoint row's time of signing, the hold counter, the path and query of a
// camera's address (events leave them out on purpose) and what is kept of streams that a camera has lost.
//
// Trusts: nothing it reads. The public keys that signed the log come from the database, so a false one would have to
// appear among the key events, which checkpoints off the box then contradict.
//
// Beside a running recorder the tables move while they are read. Whatever could be an echo of that is a suspect first and is
// looked at again before it becomes a finding: rows are read before the log, so a row always has its event; what only the log has
// is asked for by id; what changes (gaps, cameras, keys) is compared between two looks at a log head that has not moved; an object
// without a row is looked for in the spool first and in the rows after, the order in which it wanders. A hole in a stream's record is
// excused exactly as far as a spool file of that stream fills it: a segment that waits to be settled. That the
// recorder runs excuses nothing, because gaps are committed before the segments that follow them.
//
// Memory: tables and log are streamed. Kept are two tallies of 512 KiB (tally.go), the state of cameras, keys and open gaps, one
// entry for each spool file, a digest for each log entry that arrives while the tables are read, the records of at most 256 tally cells while they are resolved, MaxFindings findings, and what two readers
// of objects need: a fragment and an index each.
//
// Locks: report.mu is a leaf. Goroutines: two readers of objects, awaited by their step.
//
// Does not: repair, delete, quarantine, write anything at all, or need the spool's lock.
package check
