// Package viewing is the desk at which staff look at footage: for a stated purpose, for a bounded time, with every look written down
// before its first byte leaves.
//
// Owns: viewings and their end; the audit lease of every camera-minute (CONTRACTS 7); what an HLS segment is, the index of sample
// times and the playlist (CONTRACTS 3); stills and thumbnails; live pictures as messages for a browser; the timeline's bounds.
//
// Trusts: access, that a Grant says what was decided and Standing whether it still holds; the vault, that no byte leaves it
// without a Grant; the Store, that Lease returns nil only when look and event are durable; the renderer, to be bounded.
//
// Invariants:
//   - Grants live here and nowhere else, bound to the viewing, the person and the session that opened it. The viewing of another
//     session, one that never was, and a camera that is not in it all look the same: NotFound (CONTRACTS 16).
//   - Nothing outside the Grant's span leaves. Every path to footage - playlist, fragment, still, thumbnail, live - asks the vault
//     under the Grant, and again when the bytes are about to leave.
//   - Before the first byte of a camera-minute leaves, the diary holds durably that this viewing looks at it. A late commit makes
//     the bytes wait, 5 s at most; a diary that cannot be written means no byte. At most one minute is leased ahead of what
//     is sent, and what was leased and not sent is recorded when the viewing ends.
//   - A viewing ends once: stopped, expired, revoked, or by a restart. From then on nothing leaves under it.
//
// Parts: a part is the fragments from one random access unit to the next of one run, over the edge of a segment where that ended early
// (a continuation). Its name is "first-last" in its first segment, or "first-last+n" when n fragments of the run's next
// segments belong to it too. What no random access unit within the grant opens is no part: nothing could show it.
//
// Memory: 2000 open viewings and as many that ended (a few hundred bytes each once recorded); of an open one at most 100000
// leases (about 100 bytes each) and 1024 runs. A Clip holds 1 MiB or one fragment, of a viewing 16 are open at a time and of all
// 64; a Still at most 64 MiB, 4 at a time; a Rendition at most 128 MiB, 6 at a time and 2 of a viewing; an Index about 100 bytes a
// picture, an hour of them, 8 at a time. Who finds no place waits, and is refused after Options.Lease.
//
// Locks: Desk.mu (tables of viewings) and session.mu (leases and end of one) are leaves, never held during I/O nor together.
//
// Does not: decide who may look, decode anything, know a person's name, keep a picture.
package viewing
