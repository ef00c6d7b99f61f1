package simcam_test

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/binary"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"go.uber.org/goleak"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/media"
)

// cacheDir is the repository's, so that the clips are encoded once for all test runs.
const cacheDir = "../../../.cache/media"

func TestMain(m *testing.M) {
	if urls := os.Getenv(drainVariable); urls != "" {
		drainAll(strings.Fields(urls))
		return
	}
	goleak.VerifyTestMain(m)
}

func startFarm(t *testing.T, o simcam.Options) *simcam.Farm {
	t.Helper()
	o.CacheDir = cacheDir
	f, err := simcam.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Stop)
	return f
}

func oneCamera(t *testing.T, spec simcam.CameraSpec) (*simcam.Farm, *simcam.Camera) {
	t.Helper()
	f := startFarm(t, simcam.Options{Cameras: []simcam.CameraSpec{spec}, Ledger: 100_000, TLS: "127.0.0.1:0"})
	return f, f.Cameras()[0]
}

// received is one unit as the independent depacketiser of gortsplib returned it.
type received struct {
	track   uint8
	rtp     uint32
	at      time.Time
	payload []byte
}

func (r received) digest() simcam.Digest { return sha256.Sum256(r.payload) }

// client is a gortsplib client that hands every unit, report and packet to channels.
type client struct {
	*gortsplib.Client
	units   chan received
	reports chan rtcp.SenderReport
	ended   chan error
	desc    *description.Session
}

// dial plays a camera. It fails the test if that is not possible.
func dial(t *testing.T, url string, set func(*gortsplib.Client)) *client {
	t.Helper()
	c, err := tryDial(t, url, set)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func tryDial(t *testing.T, url string, set func(*gortsplib.Client)) (*client, error) {
	t.Helper()
	u, err := base.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	transport := gortsplib.TransportTCP
	c := &client{Client: &gortsplib.Client{Scheme: u.Scheme, Host: u.Host, Transport: &transport, ReadTimeout: 3 * time.Second},
		units: make(chan received, 100_000), reports: make(chan rtcp.SenderReport, 1000), ended: make(chan error, 1)}
	c.OnDecodeError = func(error) {}
	c.OnPacketsLost = func(uint64) {}
	if set != nil {
		set(c.Client)
	}
	if err := c.Start2(); err != nil {
		return nil, err
	}
	t.Cleanup(c.Close)
	if c.desc, _, err = c.Describe(u); err != nil {
		return nil, err
	}
	if err := c.SetupAll(c.desc.BaseURL, c.desc.Medias); err != nil {
		return nil, err
	}
	c.listen()
	if _, err := c.Play(nil); err != nil {
		return nil, err
	}
	go func() { c.ended <- c.Wait() }()
	return c, nil
}

func (c *client) listen() {
	for i, m := range c.desc.Medias {
		c.OnPacketRTCPAny(func(_ *description.Media, p rtcp.Packet) {
			if sr, ok := p.(*rtcp.SenderReport); ok {
				c.reports <- *sr
			}
		})
		c.OnPacketRTP(m, m.Formats[0], c.depacketiser(uint8(i+1), m.Formats[0]))
	}
}

func (c *client) depacketiser(track uint8, f format.Format) func(*rtp.Packet) {
	var decode func(*rtp.Packet) ([][]byte, error)
	switch f := f.(type) {
	case *format.H264:
		d, _ := f.CreateDecoder()
		decode = d.Decode
	case *format.H265:
		d, _ := f.CreateDecoder()
		decode = d.Decode
	case *format.MPEG4Audio:
		d, _ := f.CreateDecoder()
		decode = d.Decode
	default:
		decode = func(p *rtp.Packet) ([][]byte, error) { return [][]byte{p.Payload}, nil }
	}
	_, h264 := f.(*format.H264)
	_, h265 := f.(*format.H265)
	return func(p *rtp.Packet) {
		parts, err := decode(p)
		if err != nil {
			return
		}
		r := received{track: track, rtp: p.Timestamp, at: time.Now()}
		for _, b := range parts {
			if h264 || h265 {
				r.payload = binary.BigEndian.AppendUint32(r.payload, uint32(len(b)))
			}
			r.payload = append(r.payload, b...)
		}
		c.units <- r
	}
}

// take waits for n units.
func (c *client) take(t *testing.T, n int) []received {
	t.Helper()
	return c.until(t, func(out []received) bool { return len(out) >= n })
}

// until collects units until enough says so.
func (c *client) until(t *testing.T, enough func([]received) bool) []received {
	t.Helper()
	var out []received
	deadline := time.After(15 * time.Second)
	for !enough(out) {
		select {
		case r := <-c.units:
			out = append(out, r)
		case <-deadline:
			t.Fatalf("only %d units arrived", len(out))
		}
	}
	return out
}

// matches checks that the units are the ledger's, in order, from the session's first.
func matches(t *testing.T, f *simcam.Farm, camera, session uint32, track uint8, got []received) {
	t.Helper()
	var want []simcam.Entry
	entries, missed := f.Ledger()
	for _, e := range entries {
		if e.Camera == camera && e.Session == session && e.Track == track {
			want = append(want, e)
		}
	}
	i := 0
	for _, r := range got {
		if r.track != track {
			continue
		}
		if i == len(want) || want[i].RTP != r.rtp || want[i].Digest != r.digest() || want[i].Size != len(r.payload) {
			t.Fatalf("track %d unit %d of %d (missed %d) is not the one sent: rtp %d, %d bytes", track, i, len(want), missed, r.rtp, len(r.payload))
		}
		i++
	}
	if i == 0 {
		t.Fatalf("no unit of track %d", track)
	}
}

func frameOf(t *testing.T, r received, camera uint32, codec media.Codec) uint64 {
	t.Helper()
	c, frame, ok := simcam.FrameNumberFromUnit(r.payload, codec)
	if !ok || c != camera {
		t.Fatalf("the unit has no frame number of camera %d: %d, %v", camera, c, ok)
	}
	return frame
}

func secure(f *simcam.Farm) func(*gortsplib.Client) {
	return func(c *gortsplib.Client) { c.TLSConfig = &tls.Config{RootCAs: f.CertPool()} }
}

func overUDP(c *gortsplib.Client) {
	transport := gortsplib.TransportUDP
	c.Transport = &transport
	c.UDPReadBufferSize = 1 << 20
}

// descriptors counts this process's open files.
func descriptors(t *testing.T) int {
	t.Helper()
	l, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(l)
}

func within(t *testing.T, d time.Duration, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s did not happen within %v", what, d)
		}
	}
}
