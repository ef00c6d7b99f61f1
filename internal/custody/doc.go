// Package custody is the vocabulary of the house: typed ids, instants and spans, events, errors.
//
// Owns: the nouns that every room shares. Everything here is a small value with no behaviour beyond
// its own arithmetic, so that two rooms cannot understand the same word differently.
//
// Trusts: nothing. It imports the standard library only and performs no I/O, apart from drawing
// random bits for new ids.
//
// Invariants: an Instant is microseconds since 1970-01-01T00:00:00Z (UTC); a Span is half open,
// [Start, End); an id is a typed prefix and 128 random bits in lower-case base32.
//
// Does not: know a database, a camera, HTTP or a user's time zone.
package custody
