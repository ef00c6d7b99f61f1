package media

import "github.com/footage-custody/custody/internal/custody"

// Codec names how a track's units are coded.
type Codec string

const (
	H264 Codec = "h264"
	H265 Codec = "h265"
	AAC  Codec = "aac"
	Opus Codec = "opus"
)

// Video reports whether the codec carries pictures.
func (c Codec) Video() bool { return c == H264 || c == H265 }

// ParameterSource says where a track's parameter sets were learnt. In-band sets override the SDP's.
type ParameterSource string

const (
	FromSDP    ParameterSource = "SDP"
	FromStream ParameterSource = "stream"
)

// Track is one elementary stream of a run. Tracks are numbered from 1; the video track is 1.
type Track struct {
	ID        uint8           `json:"id"`
	Codec     Codec           `json:"codec"`
	Timescale uint32          `json:"timescale"` // ticks per second = the RTP clock rate
	Source    ParameterSource `json:"source"`
	VPS       [][]byte        `json:"vps,omitempty"`      // H.265
	SPS       [][]byte        `json:"sps,omitempty"`      // H.264, H.265
	PPS       [][]byte        `json:"pps,omitempty"`      // H.264, H.265
	Config    []byte          `json:"config,omitempty"`   // AAC: AudioSpecificConfig (ISO 14496-3)
	Channels  int             `json:"channels,omitempty"` // Opus
}

// UnitFlags are facts about one access unit that its proof commits to.
type UnitFlags uint8

const (
	RandomAccess UnitFlags = 1 << iota // decoding may start here
	Damaged                            // an RTP sequence gap touched this unit (CONTRACTS 21)
	Leading                            // a RASL/RADL picture (H.265 only; H.264 open-GOP leading pictures are not flagged)
	HasParams                          // carries parameter sets in band
	AnnexB                             // the depacketiser ran in Annex B mode for this unit (CONTRACTS 21)
	Open                               // with RandomAccess: an open point, whose leading pictures may not decode (H.265 CRA; H.264 recovery point)
)

// Unit describes one access unit: the unit of proof. Its payload travels beside it.
type Unit struct {
	Track   uint8
	Flags   UnitFlags
	RTP     uint32          // RTP timestamp as received
	Seq     uint64          // number of the unit in its track within the run, from 0
	Receipt custody.Instant // station time at which its last packet was read
	PTS     int64           // ticks since the run's first unit, RTP wraps undone; may be negative (leading pictures). See Timeline
	DTS     int64           // ticks, never decreasing within a run and track, <= PTS, >= -DecodeOrigin
	Size    uint32          // bytes of payload
}

// SenderReport is one RTCP sender report (RFC 3550 §6.4.1), decoded by us: evidence of the camera's clock.
type SenderReport struct {
	Track   uint8
	RTP     uint32
	Camera  custody.Instant // the camera's NTP time, 32.32 fixed point converted to microseconds
	Receipt custody.Instant
}

// RunHeader is the evidence kept about one run: what the camera said before its first unit.
type RunHeader struct {
	Run        custody.RunID    `json:"run"`
	Stream     custody.StreamID `json:"stream"`
	Camera     custody.CameraID `json:"camera"`
	Started    custody.Instant  `json:"started"`
	SDP        []byte           `json:"sdp"` // as received, bounded to 64 KiB; base64 in JSON, since it may be no text
	Server     string           `json:"server,omitempty"`
	RemoteAddr string           `json:"remote_addr"`
	Transport  string           `json:"transport"` // tcp, udp, rtsps
	Tracks     []Track          `json:"tracks"`
	Reason     string           `json:"reason"` // why a new run began: connect, parameters, discontinuity, clock-step
}
