package simcam_test

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v4"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

func withUser(url, user string) string { return strings.Replace(url, "rtsp://", "rtsp://"+user+"@", 1) }

func TestAuthentication(t *testing.T) {
	t.Parallel()
	for _, scheme := range []simcam.AuthScheme{simcam.AuthBasic, simcam.AuthDigest, simcam.AuthDigestSHA256} {
		f, cam := oneCamera(t, simcam.CameraSpec{Faults: []simcam.Fault{simcam.Authenticate{Scheme: scheme, User: "u", Password: "secret", StaleAfter: 2}}})
		if _, err := tryDial(t, cam.URL(), nil); err == nil {
			t.Errorf("%s: no password, and it plays", scheme)
		}
		if _, err := tryDial(t, withUser(cam.URL(), "u:wrong"), nil); err == nil {
			t.Errorf("%s: a wrong password, and it plays", scheme)
		}
		refused := cam.Seen().Refusals
		c, err := tryDial(t, withUser(cam.URL(), "u:secret"), nil)
		if scheme == simcam.AuthBasic && err != nil {
			t.Errorf("%s: %v", scheme, err)
		}
		if err == nil {
			c.take(t, 1)
		}
		if cam.Seen().Refusals == refused {
			t.Errorf("%s: never challenged", scheme)
		}
		cam.Do(simcam.Authenticate{Scheme: scheme, User: "u", Password: "secret"})
		dial(t, withUser(cam.URL(), "u:secret"), nil).take(t, 1)
		f.Stop()
	}
}

// A client that follows redirects carries the password into the trap: the trap must notice.
func TestRedirectIntoTrap(t *testing.T) {
	t.Parallel()
	trap, err := simcam.StartTrap()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(trap.Stop)
	_, cam := oneCamera(t, simcam.CameraSpec{Faults: []simcam.Fault{simcam.Redirect{URL: trap.URL()}}})
	if _, err := tryDial(t, withUser(cam.URL(), "u:secret"), nil); err == nil {
		t.Error("a redirect ended in a picture")
	}
	if trap.Connections() == 0 || len(trap.Requests()) == 0 || len(trap.Credentials()) == 0 {
		t.Errorf("the trap saw %d connections, %v, and %d passwords of a client that follows", trap.Connections(), trap.Requests(), len(trap.Credentials()))
	}
	trap.Stop()
}

func TestFaultsThatEndASession(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]simcam.Fault{
		"drop":     simcam.Drop{},
		"reset":    simcam.Drop{Reset: true},
		"mid-unit": simcam.Drop{Reset: true, MidUnit: true},
		"refuse":   simcam.Refuse{For: time.Minute},
		"headers":  simcam.Garbage{Kind: simcam.GarbageHeaders, Bytes: 1_000_000},
		"freeze":   simcam.Freeze{For: time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			_, cam := oneCamera(t, simcam.CameraSpec{})
			c := dial(t, cam.URL(), func(c *gortsplib.Client) { c.ReadTimeout = 500 * time.Millisecond })
			c.take(t, 2)
			cam.Do(fault)
			select {
			case <-c.ended:
			case <-time.After(10 * time.Second):
				t.Fatal("the client still plays")
			}
			cam.Do(simcam.Heal{})
			dial(t, cam.URL(), nil).take(t, 2)
		})
	}
}

// Garbage inside well-formed frames leaves the session standing: units go on arriving.
func TestGarbageInFrames(t *testing.T) {
	t.Parallel()
	for _, set := range []func(*gortsplib.Client){nil, overUDP} {
		_, cam := oneCamera(t, simcam.CameraSpec{})
		c := dial(t, cam.URL(), set)
		c.take(t, 2)
		for _, kind := range []simcam.GarbageKind{simcam.GarbageInterleaved, simcam.GarbageRTCP, simcam.GarbageRTP, simcam.GarbageBadRTP} {
			cam.Do(simcam.Garbage{Kind: kind, Bytes: 20_000, Seed: 5})
			frame := cam.Totals()[0].Last
			c.until(t, func(all []received) bool {
				if len(all) == 0 {
					return false
				}
				_, n, ok := simcam.FrameNumberFromUnit(r0(all).payload, media.H264)
				return ok && n > frame+1
			})
		}
	}
}

