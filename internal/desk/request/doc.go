// Package request works on requests for footage, from the minute somebody asks to the letter that closes them.
//
// Owns: requests, their items (one camera, one span, decided alone), the decisions with their history, call-backs and the directory of agencies,
// the papers that came with a request, its clocks. How a request and an item move is one table (table.go; testdata/states.mmd is its
// diagram): an act that is not in it does not exist. What is not open yet - counsel, fees, redaction, legal process - has no row.
//
// Trusts: a Grant of the judge, that who acts may, was not concerned and signed in lately enough where that is asked; the ports (Footage,
// Calendar) to say what there is. What Footage says here is a courtesy to those who prepare: when a copy is made the judge asks again.
//
// Invariants. A request has its number and what it asks for is held in one transaction; numbers of a year have no holes (storage). The words
// of a request, its decisions, call-backs, notes and papers are never rewritten. A decision is about exactly the camera and span that were
// proposed: a change of either voids both, and so does another officer. Who proposed does not decide, who is concerned does neither: the
// judge says so first, this room again, and the store refuses to keep it. Footage of library records, or sealed, is neither granted nor
// shown; "no record" is said only where nothing is recorded; law enforcement gets footage on its word only after a call-back on a number
// of the site's own directory, for a crime at the library, four hours at most of a camera. Once footage is out, its item changes only
// after a recall. Ruling grows with every change of what is decided, and with nothing else: a package is made of one ruling.
//
// Every change carries the version that was read, and commits with its entry in the diary, which repeats the state that it left
// behind (Entry). What people said - names, words, reasons, the pick-up code - stands there as a digest only: a package tells its recipient the
// entries of their request, and an entry cannot be taken back.
//
// The file of a request that was closed long ago is disposed of by two people, never by time alone: its words go, in one transaction, and
// number, dates, cameras and spans, outcomes, citations and digests stay (dispose.go, tombstone.go). What was disposed of changes no more. The diary's
// own texts and the holds that were placed are not of the file.
//
// Clocks are computed, never stored but for the order of lists, and nothing happens when one runs out: silence decides nothing.
//
// Memory: one request with its items at a time; an attachment whole, 10 MiB at most. A request has at most 64 items, 20 attachments, 500 notes
// that were added by hand - 1000 with what is said about acts - and 100 call-backs (limits.go); whatever goes beyond is refused. Locks: none; it is the store that compares and swaps.
//
// Does not: open footage, look into a paper, send a letter, end a hold, start a goroutine.
package request
