package sitetest

import (
	"context"
	"crypto/tls"
	"encoding/csv"
	"encoding/pem"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/site/config"
)

// Bounds of the whole process while every kind of hostile camera is at work.
const (
	perHostile = 2 << 20 // resident memory, on the average of the hostile cameras
	slack      = 64 << 20
	runsAtOnce = 60 // of one stream; then runsAMinute
	runsMinute = 10
)

// theatre is a site with innocent cameras and hostile ones.
type theatre struct {
	t         *testing.T
	farm      *simcam.Farm
	site      *Site
	p         *Process
	trap      *simcam.Trap
	innocents []*simcam.Camera
	villains  []villain
	hostile   []*simcam.Camera // of villains
}

func raise(t *testing.T, noKeys time.Duration, flappers int) *theatre {
	t.Helper()
	trap, err := simcam.StartTrap()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(trap.Stop)
	h := &theatre{t: t, trap: trap, villains: villains(trap.URL(), noKeys, flappers)}
	specs := []simcam.CameraSpec{{Path: "innocent1"}, {Path: "innocent2", Profile: simcam.H264B}, {Path: "innocent3", Profile: simcam.H265Plain}}
	for _, r := range h.villains {
		r.spec.Path = r.name
		specs = append(specs, r.spec)
	}
	h.farm = Farm(t, simcam.Options{Cameras: specs, TLS: "127.0.0.1:0", Ledger: 1 << 20})
	h.innocents, h.hostile = h.farm.Cameras()[:3], h.farm.Cameras()[3:]
	ca := siteAuthority(t, h.hostile[0].TLSURL())
	h.site = New(t, Options{Edit: func(c *config.Config) { c.Cameras.CAFile = ca }})
	h.site.Add(h.innocents...)
	h.p = h.site.Serve()
	return h
}

