package ingest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/auth"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/gortsplib/v4/pkg/liberrors"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/pion/rtp"

	"github.com/footage-custody/custody/internal/media"
)

// peer is a genuine RTSP server, the library's.
type peer struct {
	*gortsplib.Server
	stream *gortsplib.ServerStream
	media  []*description.Media
}

func (p *peer) allowed(c *gortsplib.ServerConn, r *base.Request) (*base.Response, error) {
	if p.AuthMethods != nil && !c.VerifyCredentials(r, "admin", "hunter2") {
		return &base.Response{StatusCode: base.StatusUnauthorized}, liberrors.ErrServerAuth{}
	}
	return &base.Response{StatusCode: base.StatusOK}, nil
}

func (p *peer) OnDescribe(c *gortsplib.ServerHandlerOnDescribeCtx) (*base.Response, *gortsplib.ServerStream, error) {
	r, err := p.allowed(c.Conn, c.Request)
	return r, p.stream, err
}

func (p *peer) OnSetup(c *gortsplib.ServerHandlerOnSetupCtx) (*base.Response, *gortsplib.ServerStream, error) {
	r, err := p.allowed(c.Conn, c.Request)
	return r, p.stream, err
}

func (p *peer) OnPlay(*gortsplib.ServerHandlerOnPlayCtx) (*base.Response, error) {
	return &base.Response{StatusCode: base.StatusOK}, nil
}

// newPeer starts a server of H.264 and audio. change may alter it before it starts.
func newPeer(t *testing.T, audio format.Format, change func(*gortsplib.Server)) *peer {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &peer{media: []*description.Media{
		{Type: description.MediaTypeVideo, Formats: []format.Format{&format.H264{PayloadTyp: 96, PacketizationMode: 1}}},
		{Type: description.MediaTypeAudio, Formats: []format.Format{audio}},
	}}
	p.Server = &gortsplib.Server{
		Handler: p, RTSPAddress: l.Addr().String(),
		Listen: func(string, string) (net.Listener, error) { return l, nil },
	}
	if change != nil {
		change(p.Server)
	}
	if err := p.Server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Server.Close)
	p.stream = &gortsplib.ServerStream{Server: p.Server, Desc: &description.Session{Medias: p.media}}
	if err := p.stream.Initialize(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.stream.Close)
	return p
}

// send plays units and audio packets at 100 a second until the test ends.
func (p *peer) send(t *testing.T, units []sent, audio func(i int) []byte) {
	k, a := packer{codec: media.H264, mtu: 1200, kind: 96}, packer{kind: 97}
	pace := time.NewTicker(10 * time.Millisecond)
	stop, done := make(chan struct{}), make(chan struct{})
	t.Cleanup(func() { close(stop); <-done; pace.Stop() })
	write := func(m *description.Media, b []byte) {
		var q rtp.Packet
		if q.Unmarshal(b) == nil {
			p.stream.WritePacketRTP(m, &q)
		}
	}
	go func() {
		defer close(done)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			case <-pace.C:
			}
			u := units[i%len(units)]
			u.timestamp = uint32(i) * 900
			for _, b := range k.unit(u) {
				write(p.media[0], b)
			}
			write(p.media[1], a.rtp(uint32(i)*1024, true, audio(i)))
		}
	}()
}

func selfSigned(t *testing.T) (tls.Certificate, *x509.CertPool) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

func TestGenuinePeers(t *testing.T) {
	aacFormat := &format.MPEG4Audio{PayloadTyp: 97, SizeLength: 13, IndexLength: 3, IndexDeltaLength: 3,
		Config: &mpeg4audio.AudioSpecificConfig{Type: mpeg4audio.ObjectTypeAACLC, SampleRate: 48000, ChannelConfig: 1, ChannelCount: 1}}
	aacPacket := func(i int) []byte { return []byte{0, 32, 0, 16, 0, 24, byte(i), 1, byte(i), 2, 3} } // two access units
	opusFormat := &format.Opus{PayloadTyp: 97, ChannelCount: 2}
	opusPacket := func(i int) []byte { return []byte{0xfc, byte(i), 1} }
	certificate, pool := selfSigned(t)
	units := annexB(media.H264, encoded(t, media.H264), 900)
	for name, c := range map[string]struct {
		transport string
		scheme    string
		audio     format.Format
		packet    func(int) []byte
		codec     media.Codec
		server    func(*gortsplib.Server)
	}{
		"tcp, digest, AAC": {"tcp", "rtsp", aacFormat, aacPacket, media.AAC, func(s *gortsplib.Server) {
			s.AuthMethods = []auth.VerifyMethod{auth.VerifyMethodDigestMD5}
		}},
		"tcp, basic, Opus": {"tcp", "rtsp", opusFormat, opusPacket, media.Opus, func(s *gortsplib.Server) {
			s.AuthMethods = []auth.VerifyMethod{auth.VerifyMethodBasic}
		}},
		"udp, Opus": {"udp", "rtsp", opusFormat, opusPacket, media.Opus, func(s *gortsplib.Server) {
			s.UDPRTPAddress, s.UDPRTCPAddress = "127.0.0.1:28500", "127.0.0.1:28501"
		}},
		"rtsps, digest, AAC": {"rtsps", "rtsps", aacFormat, aacPacket, media.AAC, func(s *gortsplib.Server) {
			s.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}}
			s.AuthMethods = []auth.VerifyMethod{auth.VerifyMethodDigestMD5}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			roads(t, func(t *testing.T, opts Options) {
				opts.TLS = &tls.Config{RootCAs: pool}
				p := newPeer(t, c.audio, c.server)
				p.send(t, units, c.packet)
				r := newRecording(t)
				src := Source{URL: c.scheme + "://" + p.RTSPAddress + "/cam", Transport: c.transport, User: "admin", Password: "hunter2", Audio: true}
				if c.scheme == "rtsps" {
					src.Transport = "tcp"
				}
				s := start(t, src, r, opts)
				r.waitUnits(60)
				s.Stop()
				check(t, r.waitEnd(1)[0], c.transport, c.codec, units)
			})
		})
	}
}

