// Package db keeps the house's rows and its log in SQLite (the embedded default) or PostgreSQL.
//
// Owns: the schema (numbered DDL pairs under migrations/), the one DML text that both databases run, the
// sequencer that groups changes with the events that record them, the stored form of the log, the dump.
// It is the only room that imports database/sql and the two drivers.
//
// Trusts: the database to keep what it has committed. It does not trust a cached log head - another
// process may append to the same log - nor a dump file, which is hostile input.
//
// Invariants. A change and its events commit together or not at all, and a commit method returns nil only
// after COMMIT. The log's nodes, entries and head move in one transaction; before it appends, the
// sequencer recomputes the root from the stored nodes and refuses with Corrupt if the head disagrees.
// Segments of a stream never overlap (I3). A sealed row, a run and a log entry are never updated:
// triggers in both databases and, on PostgreSQL, GRANT (Grants) refuse it. Disposal may delete a
// segment's key row and an event's body; the log keeps type, digest and leaf. Who was given which role,
// what was closed, who looked at which minute: such a row is never rewritten or deleted, it ends once.
// Whatever changes what the rules look at raises the access generation in the same transaction: a trigger
// on each table does, so that no method can forget it and no other program go around it. A session's last
// use and a passkey's counter change nothing for the rules and raise nothing.
//
// A dump leaves out what is of the running site only - sessions, invitations, failed sign-ins - so a
// restore revives no session that was ended and no link that was used: everybody signs in again.
//
// Lock order, PostgreSQL: camera rows in ascending id, then whatever the change needs, then the row of
// log_head; SQLite takes its one write lock at BEGIN IMMEDIATE. A batch that loses a deadlock or a
// serialisation race is run again.
//
// Concurrency: one goroutine writes, on one connection; everyone else reads from a read-only pool.
// Iterators fetch pages and hold no connection or snapshot while the consumer works, so a consumer may
// call any other method, and sees rows that were committed while it ran.
//
// The diary is searched by the time of its entries; entries of one time stand in the order of the log.
//
// Does not: sign, encrypt, decide, read a clock, or call another room's services.
package db
