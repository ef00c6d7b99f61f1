package sitetest

import (
	"crypto/tls"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// part is one camera of the cast: what it is, how it is added, what must come of it.
type part struct {
	name  string
	spec  simcam.CameraSpec
	flags []string // of custody camera add
	user  string   // with a password file of its own
	sub   string   // the camera that serves as its sub stream
	tls   bool
	fast  time.Duration // how far the camera's clock is ahead of ours

	switches int         // changes of the picture's size in each session
	audio    media.Codec // what must be stored beside the pictures
}

// passwords of the two cameras that ask for one. They must turn up nowhere.
const (
	basicCanary  = "Canary7basic!marigold"
	digestCanary = "Canary7digest?hollyhock"
)

const cameraAhead = 7 * time.Minute

// cast is one camera of every kind.
func cast() []part {
	plain := func(name string, p simcam.Profile) part {
		return part{name: name, spec: simcam.CameraSpec{Profile: p}}
	}
	audio := func(name string, c media.Codec, flags ...string) part {
		p := part{name: name, spec: simcam.CameraSpec{Audio: c}, flags: flags}
		if len(flags) > 0 {
			p.audio = c
		}
		return p
	}
	sets := func(name string, p simcam.Profile, at simcam.Placement) part {
		return part{name: name, spec: simcam.CameraSpec{Profile: p, Placement: at, Aggregate: true}}
	}
	locked := func(name, password string, scheme simcam.AuthScheme) part {
		a := simcam.Authenticate{Scheme: scheme, User: "custody", Password: password, StaleAfter: 4}
		return part{name: name, spec: simcam.CameraSpec{Faults: []simcam.Fault{a}}, user: "custody"}
	}
	ahead := plain("clock-ahead", simcam.H264Plain)
	ahead.fast = cameraAhead
	ahead.spec.Faults = []simcam.Fault{simcam.SenderReports{Offset: cameraAhead, Interval: time.Second}}
	changing := plain("two-sizes", simcam.H264Plain)
	changing.spec.Alternates, changing.switches = []simcam.Profile{simcam.H264Large}, 1
	inBand := audio("sets-and-sound", media.AAC, "--audio")
	inBand.spec.Placement = simcam.SetsInBand
	secure := plain("rtsps", simcam.H264Plain)
	secure.tls = true
	both := plain("both-streams", simcam.H264Large)
	both.sub = "small-stream"
	udp := plain("udp", simcam.H264B)
	udp.flags = []string{"--transport", "udp"}
	return []part{
		plain("h264", simcam.H264Plain), plain("h264-b", simcam.H264B), plain("h264-open", simcam.H264OpenGOP),
		plain("h265", simcam.H265Plain), plain("h265-open", simcam.H265OpenGOP), plain("variable", simcam.H264Variable),
		plain("slices", simcam.H264Slices), plain("long-gop", simcam.H264LongGOP),
		audio("aac", media.AAC, "--audio"), audio("opus", media.Opus, "--audio"), audio("muted", media.AAC),
		sets("sets-in-band", simcam.H264Plain, simcam.SetsInBand), sets("sets-in-sdp", simcam.H264B, simcam.SetsInSDP),
		sets("sets-265", simcam.H265Plain, simcam.SetsInBand), inBand,
		udp, secure, changing, ahead, both, {name: both.sub, spec: simcam.CameraSpec{}},
		locked("basic", basicCanary, simcam.AuthBasic), locked("digest", digestCanary, simcam.AuthDigest),
	}
}

// role is a part that is played.
type role struct {
	part
	cam    *simcam.Camera
	id     custody.CameraID
	stream custody.StreamID
	on     media.StreamRole
	camera string // the registered camera's name

	gaps     []media.Gap
	units    []Unit
	sessions []SessionRecord // of the pictures
	films    []*film
}

// curtain starts the farm.
func curtain(t *testing.T, parts []part) (*simcam.Farm, []*role) {
	t.Helper()
	o := simcam.Options{TLS: "127.0.0.1:0", Ledger: Scaled(1<<17, 1<<20), Stagger: time.Second, Now: time.Now}
	for _, p := range parts {
		p.spec.Path = p.name
		o.Cameras = append(o.Cameras, p.spec)
	}
	farm := Farm(t, o)
	var roles []*role
	for i, c := range farm.Cameras() {
		roles = append(roles, &role{part: parts[i], cam: c, on: media.Main, camera: parts[i].name})
	}
	for _, r := range roles {
		for _, s := range roles {
			if s.sub == r.name {
				r.on, r.camera = media.Sub, s.name
			}
		}
	}
	return farm, roles
}

// register adds the cast with custody camera add.
func register(s *Site, roles []*role) {
	s.t.Helper()
	for _, r := range roles {
		if r.on == media.Sub {
			continue
		}
		address := r.cam.URL()
		if r.tls {
			address = r.cam.TLSURL()
		}
		args := append([]string{"camera", "add", r.name, "--url", address}, r.flags...)
		if r.user != "" {
			password := map[string]string{"basic": basicCanary, "digest": digestCanary}[r.name]
			args = append(args, "--user", r.user, "--password-file", s.secret(r.name+".password", password))
		}
		for _, o := range roles {
			if r.sub == o.name {
				args = append(args, "--sub-url", o.cam.URL())
			}
		}
		s.Must(args...)
	}
}

// selfSignedOf writes the farm's certificate into a file, as a site would that trusts a camera's own.
func selfSignedOf(t *testing.T, farm *simcam.Farm) string {
	t.Helper()
	address := farm.Cameras()[0].TLSURL()
	c, err := tls.Dial("tcp", hostOf(address), &tls.Config{RootCAs: farm.CertPool()})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.ConnectionState().PeerCertificates[0].Raw})
	path := filepath.Join(t.TempDir(), "cameras.pem")
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}
