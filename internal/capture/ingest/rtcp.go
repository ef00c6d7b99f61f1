package ingest

import (
	"encoding/binary"

	"github.com/footage-custody/custody/internal/custody"
)

// senderReport is the evidence in one RTCP sender report (RFC 3550 §6.4.1).
type senderReport struct {
	ssrc      uint32
	timestamp uint32
	ntp       uint64 // 32.32 fixed point seconds since 1900-01-01, of some era
}

const (
	rtcpSenderReport = 200
	rtcpSRSize       = 28 // header, SSRC and sender information; report blocks may follow
)

// parseRTCP hands every sender report of a compound RTCP packet to take. It reports false if b is not RTCP
// version 2 throughout; reports before the fault have been handed over.
func parseRTCP(b []byte, take func(senderReport)) bool {
	if len(b) == 0 {
		return false
	}
	for len(b) > 0 {
		if len(b) < 4 || b[0]>>6 != 2 {
			return false
		}
		size := 4 + 4*int(binary.BigEndian.Uint16(b[2:]))
		if size > len(b) {
			return false
		}
		if b[1] == rtcpSenderReport {
			if size < rtcpSRSize {
				return false
			}
			take(senderReport{
				ssrc:      binary.BigEndian.Uint32(b[4:]),
				ntp:       binary.BigEndian.Uint64(b[8:]),
				timestamp: binary.BigEndian.Uint32(b[16:]),
			})
		}
		b = b[size:]
	}
	return true
}

const (
	ntpEpoch = 2208988800 // seconds from 1900-01-01 to 1970-01-01
	ntpEra   = 1 << 32    // seconds in an NTP era; era 1 begins on 2036-02-07
)

// ntpInstant converts an NTP timestamp to an instant, rounding the fraction down to a microsecond. NTP does not
// say its era (RFC 5905 §6): the one nearest to the station's time is taken, so a camera whose clock is unset
// shows an absurd time, which is kept as evidence, and 2036 passes unnoticed.
func ntpInstant(ntp uint64, near custody.Instant) custody.Instant {
	const era = ntpEra * int64(1e6)
	at := (int64(ntp>>32)-ntpEpoch)*1e6 + int64((ntp&0xffffffff)*1e6>>32)
	for int64(near)-at > era/2 {
		at += era
	}
	return custody.Instant(at)
}
