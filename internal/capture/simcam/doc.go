// Package simcam is a farm of simulated cameras over real RTSP: the truth that recording is tested against.
//
//	painter -> ffmpeg -> clip (cached, packetised once) -> scheduler -> outlet (TCP, TLS, UDP) -> recorder
//
// Owns: an RTSP 1.0 server of its own (RFC 2326), written on plain sockets because a library that speaks the
// protocol correctly cannot be made to misbehave; the clips; the frame numbers in pixels and in SEI; the
// faults; and the ledger of what was sent.
//
// Trusts: ffmpeg on this machine. It does not trust its clients: requests are bounded and fuzzed.
//
// Invariants: every video unit carries an SEI with camera, frame number and send instant, and frame
// numbers of a camera only grow, across loops and sessions. A unit is in the ledger exactly if it was handed
// to the network, with the digest of the payload that RFC 6184 / RFC 7798 depacketisation yields.
// Loops are real time: a unit is never sent before its decode time. RTP time grows across loops.
//
// Cost: the packets of a clip exist once. One scheduler goroutine patches sequence, timestamp, SSRC and SEI
// in that shared memory and writes an access unit with one system call, so 200 cameras fit beside a recorder.
//
// Goroutines: one scheduler and two accept loops a farm, a reader and a flusher a connection, three a live camera; all
// are awaited by Farm.Stop. Lock order: Farm.mu, then Camera.mu, then session.mu, then ledger.mu,
// then outlet.mu.
//
// Does not: record, decode, or serve as a camera to anyone but tests, benchmarks and the demo.
package simcam
