package ingest

import (
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// Source says which stream to record and how to reach it.
type Source struct {
	Camera    custody.CameraID
	Stream    custody.StreamID
	URL       string // rtsp:// or rtsps://, without user info
	Transport string // "tcp" (default) or "udp"
	User      string
	Password  string // never logged, never in an error, never sent to another host or port
	Audio     bool   // set up audio tracks; false leaves them unrequested
}

// Sink takes what one stream's session delivers. Its methods are called from one goroutine at a time, in
// order: Start, then Unit and Report in any mix, then Stop; then perhaps Start again after a reconnect. They
// must not block: the recorder copies and returns.
type Sink interface {
	// Start begins a session: tracks, transport and SDP as negotiated. Run, Camera and Stream are filled in.
	Start(h media.RunHeader)
	// Unit hands over one complete access unit (video) or frame (audio) after depacketisation. Set are Track,
	// Flags (only Damaged and AnnexB), RTP, Receipt and Size; the receiver derives the rest. payload is the
	// length-prefixed NAL units (audio: the raw frame) and is valid only during the call.
	Unit(u media.Unit, payload []byte)
	// Report hands over one RTCP sender report.
	Report(r media.SenderReport)
	// Stop ends the session, or says that connecting failed (then no Start came before it). It is called once per
	// attempt. cause is one of the media.Gap causes; detail is one sentence without secrets.
	Stop(at custody.Instant, cause media.GapCause, detail string)
}

// Stats are one stream's counters since the process started; a snapshot.
type Stats struct {
	Bytes, Packets, Units uint64
	LostPackets           uint64 // by RTP sequence number
	DamagedUnits          uint64
	OversizeUnits         uint64 // dropped: larger than media.MaxUnitBytes
	BadPackets            uint64 // not RTP, or not this payload format
	Sessions              uint64 // sessions that delivered at least one unit
	Attempts              uint64
	Connected             bool
}
