// Package mp4box is a small MP4 reader: enough of ISO/IEC 14496-12, -14 and -15 to say which samples a file holds, where
// their bytes lie, when they are shown, and with which parameter sets they decode.
//
// Owns: reading fragmented files (moof, traf, trun with data relative to the moof) and plain ones (moov with sample
// tables), for the offline verifier and for tests.
//
// Trusts: nothing. A file may come from anybody. Every length is checked against its parent and the file, box
// depth and counts are bounded, memory grows with the bytes read and never with a number that a file merely claims, and
// nothing panics. The parser is fuzzed.
//
// Invariants: a sample that is returned lies wholly inside the file; decode times never decrease within a
// track; samples come in file order of their tables.
//
// Does not: apply edit lists (it reports that one is there: footage must not hide behind it), follow data
// references to other files, decode pictures, write.
package mp4box
