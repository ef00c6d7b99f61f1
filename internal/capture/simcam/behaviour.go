package simcam

import (
	"math/rand/v2"
	"time"
)

// AuthScheme says how a camera checks who asks.
type AuthScheme string

// The schemes. Digest is RFC 2617's MD5; DigestSHA256 is RFC 7616's.
const (
	AuthNone         AuthScheme = ""
	AuthBasic        AuthScheme = "basic"
	AuthDigest       AuthScheme = "digest"
	AuthDigestSHA256 AuthScheme = "digest-sha256"
)

const defaultRealm = "simulated camera"

// SDPKind is what a camera says about its streams.
type SDPKind string

// The session descriptions.
const (
	SDPTrue       SDPKind = ""
	SDPGarbage    SDPKind = "garbage"     // bytes that are no SDP
	SDPEmpty      SDPKind = "empty"       // no media
	SDPWrongCodec SDPKind = "wrong-codec" // announces H.265 for H.264 and the reverse
	SDPBadSets    SDPKind = "bad-sets"    // parameter sets that are not
	SDPEnormous   SDPKind = "enormous"    // 16 MiB of attributes
	SDPCrowded    SDPKind = "crowded"     // the video, and a thousand media more
)

// behaviour is everything a camera does other than it should. A value is immutable; Camera.Do replaces it.
type behaviour struct {
	frozenUntil time.Time // no packets before
	noKeysUntil time.Time // random access units are withheld before
	refuseUntil time.Time // connections are closed unanswered before
	closeAfter  time.Duration

	lose, duplicate, reorder float64 // percent of packets
	endless                  int     // bytes of an endless fragment in place of each video unit

	sdp       SDPKind
	auth      Authenticate
	redirect  Redirect
	slow      time.Duration // between the bytes of a reply
	noOptions bool
	deaf      bool // keep-alives are not answered
	timeout   SessionTimeout
	reports   SenderReports
	firstRTP  *uint32
	restless  restless
}

// plain reports that packets go out as they are.
func (b *behaviour) plain() bool {
	return b.lose == 0 && b.duplicate == 0 && b.reorder == 0 && b.endless == 0
}

// oneShot is what the next video unit is to suffer. Camera.mu guards it.
type oneShot struct {
	losePackets int  // of the next units
	huge        int  // bytes of one NAL unit in place of the next video unit
	cut         bool // send half the next video unit, then close
	cutReset    bool
}

// dice are a camera's source of chance; seeded, so a test can be repeated.
type dice struct{ r *rand.Rand }

func newDice(seed uint64) dice { return dice{rand.New(rand.NewPCG(seed, 0x5eed))} }

// percent reports true p times in a hundred.
func (d dice) percent(p float64) bool { return p > 0 && d.r.Float64()*100 < p }
