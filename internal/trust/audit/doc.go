// Package audit is the one diary: an append-only log of events in which every event is a leaf of a Merkle tree.
//
// Owns: what a well-formed event is (Log), the signed checkpoints and their copies off the box (Checkpointer,
// CheckpointSink, DirSink), log epochs after a restore (Resume), and the proof that what is stored is what was
// written (Verify).
//
// Trusts: the Store to be durable when it returns nil, and nothing it returns: Verify computes every hash again. A
// sink is trusted to keep what it was given, not to be honest about it: notes read back are verified.
//
// Invariants: A5 - a checkpoint is signed only after the stored tree hashes prove that it extends the one before, here
// and off the box; a log that does not is never signed again, and an alarm says so. A note is stored before it
// is copied. Copying never delays an event or a checkpoint. The newest checkpoint proves all earlier ones, so a
// sink that was away is sent the newest only.
//
// A checkpoint that is asked for (Ask) is made on the same conditions, at most one a second.
//
// Lock order: Checkpointer.mu is a leaf, held for memory only.
//
// Does not: write events for others (every change commits with its own event in its own room's store), keep an
// event's text for ever (bodies are disposed of on schedule, leaves stay), decide anything.
package audit
