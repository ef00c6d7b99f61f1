package metrics

import (
	"math"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/footage-custody/custody/internal/custody"
)

// metric is one family and how its value is read from a T.
type metric[T any] struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	read func(Snapshot, T) (float64, bool) // false: leave it out
}

// collector turns a Snapshot into metrics when Prometheus asks.
type collector struct {
	source  Source
	streams []metric[Stream]
	site    []metric[struct{}]
	gap     *prometheus.Desc
	alarm   *prometheus.Desc
}

func newCollector(source Source) *collector {
	return &collector{
		source:  source,
		streams: streamMetrics(),
		site:    siteMetrics(),
		gap: prometheus.NewDesc("custody_stream_gap_open", "1 while the stream records nothing, with the cause.",
			[]string{"camera", "stream", "cause"}, nil),
		alarm: prometheus.NewDesc("custody_alarm", "1 while the alarm is in force.", []string{"alarm"}, nil),
	}
}

func streamMetrics() []metric[Stream] {
	family := func(kind prometheus.ValueType, name, help string, read func(Snapshot, Stream) (float64, bool)) metric[Stream] {
		return metric[Stream]{prometheus.NewDesc("custody_stream_"+name, help, []string{"camera", "stream"}, nil), kind, read}
	}
	counter := func(name, help string, read func(Stream) uint64) metric[Stream] {
		return family(prometheus.CounterValue, name, help, func(_ Snapshot, s Stream) (float64, bool) { return float64(read(s)), true })
	}
	return []metric[Stream]{
		counter("bytes_total", "RTP payload bytes received.", func(s Stream) uint64 { return s.Bytes }),
		counter("units_total", "Complete access units received.", func(s Stream) uint64 { return s.Units }),
		counter("lost_packets_total", "RTP packets missing by sequence number.", func(s Stream) uint64 { return s.LostPackets }),
		counter("bad_packets_total", "Packets that were not RTP or not the announced payload.", func(s Stream) uint64 { return s.BadPackets }),
		counter("damaged_units_total", "Access units touched by a sequence gap.", func(s Stream) uint64 { return s.DamagedUnits }),
		counter("oversize_units_total", "Access units dropped for their size.", func(s Stream) uint64 { return s.OversizeUnits }),
		counter("sessions_total", "RTSP sessions that delivered footage; every one after the first is a reconnect.", func(s Stream) uint64 { return s.Sessions }),
		counter("attempts_total", "Attempts to connect.", func(s Stream) uint64 { return s.Attempts }),
		family(prometheus.GaugeValue, "connected", "1 while a session is open.", func(_ Snapshot, s Stream) (float64, bool) { return truth(s.Connected), true }),
		family(prometheus.GaugeValue, "clock_offset_seconds", "Camera clock minus station clock, by the last RTCP sender report.", func(_ Snapshot, s Stream) (float64, bool) {
			if s.ClockOffset == nil {
				return 0, false
			}
			return s.ClockOffset.Seconds(), true
		}),
		family(prometheus.GaugeValue, "sealed_to_timestamp_seconds", "End of the last sealed segment, in Unix time to the microsecond.", func(_ Snapshot, s Stream) (float64, bool) { return unix(s.SealedTo) }),
		family(prometheus.GaugeValue, "recorded_to_timestamp_seconds", "End of the last fragment written to the spool, in Unix time to the microsecond.", func(_ Snapshot, s Stream) (float64, bool) { return unix(s.RecordedTo) }),
		family(prometheus.GaugeValue, "sealed_age_seconds", "Time since the last segment was sealed.", func(now Snapshot, s Stream) (float64, bool) { return age(now, s.Sealed) }),
	}
}

func siteMetrics() []metric[struct{}] {
	gauge := func(name, help string, read func(Snapshot) (float64, bool)) metric[struct{}] {
		return metric[struct{}]{prometheus.NewDesc("custody_"+name, help, nil, nil), prometheus.GaugeValue, func(s Snapshot, _ struct{}) (float64, bool) { return read(s) }}
	}
	return []metric[struct{}]{
		gauge("spool_bytes", "Bytes that wait for the object store.", func(s Snapshot) (float64, bool) { return float64(s.Spool.Bytes), true }),
		gauge("spool_segments", "Segments that wait for the object store.", func(s Snapshot) (float64, bool) { return float64(s.Spool.Segments), true }),
		gauge("spool_free_bytes", "Free bytes of the spool's disk.", func(s Snapshot) (float64, bool) { return float64(s.Spool.Free), true }),
		gauge("spool_full_seconds", "Time until the spool's disk is full, by the trend of the last hours; +Inf while it is not filling.", func(s Snapshot) (float64, bool) {
			if !s.Spool.Filling {
				return math.Inf(1), true
			}
			return s.Spool.Full.Seconds(), true
		}),
		gauge("log_entries", "Entries of the log's current epoch.", func(s Snapshot) (float64, bool) { return float64(s.LogSize), true }),
		gauge("checkpoint_age_seconds", "Time since the log was last signed.", func(s Snapshot) (float64, bool) { return age(s, s.Signed) }),
	}
}

func unix(at custody.Instant) (float64, bool) { return float64(at) / 1e6, at != 0 }

func age(s Snapshot, since custody.Instant) (float64, bool) {
	return s.Now.Sub(since).Seconds(), since != 0
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(out chan<- *prometheus.Desc) {
	for _, m := range c.streams {
		out <- m.desc
	}
	for _, m := range c.site {
		out <- m.desc
	}
	out <- c.gap
	out <- c.alarm
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	now := c.source()
	for _, m := range c.site {
		if v, ok := m.read(now, struct{}{}); ok {
			out <- prometheus.MustNewConstMetric(m.desc, m.kind, v)
		}
	}
	for _, s := range now.Streams {
		for _, m := range c.streams {
			if v, ok := m.read(now, s); ok {
				out <- prometheus.MustNewConstMetric(m.desc, m.kind, v, string(s.Camera), string(s.Role))
			}
		}
		if s.Gap != "" {
			out <- prometheus.MustNewConstMetric(c.gap, prometheus.GaugeValue, 1, string(s.Camera), string(s.Role), string(s.Gap))
		}
	}
	for _, name := range now.Alarms {
		out <- prometheus.MustNewConstMetric(c.alarm, prometheus.GaugeValue, 1, name)
	}
}
