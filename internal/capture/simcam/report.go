package simcam

import (
	"encoding/binary"
	"time"
)

// ntpEpoch is 1970-01-01 in seconds since 1900-01-01 (RFC 3550 §4).
const ntpEpoch = 2208988800

const defaultReportInterval = 5 * time.Second

// ntp converts an instant to 32.32 fixed point.
func ntp(t time.Time) uint64 {
	return uint64(t.Unix()+ntpEpoch)<<32 | uint64(t.Nanosecond())<<32/uint64(time.Second)
}

// report sends a sender report when one is due: right after the first unit, then at the interval. The caller
// holds session.mu.
func (t *track) report(r SenderReports, now time.Time) {
	interval := r.Interval
	if interval <= 0 {
		interval = defaultReportInterval
	}
	if r.Off || now.Sub(t.lastReport) < interval {
		return
	}
	t.lastReport = now
	farm := t.s.cam.farm
	clock := now.Add(r.Offset + time.Duration(r.DriftPPM*float64(now.Sub(farm.started))/1e6))
	stamp := ntp(clock)
	if r.NTP != nil {
		stamp = *r.NTP
	}
	b := make([]byte, 0, 64)
	b = append(b, '$', t.channel+1, 0, 48, 0x80, 200, 0, 6)
	b = binary.BigEndian.AppendUint32(b, t.ssrc)
	b = binary.BigEndian.AppendUint64(b, stamp)
	b = binary.BigEndian.AppendUint32(b, t.rtpAt(now))
	b = binary.BigEndian.AppendUint32(b, t.packets)
	b = binary.BigEndian.AppendUint32(b, t.octets)
	b = append(b, 0x81, 202, 0, 4) // source description with a CNAME (RFC 3550 §6.5)
	b = binary.BigEndian.AppendUint32(b, t.ssrc)
	b = append(b, 1, 6)
	b = append(b, "simcam"...)
	b = append(b, 0, 0, 0, 0)
	if t.udp {
		farm.datagrams.report(b[frameHeader:], t.control)
		return
	}
	t.s.out.write(b, nil, 0)
}

// rtpAt is the reading of the track's media clock at an instant.
func (t *track) rtpAt(at time.Time) uint32 {
	d := at.Sub(t.origin)
	ticks := int64(d/time.Second)*t.clock + int64(d%time.Second)*t.clock/int64(time.Second)
	if t.clip != nil {
		ticks += t.clip.lead
	}
	return t.base + uint32(ticks)
}

func (s *session) rtpAt(at time.Time) uint32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tracks[0].rtpAt(at)
}
