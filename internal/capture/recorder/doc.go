// Package recorder turns what ingest delivers into sealed segments with rows in the index.
//
//	units --Stream--> fragments --queue--> writer --> spool (vault) --> settle --> row + event (Index)
//	           '----> vault.Tap, while somebody watches
//
// Owns: the fragment buffers, each stream's queue between its camera and its spool file, the numbered commit
// protocol (settle.go), gaps and their causes, and what happens after a crash (recover.go), which is the
// same protocol again.
//
// Trusts: that its Index commits rows and events together, and that the vault's steps may be
// repeated. It does not trust cameras, the object store, the spool disk or the database to be there.
//
// Invariants: I1 - a row is committed only after the vault has verified the object. I3 - a stream's
// segments never overlap, and time without a segment is a gap with a cause. I6 - a stream's trouble
// never reaches another: a reader never waits, a full queue loses that stream's newest fragment and says so.
//
// Bounds, per stream: one fragment being filled (media.FragmentMaxBytes and a unit at most, about
// 1 MiB at 4 Mbit/s), and a queue of at most Options.QueueBytes (8 MiB) which is empty unless the spool disk stalls.
// A camera may begin 60 runs at once and then ten a minute, fewer if their headers are large; one that begins more, or whose
// pictures run more than 10 s ahead of the station's clock, is given up until it calms, and the gap says so (pace.go).
//
// Goroutines: per stream a writer, awaited by Stream.Close, and a clerk while it has something to do; a fixed number of settlers. Recorder.Stop
// awaits them all. Lock order: Recorder.mu, then Stream.mu, then queue.mu.
//
// Does not: speak RTSP, encrypt, decide who may look, dispose of anything.
package recorder
