// Package release makes of decided items what leaves the house, and hands it out.
//
// Owns: the package of a request: what is cut out of which run, what is left out and why, the declared gaps, what package.json says, the
// order in which a package comes to be, its states, and the way out of the vault (Shelf).
//
// Trusts: the judge, that a Grant of footage.export is for a decided item of a logged request as it stands; the vault, that nothing outside
// the Grant's span comes out of a Cut but to the renderer; media.Cutter and media.Movie, what an original is; manifest, to write, sign and
// verify; the Store, that Finish compares the ruling in the transaction that makes a package visible. The renderer's film is attested, not
// proved: what it must show is counted by the renderer.
//
// How a package is made. One at a time, by one worker:
//
//  1. Begin: a row in state building, of the request's ruling. What an earlier attempt left in the vault is purged before.
//  2. For each granted item the judge is asked; the entry is in the diary before the first byte is read. Every run is planned from the
//     evidence alone, so that what cannot be made - nothing decodable inside the span, nothing kept - is refused before anything is written.
//  3. The viewing rendition of each item is made, or taken out of an earlier package of the same item, camera and span.
//  4. The diary's entries are gathered under one checkpoint that covers them.
//  5. manifest.Write writes the folder and verifies it; inspect compares it with what was decided, apart from how it was made. What is read
//     back of the films goes to the vault at once, which seals it into a file of its own.
//  6. The vault seals the rest and stores it as one object under a key of its own. Nobody has the key yet.
//  7. Finish compares the ruling, stores the key and makes the package Ready, with its entry package.made.
//
// A crash at any point leaves a row that says building, a work directory that the next start empties, and at most an object without a key,
// which is purged. Nothing of it is visible. A decision that falls stops the building within three seconds.
//
// Invariants: a Ready package holds footage of granted items of its ruling and of nothing else (A2), and verifies. Its bytes never change. The same
// camera and span give the same bytes of an original; a viewing rendition is made once for an item (CONTRACTS 19). Nothing is read out
// before package.read is in the diary.
//
// Disk: the work directory holds the package twice while the vault seals it, and while an item is rendered its fragments; it is 0700 and
// emptied at every start and after every package. Nothing in it is made durable, which would cost as much again as storing the package.
//
// Memory: 72 bytes for each unit of one run inside the span, while it is planned and again while it is written; one segment's proof; the
// buffers of media, manifest and vault. Of a whole item only ranges of leaves are kept.
//
// Locks: Packer.mu, builder.mu, lease.mu and meter.mu are leaves, none held during I/O.
//
// Does not: decide, look, keep footage, draw up a certificate, tell anybody, know a person's name beyond what People says.
package release