// Whatever the garbage, the bytes reach the wire in the amount ordered.
func TestGarbageReachesTheWire(t *testing.T) {
	t.Parallel()
	_, cam := oneCamera(t, simcam.CameraSpec{})
	for kind, want := range map[simcam.GarbageKind]string{simcam.GarbageFlood: strings.Repeat("\xff", 5000),
		simcam.GarbageRandom: "", simcam.GarbageChannel: "$\x4d\x05\x78", simcam.GarbageHeaders: "\r\nX-Padding: a", simcam.GarbageLength: "$\x00\xff\xff"} {
		c := rough(t, cam, "SETUP URL/trackID=1 RTSP/1.0\r\nCSeq: 1\r\nTransport: RTP/AVP/TCP;interleaved=0-1\r\n\r\nPLAY URL RTSP/1.0\r\nCSeq: 2\r\n\r\n")
		within(t, 5*time.Second, "playing", func() bool { return cam.Playing() == 1 })
		cam.Do(simcam.Garbage{Kind: kind, Bytes: 5000}, simcam.Drop{})
		all, err := io.ReadAll(c)
		if err != nil || len(all) < 5000 || !strings.Contains(string(all), want) {
			t.Errorf("%s: %d bytes without it, %v", kind, len(all), err)
		}
		within(t, 5*time.Second, "the end", func() bool { return cam.Playing() == 0 })
	}
}

func TestLostPacketsAreKnown(t *testing.T) {
	t.Parallel()
	f, cam := oneCamera(t, simcam.CameraSpec{Profile: simcam.H264Large})
	c := dial(t, cam.URL(), nil)
	c.take(t, 1)
	cam.Do(simcam.Lose{Next: 3})
	c.until(t, func([]received) bool { return f.Totals()[0].Withheld > 0 })
	c.take(t, 3)
	lost := 0
	entries, _ := f.Ledger()
	for _, e := range entries {
		lost += e.Lost
	}
	if lost != 3 {
		t.Errorf("the ledger knows of %d lost packets, not 3", lost)
	}
}

func TestReorderAndDuplicateOverUDP(t *testing.T) {
	t.Parallel()
	f, cam := oneCamera(t, simcam.CameraSpec{Profile: simcam.H264Large,
		Faults: []simcam.Fault{simcam.Reorder{Percent: 20, Seed: 3}, simcam.Duplicate{Percent: 20, Seed: 4}}})
	got := dial(t, cam.URL(), overUDP).take(t, 20)
	matches(t, f, 1, 1, 1, got) // the client's reordering buffer undoes it all
}

func TestTimestamps(t *testing.T) {
	t.Parallel()
	_, cam := oneCamera(t, simcam.CameraSpec{Faults: []simcam.Fault{simcam.FirstRTP{At: 0xFFFFFFFF - 9000}, simcam.SenderReports{Offset: time.Hour, Interval: 100 * time.Millisecond}}})
	c := dial(t, cam.URL(), nil)
	got := c.take(t, 4)
	if got[0].rtp != 0xFFFFFFFF-9000 || got[3].rtp != 8999 {
		t.Errorf("timestamps %d to %d do not wrap", got[0].rtp, got[3].rtp)
	}
	cam.Do(simcam.JumpRTP{Ticks: -90000})
	c.until(t, func(all []received) bool { return len(all) > 0 && r0(all).rtp > 0xFFFF0000 })
	for range 3 {
		sr := <-c.reports
		seconds := int64(sr.NTPTime>>32) - 2208988800
		if ahead := time.Until(time.Unix(seconds, 0)); ahead < 59*time.Minute || ahead > 61*time.Minute {
			t.Errorf("the camera's clock is %v ahead, not an hour", ahead)
		}
	}
	absurd := uint64(1)
	cam.Do(simcam.SenderReports{NTP: &absurd, Interval: time.Millisecond})
	for (<-c.reports).NTPTime != 1 {
	}
	rtp, ok := cam.RTPAt(custody.InstantOf(time.Now()))
	last := c.take(t, 1)[0].rtp
	if d := int32(last - rtp); !ok || d < -90000 || d > 90000 {
		t.Errorf("the camera's media clock reads %d beside a unit of %d", rtp, last)
	}
}

