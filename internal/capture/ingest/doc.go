// Package ingest records one RTSP stream per Session: it turns what a camera sends into complete access units
// with time evidence, and hands them to a Sink.
//
// Owns: the connection to a camera from the first SYN to the last byte, the depacketisation of H.264 (RFC 6184), H.265 (RFC
// 7798), AAC (RFC 3640) and Opus (RFC 7587), the decoding of RTP and of RTCP sender reports (RFC 3550), and the
// decision when to try again.
//
// Trusts: the station clock, the sink not to block and not to call the session back, and nothing that comes from the camera.
// gortsplib does the RTSP conversation (RFC 2326), inside a connection of ours: it reads each answer after guard has
// seen it, sees a session description that we wrote, dials only the configured host and port, and over plain TCP sees no
// packet at all. Over rtsps and UDP it also decrypts and reorders packets; a panic in its own goroutines would not be ours to
// recover, one in our callbacks is.
//
// # Roads
//
// Plain RTSP over TCP is the fast road: interleaved packets are cut out of the bytes as they are read, and each payload
// is copied once, from the read buffer to its place in the unit. With a Poller many sockets are read in rounds of about
// 100 ms by few goroutines; without one each connection is read by its own goroutine, which the kernel wakes for 32 KiB
// or after 150 ms. rtsps and UDP take the library's callbacks, packet by packet.
//
// # Units
//
// The payload of a video unit is its NAL units, each after its length as a 32-bit big-endian number, in the order and
// with the bytes of the camera; none is left out (I4). The comment of video states where a unit ends. A NAL unit
// that holds Annex B start codes is split at them, and the unit flagged AnnexB: the start codes are framing, the NAL units
// are as sent.
//
// A unit is flagged Damaged if an RTP sequence gap, an unusable packet or a wrong payload type came inside it, just before
// its first packet or just after its last; if a NAL unit in it was incomplete, which is then left out; if a unit dropped for
// its size came before it; if the session's first unit begins in the middle of a picture; or if the session ended before
// its end was seen. The first unit after a gap is flagged whatever its track, so no loss is silent.
//
// The receipt of a unit is the station's time at which its last packet was read; one reading of the clock serves all
// packets of one read. Sender reports are reported as they are, however absurd; the NTP era nearest to the station's
// time is assumed.
//
// # Sessions
//
// A run starts with the first complete unit, so an attempt that never got one has a Stop and no Start. A change of an RTP source
// identifier ends the run with cause discontinuity and begins another on the same connection, at most every ten seconds. A
// session without a complete video unit for five seconds ends with camera-silent.
//
// Retries: a host that does not answer is tried every 1.5 s or so for ever, since a camera that returns must be recorded again
// within 2 s; one that answers but has no stream, every 1.5 s for a minute, as a starting camera does, then up to every
// 30 s; one that refuses, or passes a limit of ours, after 0.4 s and then twice as long each time, up to 30 s.
//
// # Bounds
//
// Per camera: a read buffer of 64 KiB until polled, an incomplete interleaved packet of at most 64 KiB, one unit of at most
// media.MaxUnitBytes in a buffer that shrinks again, an AAC frame of 64 KiB, a session description of 64 KiB, 512 KiB of
// RTSP messages (under TLS 16 MiB of everything) in ten seconds until PLAY is answered. A session ends at 1 KiB of bytes that are neither RTSP nor packets, and at 1,000
// unusable packets or 32 MiB since the last complete unit. It ends as well when it brings more than 2,000 units or 16 MiB a second, after
// 30,000 units or 128 MiB at once, which a line that stalled may owe.
//
// Invariants: every attempt ends in exactly one Sink.Stop; a panic becomes Stop with cause fault, and that camera's trouble
// only (I6); the password is in no error, log or detail, and goes to the configured host and port only.
//
// Lock order: Session.mu, receiver.mu, wire.mu. receiver.mu is held while the sink runs.
//
// Does not: know parameter sets beyond those of the session description, decode pictures, order units by time, write files.
package ingest
