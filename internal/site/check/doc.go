// Package check is the invariants as a procedure: it proves I1 to I5, A1 and A5 over everything stored, and names what is broken.
//
// Owns: the procedure, its findings and their wording. Each invariant has one step:
//
//   - A5 (log.go): the database's own file, the whole log recomputed (audit.Verify), every checkpoint here and off the box.
//   - I3 (rows.go, timeline.go): each row by itself; then each stream's record from its first instant to its last - segments
//     and gaps adjoin exactly, and none overlaps another.
//   - I2 (objects.go, packed.go): every object is indexed, spooled or quarantined, and every row has an object of its size. A package's
//     object has a row with its key, or is of one that is being made or failed: garbage by our own journal. Disposal
//     does not exist yet, so there is no garbage of our own journal.
//   - I5 (ledger.go, replay.go, registry.go): the log is replayed, and every segment, run, gap, quarantine, camera and key is exactly
//     what its events say. This is what makes an edited row visible, because rows, unlike the log, are nobody's evidence.
//   - A1 (people.go, sights.go): along the log, every lease of a camera-minute comes after the opening of its viewing and after a decision of
//     that camera and kind for that viewing, is of the person who opened it, and lies in the span that was decided; nothing is leased
//     after the end. Every row of a viewing and of a look is exactly what its events say, and every such event has its row.
//   - I5 for people (people.go, persons.go): staff with their assignments, roles, restrictions, the rules' settings, credentials, sessions
//     and invitations that stand are exactly what the log says. Who gives themselves any of them in the database is named.
//   - A2 for hand-overs (deliveries.go): every hand-over, receipt and recall is what its entries say. Along the log, nothing is handed over after
//     its recall or with another digest, or signed for twice or without having been handed over.
//   - A2, A3 and I5 for requests (requests.go, requests_replay.go): every entry repeats how the request and the items it touches stand. Along the
//     log each follows on the one before: a number without a hole, versions one by one, a move that the table of states has; what was decided
//     was proposed before for exactly that camera and span, by somebody else, and by nobody concerned. Every row - requests, items,
//     each decision ever made, call-backs, notes, papers with their bytes, the directory - is exactly what the entries say.
//   - A3, A4 and I5 for files that were disposed of (archive.go): along the log, one person proposed it and another carried it out, neither
//     concerned, at least 90 days after the closing, with no hold for the request; nothing of it changes afterwards. No row of it has a word
//     left, and what else its rows say is what the entries said. Who empties words by hand is named, because no disposal accounts for it.
//   - I1 and I4 (contents.go): every object is read whole: SHA-256, every record decrypted, leaves to root, init section
//     and run header; deep also every unit's payload and parameter sets. So is every package at rest (packed.go). Quick leaves this out.
//
// What the log does not cover is covered elsewhere: a wrapped segment key by opening it, a row's fragment table by the
// object, whose root commits to it. Credentials are covered by commitments (identity.Commitment): the log holds the digest of a stored
// hash, ciphertext or public key, never what it is a digest of.
//
// Not covered, because nothing sealed says it: clock samples and time states (a segment's own offset is sealed), alarms, the
// program's own settings, a checkpoint row's time of signing, the hold counter and other counters, the path and query of a
// camera's address (events leave them out on purpose) and what is kept of streams that a camera has lost, when the bytes of a package were removed whose key was
// destroyed. Of people: sessions and
// invitations that have ended, which open nothing (that they were, and whose, the log says); when a session was last used and the step of the
// last one-time code, which move without an entry; failed sign-ins, which only slow guessing down. What is derived from footage, the
// timeline's sums and hints of movement, is nobody's evidence: a wrong one misleads a search and shows no picture.
//
// Trusts: nothing it reads. The public keys that signed the log come from the database, so a false one would have to
// appear among the key events, which checkpoints off the box then contradict.
//
// Beside a running recorder the tables move while they are read. Whatever could be an echo of that is a suspect first and is
// looked at again before it becomes a finding: rows are read before the log, so a row always has its event; what only the log has
// is asked for by id; what changes (gaps, cameras, keys, people) is compared between two looks at a log head that has not moved; an object
// without a row is looked for in the spool first and in the rows after, the order in which it wanders. A hole in a stream's record is
// excused exactly as far as a spool file of that stream fills it: a segment that waits to be settled. That the
// recorder runs excuses nothing, because gaps are committed before the segments that follow them.
//
// What begins once and ends once - a role, a restriction, a viewing, a look - is compared as two records, its beginning and its
// end, so that a year of viewing (a million looks) is streamed as segments are, and nothing has to be kept until it ends. What a
// backup leaves out, sessions and invitations, is forgotten where the log begins a new epoch.
//
// Memory: tables and log are streamed. Kept are two tallies of 512 KiB (tally.go), the state of cameras, keys, staff and open gaps,
// sessions and viewings that stand (identity.MaxSessions of a member, viewing.MaxOpen in all), the last 4096 viewings that were
// decided and not opened, one entry for each spool file, a digest for each log entry that arrives while the tables are read,
// the records of at most 256 tally cells while they are resolved, MaxFindings findings, and what two readers of objects need: a
// fragment and an index each.
//
// Locks: report.mu is a leaf. Goroutines: one that looks at the database's file, two readers of objects; each awaited by its step.
//
// Does not: repair, delete, quarantine, write anything at all, or need the spool's lock.
package check
