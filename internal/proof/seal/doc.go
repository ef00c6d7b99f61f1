// Package seal is the arithmetic of proof: digests, Merkle leaves, segment trees, the site's log and its
// signed checkpoints.
//
// Owns: the bytes that are hashed for every kind of leaf (CONTRACTS 4, 9), RFC 6962 tree hashing over them,
// inclusion, consistency and contiguous-range proofs, and the checkpoint note (C2SP tlog-checkpoint over
// C2SP signed-note, Ed25519). It is the only room that knows golang.org/x/mod/sumdb; what other rooms need of
// it is named again here.
//
// Trusts: SHA-256 and Ed25519 of Go's own library, and nothing about its input. Proofs and notes come from
// strangers: every parser and verifier is bounded, never panics and is fuzzed.
//
// Invariants: a leaf begins with a three-byte tag ("cu1" access unit, "cr1" run header, "ct1" fragment table,
// "ce1" event), so a leaf of one kind can never be read as one of another; a leaf is hashed with the prefix 0x00 and a node
// with 0x01, so neither can be read as the other (RFC 6962 §2.1). A proof that is longer or shorter than its
// shape demands is refused, so every fact has exactly one proof. A checkpoint has exactly one spelling.
//
// Does not: perform I/O, read a clock, hold a private key, start a goroutine.
package seal