// check compares what a session saw with what the peer sent again and again.
func check(t *testing.T, e seen, transport string, codec media.Codec, units []sent) {
	t.Helper()
	known := map[string]bool{}
	for _, u := range units {
		known[string(u.payload())] = true
	}
	if e.header == nil || e.header.Transport != transport || len(e.header.Tracks) != 2 || e.header.Tracks[1].Codec != codec {
		t.Fatalf("header %+v", e.header)
	}
	seen := map[uint8]int{}
	for i, u := range e.units {
		seen[u.unit.Track]++
		if u.unit.Flags&media.Damaged == 0 && u.unit.Track == 1 && !known[string(u.payload)] {
			t.Fatalf("unit %d was never sent", i)
		}
		if u.unit.Flags != 0 && i > 2 && i < len(e.units)-2 {
			t.Errorf("unit %d has flags %b", i, u.unit.Flags)
		}
	}
	if seen[1] < 15 || seen[2] < 15 {
		t.Errorf("units by track %v", seen)
	}
}

func TestUDPReconnectsLeakNoPort(t *testing.T) {
	p := newPeer(t, &format.Opus{PayloadTyp: 97, ChannelCount: 2}, func(s *gortsplib.Server) {
		s.UDPRTPAddress, s.UDPRTCPAddress = "127.0.0.1:28500", "127.0.0.1:28501"
	})
	s := New(Source{URL: "rtsp://" + p.RTSPAddress + "/cam", Transport: "udp", Audio: true, User: "admin", Password: "hunter2"}, newRecording(t), stationClock{},
		Options{Silence: 20 * time.Millisecond})
	s.try(t.Context())
	files := descriptors(t)
	for range 50 {
		if e := s.try(t.Context()); e.cause != media.GapSilent {
			t.Fatalf("ended %+v", e)
		}
	}
	settle(t, func() string {
		if d := descriptors(t); d > files+2 {
			return "descriptors leak"
		}
		return ""
	})
}

func TestProbe(t *testing.T) {
	units := annexB(media.H264, encoded(t, media.H264), 6000)
	set := func(typ byte) string {
		for _, n := range units[0].nals {
			if n[0]&avcTypeMask == typ {
				return base64.StdEncoding.EncodeToString(n)
			}
		}
		return ""
	}
	k := packer{codec: media.H264, mtu: 1400, kind: 96, ssrc: 9}
	f := newFake(t, func(c net.Conn, gone <-chan struct{}) {
		for i, u := range units {
			if i == 3 {
				c.Write(interleaved(1, reportPacket(9, u.timestamp, time.Now().Add(time.Hour))))
			}
			for _, b := range k.unit(u) {
				c.Write(interleaved(0, b))
			}
		}
		<-gone
	}, func(f *fake) {
		f.sdp = strings.Replace(fakeSDP, "packetization-mode=1", "packetization-mode=1;sprop-parameter-sets="+set(7)+","+set(8), 1)
	})
	got, err := Probe(t.Context(), f.source(), stationClock{}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got.Picture.Width != 320 || got.Picture.Height != 240 || got.Picture.FPS != 15 || got.FirstAccess == 0 || got.FirstUnit == 0 || got.Server != "fake" {
		t.Errorf("%+v", got)
	}
	if got.CameraOffset == nil || *got.CameraOffset < 3590e6 || *got.CameraOffset > 3610e6 {
		t.Errorf("offset %v", got.CameraOffset)
	}
	src := f.source()
	src.URL = "rtsp://user:hunter2@host/"
	if _, err := Probe(t.Context(), src, stationClock{}, Options{}); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("error %v", err)
	}
}
