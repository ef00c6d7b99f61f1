// Package retention keeps footage as long as it must be kept, and no longer.
//
// Owns: holds - placing, looking at what they cover, reviewing, lifting by two people; schedules; disposal with its tombstones; what is
// told of both: the dry run, the certificate of a period.
//
// Trusts: the store to let a hold and a disposal of one camera never pass each other (CONTRACTS 10), the judge to close what is held or kept,
// the vault to forget and to remove, the clock. It does not trust that an object is there because a row says so: it looks.
//
// Invariants:
//   - Nothing that a standing hold overlaps is disposed of, however full the disk (A4). A batch lies between holds, the judge is asked about it
//     and about each segment, the store asks again in the transaction, and the database refuses a key's deletion by itself.
//   - Order of disposal: decision, forget, then in one transaction keys, tombstone and log entry, then the objects. After a crash between any
//     two steps the next pass goes on: what has its key is as if nothing had happened, what has a tombstone is purged until it is gone.
//   - Nothing is disposed of before keep_at_least. Without a full disk nothing is before keep_at_most.
//   - A hold ends by two people, or by its lapse if it was placed for a time only; a tombstone never.
//   - Every object under a hold is looked at after its placing, and again every day; what is missing raises an alarm and stays listed.
//
// Schedules: a camera's own row, else the camera's retention in its registry (which is its keep_at_most; its keep_at_least is that of the next
// schedule, as far as it fits), else its class's row, else the site's, else 14 and 30 days. A change of any of them counts from the next pass on.
//
// Memory: a page of 256 segments per look, a batch of 500 per disposal; a plan and a certificate hold one line per camera and per tombstone.
//
// Locks: none across a call out. Worker.mu guards the list of alarms that are up.
//
// Does not: decide, read footage, stop recording when the disk is full (the recorder does), dispose of request files.
package retention
