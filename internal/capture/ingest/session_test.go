package ingest

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// reportPacket is an RTCP sender report.
func reportPacket(ssrc, timestamp uint32, at time.Time) []byte {
	b := make([]byte, 28)
	b[0], b[1], b[3] = 0x80, rtcpSenderReport, 6
	binary.BigEndian.PutUint32(b[4:], ssrc)
	binary.BigEndian.PutUint32(b[8:], uint32(at.Unix()+ntpEpoch))
	binary.BigEndian.PutUint32(b[12:], uint32(uint64(at.Nanosecond())<<32/1e9))
	binary.BigEndian.PutUint32(b[16:], timestamp)
	return b
}

func TestStreamArrivesWholeWithKeepalivesBetween(t *testing.T) {
	roads(t, func(t *testing.T, opts Options) {
		rnd := rand.New(rand.NewPCG(3, 4))
		units := invented(rnd, media.H264, 300, 20000)
		k := packer{codec: media.H264, mtu: 1400, mix: rnd, kind: 96, ssrc: 9}
		cameraTime := time.UnixMicro(1700000000123456)
		f := newFake(t, func(c net.Conn, gone <-chan struct{}) {
			var b []byte
			for i, u := range units {
				if i%50 == 10 {
					b = append(b, interleaved(1, reportPacket(9, u.timestamp, cameraTime))...)
					b = append(b, "RTSP/1.0 200 OK\r\nCSeq: 99\r\n\r\n"...) // as if to a keepalive
				}
				for _, p := range k.unit(u) {
					b = append(b, interleaved(0, p)...)
				}
			}
			for len(b) > 0 { // in pieces that respect nothing
				n := min(1+rnd.IntN(9000), len(b))
				c.Write(b[:n])
				b = b[n:]
			}
			<-gone
		})
		r := newRecording(t)
		s := start(t, f.source(), r, opts)
		r.waitUnits(299)
		s.Stop()
		end := r.waitEnd(1)[0]
		if end.cause != media.GapStopped || end.header.Transport != "tcp" || end.header.Server != "fake" || string(end.header.SDP) != fakeSDP {
			t.Errorf("ended %s with %+v", end.cause, end.header)
		}
		equal(t, units, end.units, false)
		if len(end.reports) != 6 || end.reports[0].Camera != custody.InstantOf(cameraTime)-1 && end.reports[0].Camera != custody.InstantOf(cameraTime) {
			t.Errorf("reports %+v", end.reports)
		}
		if len(end.header.Tracks) != 1 {
			t.Errorf("audio was set up though it was not asked for: %+v", end.header.Tracks)
		}
		st := s.Stats()
		if st.Units != 300 || st.LostPackets != 0 || st.BadPackets != 0 || st.Attempts != 1 || st.Sessions != 1 || st.Connected {
			t.Errorf("stats %+v", st)
		}
		if !strings.Contains(f.seen(), "TEARDOWN") {
			t.Error("no TEARDOWN")
		}
	})
}

// trickle plays one small unit every 10 ms for as long as keep says.
func trickle(keep func(i int) bool) func(net.Conn, <-chan struct{}) {
	return func(c net.Conn, _ <-chan struct{}) {
		k := packer{codec: media.H264, mtu: 1400, kind: 96, ssrc: 9}
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for i := 0; keep(i); i++ {
			<-tick.C
			u := sent{timestamp: uint32(i) * 900, nals: [][]byte{{0x65, 0x88, 1, 2}}}
			if _, err := c.Write(interleaved(0, k.unit(u)[0])); err != nil {
				return
			}
		}
	}
}

func TestQuietCameraIsDeliveredPromptly(t *testing.T) {
	roads(t, func(t *testing.T, opts Options) {
		f := newFake(t, trickle(func(int) bool { return true }))
		r := newRecording(t)
		begin := time.Now()
		start(t, f.source(), r, opts)
		r.waitUnits(20) // 20 x 20 bytes: far below any low-water mark
		if d := time.Since(begin); d > 3*time.Second {
			t.Errorf("took %s", d)
		}
	})
}