// siteAuthority keeps what the cameras' TLS listener presents, as the site's authority for cameras.
func siteAuthority(t *testing.T, url string) string {
	t.Helper()
	host, _, _ := strings.Cut(strings.TrimPrefix(url, "rtsps://"), "/")
	c, err := tls.Dial("tcp", host, &tls.Config{InsecureSkipVerify: true}) // it is our own
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	path := filepath.Join(t.TempDir(), "cameras.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.ConnectionState().PeerCertificates[0].Raw})
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// enter adds the hostile cameras, all at once.
func (h *theatre) enter() {
	h.t.Helper()
	path := filepath.Join(h.t.TempDir(), "hostile.csv")
	f, err := os.Create(path)
	if err != nil {
		h.t.Fatal(err)
	}
	w := csv.NewWriter(f)
	w.Write([]string{"name", "url", "user", "password", "transport"})
	for i, r := range h.villains {
		url, user, transport := h.hostile[i].URL(), "", ""
		switch r.transport {
		case "rtsps":
			url = h.hostile[i].TLSURL()
		case "udp":
			transport = "udp"
		}
		if r.password != "" {
			user = "u"
		}
		w.Write([]string{r.name, url, user, r.password, transport})
	}
	w.Flush()
	if err := f.Close(); err != nil || w.Error() != nil {
		h.t.Fatal(err, w.Error())
	}
	h.site.Must("camera", "import", path)
}

// rage lets every camera act for d and returns the most that the process took meanwhile.
func (h *theatre) rage(d time.Duration) (worst Vitals) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	var wg sync.WaitGroup
	for i, r := range h.villains {
		if r.act == nil {
			continue
		}
		wg.Go(func() {
			tick := time.NewTicker(r.every)
			defer tick.Stop()
			for n := 0; ; n++ {
				select {
				case <-ctx.Done():
					return
				case <-tick.C:
					r.act(h.hostile[i], n)
				}
			}
		})
	}
	look := time.NewTicker(time.Second)
	defer look.Stop()
	for ctx.Err() == nil {
		v := h.p.Vitals()
		worst.RSS, worst.Goroutines = max(worst.RSS, v.RSS), max(worst.Goroutines, v.Goroutines)
		worst.Descriptors, worst.UDP, worst.CPU = max(worst.Descriptors, v.Descriptors), max(worst.UDP, v.UDP), v.CPU
		select {
		case <-look.C:
		case <-ctx.Done():
		}
	}
	wg.Wait()
	return worst
}

// leave removes the hostile cameras.
func (h *theatre) leave() {
	h.t.Helper()
	turn := make(chan struct{}, 3)
	var wg sync.WaitGroup
	for _, r := range h.villains {
		turn <- struct{}{}
		wg.Go(func() {
			defer func() { <-turn }()
			if out, errs, code := h.site.Run("camera", "remove", r.name); code != 0 {
				h.t.Errorf("camera remove %s: %s%s", r.name, out, errs)
			}
		})
	}
	wg.Wait()
}

// Hostile cameras of every kind harm nobody else: no panic, bounded memory, no leak, and the others lose nothing.
func TestHostileCamerasHarmNobodyElse(t *testing.T) {
	length := Scaled(15*time.Second, 6*time.Minute)
	h := raise(t, Scaled(12*time.Second, 5*time.Minute), Scaled(5, 28))
	WaitUntil(t, 30*time.Second, "the innocent cameras play", func() bool {
		return !slices.ContainsFunc(h.innocents, func(c *simcam.Camera) bool { return Sent(c) < 50 })
	})
	quiet, began := h.p.Vitals(), custody.InstantOf(time.Now())
	h.enter()
	worst := h.rage(length)
	t.Logf("%d hostile cameras for %s; before: %s; at worst: %s", len(h.villains), length, quiet, worst)
	if bound := quiet.RSS + slack + int64(len(h.villains))*perHostile; worst.RSS > bound {
		t.Errorf("the process grew to %d MiB, the bound is %d", worst.RSS>>20, bound>>20)
	}
	if cores := (worst.CPU - quiet.CPU).Seconds() / length.Seconds(); cores > 0.9 {
		t.Errorf("the process took %.2f cores", cores)
	}
	log := h.p.Log()
	h.leave()
	h.calm(quiet)
	h.p.Stop()
	lines, bound := strings.Count(log, "\n"), len(h.villains)*(2*runsAtOnce+2*runsMinute*int(1+length/time.Minute))
	if t.Logf("the log has %d lines", lines); lines > bound {
		t.Errorf("the log has %d lines, the bound is %d", lines, bound)
	}
	if n := h.trap.Connections(); n > 0 {
		t.Errorf("%d connections went where a camera redirected: %v %v", n, h.trap.Requests(), h.trap.Credentials())
	}
	for _, secret := range []string{"hunter2", "secret"} {
		if strings.Contains(h.p.Log(), secret) {
			t.Errorf("the password %q is in the log", secret)
		}
	}
	h.judge(began, length)
}

// calm waits until the process holds what it held before the hostile cameras came.
func (h *theatre) calm(before Vitals) {
	h.t.Helper()
	var v Vitals
	deadline := time.Now().Add(40 * time.Second)
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		v = h.p.Vitals()
		if v.Goroutines <= before.Goroutines+8 && v.Descriptors <= before.Descriptors+8 && v.UDP <= before.UDP {
			break
		}
		if time.Now().After(deadline) {
			h.t.Errorf("what the hostile cameras left: %s; before them: %s", v, before)
			return
		}
		<-tick.C
	}
	h.t.Logf("afterwards: %s", v)
}

// judge reads the record of everybody.
func (h *theatre) judge(began custody.Instant, length time.Duration) {
	h.t.Helper()
	s := h.site.Open()
	for _, c := range h.innocents {
		name := CameraName(c)
		SameAsSent(h.t, s.Units(name), h.farm, c)
		if gaps := s.Gaps(name); len(gaps) != 1 || gaps[0].Cause != media.GapStopped {
			h.t.Errorf("%s, innocent: gaps %v", name, gaps)
		}
	}
	connections, rows := uint64(0), 0
	for i, r := range h.villains {
		r.judge(h.t, s, h.farm, h.hostile[i], began, length)
		rows += len(s.Gaps(r.name))
		if strings.Contains(r.name, "flapper") {
			connections += h.hostile[i].Seen().Connections
		}
	}
	if want := Scaled[uint64](40, 1000); connections < want {
		h.t.Errorf("%d reconnects, want %d", connections, want)
	}
	head, err := s.DB.Head(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Logf("%d reconnects, %d gap rows and %d diary entries", connections, rows, head.Size)
}
