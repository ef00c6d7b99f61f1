// Package manifest is the form in which footage leaves the house: a BagIt bag (RFC 8493) of plain files with everything a
// stranger needs to check it, its writer, its reader and its verification.
//
// Owns: the package format, version 1 (FORMAT.md beside this file, from which anybody can write another verifier); what is proved
// about an original, unit by unit, and what is only stated and signed; the verdicts of CONTRACTS 20 and the words that explain them.
//
// Trusts: nothing that a package says until it follows from the log's key. A package may come from anybody: names are refused
// before a file is opened, every size and count is bounded before memory is taken, nothing is followed out of the package (no
// symbolic link, no "..", no absolute name), and nothing panics. Every parser is fuzzed. SHA-256 and Ed25519 are Go's own.
//
// Invariants: a verdict better than NOT AUTHENTIC means that no check failed, and one better than UNVERIFIABLE that every check
// was made. AUTHENTIC needs a log key that did not come out of the package. What is written is verified by the same code before it has
// its name. A document has one spelling: what does not read back as the bytes it came from is refused. A second verifier, written from
// FORMAT.md alone in another language (testdata/second), says the same of every package that the tests alter.
//
// Memory: a verification holds one file's sample table (about 100 bytes a sample, in all at most MaxFileUnits of them: 12 MB for an
// hour of video and sound), one segment's rows (at most MaxUnits and five times that when read; usually 1 MiB), documents of at most 64
// MiB each, and two blocks of 1 MiB. It does not grow with the bytes of the media. While mp4box reads the headers of a hostile file it
// may hold as much as they truly take, at most 16 million samples. The writer holds one segment's proof and
// two blocks beside that, and the digests of at most half a million units: 16 MiB.
//
// Does not: read the clock, use the network, decode pictures, hold a private key (Signer is given), know a database or a vault.
package manifest