func TestCameraThatReturnsIsRecordedWithinTwoSeconds(t *testing.T) {
	roads(t, func(t *testing.T, opts Options) {
		f := newFake(t, trickle(func(int) bool { return true }))
		r := newRecording(t)
		start(t, f.source(), r, opts)
		r.waitUnits(5)
		f.close()
		r.wait("three failed attempts", func(_ seen, e []seen) bool { return len(e) >= 4 })
		f.listen(f.l.Addr().String())
		begin := time.Now()
		r.waitUnits(1)
		if d := time.Since(begin); d > 2*time.Second {
			t.Errorf("recorded again after %s", d)
		}
		ended := r.waitEnd(4)
		if ended[0].cause != media.GapClosed || ended[1].cause != media.GapUnreachable || ended[1].header != nil {
			t.Errorf("causes %v", causes(ended))
		}
	})
}

func TestSilentCameraEndsTheSession(t *testing.T) {
	roads(t, func(t *testing.T, opts Options) {
		opts.Silence = 300 * time.Millisecond
		f := newFake(t, func(c net.Conn, gone <-chan struct{}) {
			trickle(func(i int) bool { return i < 3 })(c, gone)
			pace := time.NewTicker(20 * time.Millisecond)
			defer pace.Stop()
			for range pace.C { // packets go on, but none of them makes a unit
				if _, err := c.Write(interleaved(0, []byte{0x80, 96, 0, 9, 0, 0, 0, 0, 0, 0, 0, 9, 0x7c})); err != nil {
					return
				}
			}
		})
		r := newRecording(t)
		start(t, f.source(), r, opts)
		if e := r.waitEnd(1)[0]; e.cause != media.GapSilent || len(e.units) < 2 {
			t.Errorf("ended %v", causes([]seen{e}))
		}
	})
}

func TestPanicOfTheSinkStaysThatCameras(t *testing.T) {
	roads(t, func(t *testing.T, opts Options) {
		f := newFake(t, trickle(func(int) bool { return true }))
		r, other := newRecording(t), newRecording(t)
		r.onUnit = func(media.Unit) { panic("a fault of the test") }
		start(t, f.source(), other, opts)
		start(t, f.source(), r, opts)
		if e := r.waitEnd(1)[0]; e.cause != media.GapFault {
			t.Errorf("ended %v", causes([]seen{e}))
		}
		other.waitUnits(30)
		if ended := other.wait("nothing", func(seen, []seen) bool { return true }); len(ended) != 0 {
			t.Errorf("the other camera ended: %v", causes(ended))
		}
	})
}

func TestChangedSourceBeginsAnotherRun(t *testing.T) {
	roads(t, func(t *testing.T, opts Options) {
		f := newFake(t, func(c net.Conn, gone <-chan struct{}) {
			for i := range uint32(20) {
				k := packer{kind: 96, ssrc: 1 + i/10, sequence: uint16(i)}
				c.Write(interleaved(0, k.rtp(i*900, true, []byte{0x65, 0x88, byte(i)})))
			}
			<-gone
		})
		r := newRecording(t)
		start(t, f.source(), r, opts)
		r.wait("the second run", func(o seen, e []seen) bool { return len(e) == 1 && len(o.units) == 9 })
		first := r.waitEnd(1)[0]
		if first.cause != media.GapDiscontinuity || len(first.units) != 10 || !bytes.Equal(first.units[9].payload[4:], []byte{0x65, 0x88, 9}) {
			t.Errorf("first run: %v", causes([]seen{first}))
		}
	})
}

func TestKeepalivesGoOnWhileWeReadThePackets(t *testing.T) {
	poller := NewPoller(1, PollInterval)
	if err := poller.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(poller.Stop)
	asked := make(chan string, 100)
	for _, opts := range []Options{{}, {Poller: poller}} {
		f := newFake(t, trickle(func(int) bool { return true }), func(f *fake) {
			f.answer = func(method string, _ int) string {
				if method == "SETUP" {
					return strings.Replace(f.reply(method), "timeout=60", "timeout=1", 1) // taken as 5: every 4 s
				}
				return ""
			}
			f.heard = func(method string) { asked <- method }
		})
		start(t, f.source(), newRecording(t), opts)
	}
	for range 2 {
		select {
		case m := <-asked:
			if m != "OPTIONS" {
				t.Errorf("keepalive by %s", m)
			}
		case <-time.After(8 * time.Second):
			t.Fatal("no keepalive")
		}
	}
}