func TestUnitsInPlaceOfTheTrueOnes(t *testing.T) {
	t.Parallel()
	_, cam := oneCamera(t, simcam.CameraSpec{Alternates: []simcam.Profile{simcam.H264Large}})
	c := dial(t, cam.URL(), nil)
	c.take(t, 2)
	cam.Do(simcam.HugeNAL{Bytes: 1 << 20})
	c.until(t, func(all []received) bool { return len(all) > 0 && len(r0(all).payload) >= 1<<20 })
	cam.Do(simcam.Switch{To: 1})
	sps := func(r received) string { return string(r.payload[:min(20, len(r.payload))]) }
	seen := map[string]bool{}
	c.until(t, func(all []received) bool {
		if len(all) > 0 && r0(all).payload[4]&31 == 7 {
			seen[sps(r0(all))] = true
		}
		return len(seen) == 2 || len(seen) == 1 && len(all) > 40
	})
	cam.Do(simcam.EndlessFragment{Bytes: 10_000})
	before := len(c.units)
	within(t, 5*time.Second, "endless fragments", func() bool { return cam.Totals()[0].Withheld > 5 })
	if n := len(c.units) - before; n > 2 {
		t.Errorf("%d units came out of fragments that never end", n)
	}
}

func r0(all []received) received { return all[len(all)-1] }

func TestNoKeyframe(t *testing.T) {
	t.Parallel()
	_, cam := oneCamera(t, simcam.CameraSpec{Faults: []simcam.Fault{simcam.NoKeyframe{For: 1500 * time.Millisecond}}})
	got := dial(t, cam.URL(), nil).take(t, 30)
	frames := map[uint64]bool{}
	for _, r := range got {
		frames[frameOf(t, r, 1, media.H264)] = true
	}
	if frames[0] || frames[15] || !frames[30] || !frames[1] {
		t.Errorf("frames %v: the key frames 0 and 15 were to be withheld, 30 was not", frames)
	}
}

func TestDescriptionsThatLie(t *testing.T) {
	t.Parallel()
	_, cam := oneCamera(t, simcam.CameraSpec{})
	for kind, plays := range map[simcam.SDPKind]bool{simcam.SDPGarbage: false, simcam.SDPEmpty: false, simcam.SDPEnormous: false,
		simcam.SDPBadSets: true, simcam.SDPWrongCodec: true} {
		cam.Do(simcam.WrongSDP{Kind: kind})
		if _, err := tryDial(t, cam.URL(), nil); (err == nil) != plays {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

// rough speaks RTSP by hand, for what a library would not do.
func rough(t *testing.T, cam *simcam.Camera, request string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", strings.Split(strings.TrimPrefix(cam.URL(), "rtsp://"), "/")[0])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if _, err := io.WriteString(c, strings.ReplaceAll(request, "URL", cam.URL())); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestSlowRepliesAndDeafness(t *testing.T) {
	t.Parallel()
	_, cam := oneCamera(t, simcam.CameraSpec{Faults: []simcam.Fault{simcam.SlowReplies{PerByte: 20 * time.Millisecond}, simcam.NoOptions{},
		simcam.SessionTimeout{After: time.Second, Enforce: true}}})
	c := rough(t, cam, "OPTIONS URL RTSP/1.0\r\nCSeq: 1\r\n\r\n")
	start := time.Now()
	b := make([]byte, 24)
	if _, err := io.ReadFull(c, b); err != nil || !strings.HasPrefix(string(b), "RTSP/1.0 501") {
		t.Errorf("answer %q, %v", b, err)
	}
	if took := time.Since(start); took < 300*time.Millisecond {
		t.Errorf("24 bytes took %v", took)
	}
	cam.Do(simcam.SlowReplies{}, simcam.IgnoreKeepAlive{})
	c = rough(t, cam, "SETUP URL/trackID=1 RTSP/1.0\r\nCSeq: 1\r\nTransport: RTP/AVP/TCP;interleaved=0-1\r\n\r\nPLAY URL RTSP/1.0\r\nCSeq: 2\r\n\r\nGET_PARAMETER URL RTSP/1.0\r\nCSeq: 3\r\n\r\n")
	all, err := io.ReadAll(c) // until the session times out
	var reset net.Error
	if err != nil && !errors.As(err, &reset) {
		t.Error(err)
	}
	if s := string(all); !strings.Contains(s, "timeout=1") || !strings.Contains(s, "CSeq: 2") || strings.Contains(s, "CSeq: 3") {
		t.Errorf("the answers were %q", s[:min(len(s), 400)])
	}
	if seen := cam.Seen(); seen.KeepAlives != 1 || seen.Plays != 1 {
		t.Errorf("seen %+v", seen)
	}
}

func TestCloseAfter(t *testing.T) {
	t.Parallel()
	_, cam := oneCamera(t, simcam.CameraSpec{Faults: []simcam.Fault{simcam.CloseAfter{After: 300 * time.Millisecond}}})
	start := time.Now()
	<-dial(t, cam.URL(), nil).ended
	if took := time.Since(start); took < 250*time.Millisecond || took > 3*time.Second {
		t.Errorf("the session ended after %v", took)
	}
}
