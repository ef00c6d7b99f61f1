// Package inspection reads the diary back: who did what, who looked at which minute, and the proof that an entry stands in
// the log as it was written.
//
// Owns: the search over entries and its pages, the answer to "who watched this camera at this minute", the proof of one
// entry, the proof that one checkpoint extends another, and the export as CSV or JSON Lines.
//
// Trusts: trust/access, that a Scope or a Grant is the judge's answer; the diary's store for what is found. It does not trust
// the store for proof: a proof is checked with proof/seal before it is handed out, so a damaged log says so here and not in
// a court.
//
// Invariants: every method that shows an entry takes a Scope or a Grant of the judge, and the zero of either shows nothing. Under
// audit.own a person sees their own acts of viewing and nothing else, whatever they ask for. An export is itself in the diary
// before its first byte, and once more with its count when it has ended, however it ended. A cell of a CSV never begins a
// formula. An entry whose text was disposed of is shown as such, never left out.
//
// Memory: one page is at most 500 entries; an export holds one page at a time whatever its length; a proof is at most 40 hashes.
//
// Does not: change the diary other than by recording exports, sign checkpoints, keep anything between calls, start a goroutine.
package inspection
