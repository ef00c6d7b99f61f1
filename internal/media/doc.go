// Package media is what a camera sends, as values: access units, tracks, fragments, segments, runs, gaps.
//
// Owns: the rules by which received units become fragments and segments (CONTRACTS 3), the MP4 boxes
// around them, the derivation of wall time from receipt time (CONTRACTS 1), the cut (CONTRACTS 18) and the file it leaves in.
//
// Trusts: nothing about its input. Payloads are a hostile camera's bytes; every parser here is bounded,
// never panics and is fuzzed.
//
// Invariants: I4 - NAL units, their order and SEI are kept to the byte; parameter sets are never
// invented. A unit's payload is its length-prefixed NAL units exactly as they stand in the MP4 sample.
//
// Memory: a Builder holds one fragment, a Cutter and a Movie 64 and 20 bytes for each unit that a recipient gets; nothing holds a film.
//
// Does not: perform I/O, read a clock, start a goroutine, know a camera's name.
package media
