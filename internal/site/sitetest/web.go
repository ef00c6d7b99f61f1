package sitetest

import (
	"encoding/json"
	"net"
	"strings"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/site/config"
)

// web gives the site a front door that only this machine can reach.
func (s *Site) web(c *config.Config) {
	s.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	c.Web.Listen = l.Addr().String()
	if err := l.Close(); err != nil {
		s.t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(c.Web.Listen)
	c.Web.URL, c.Web.TLS, c.Web.SecondFactor = "http://localhost:"+port, config.TLSNone, config.FactorOptional
}

// URL is the address of the front door, without a slash at its end.
func (s *Site) URL() string { return s.Conf.Web.URL }

// ID is the id of a simulated camera that Add registered.
func (s *Site) ID(c *simcam.Camera) custody.CameraID {
	s.t.Helper()
	for line := range strings.Lines(s.Must("camera", "list", "--json")) {
		var listed struct {
			ID   custody.CameraID `json:"id"`
			Name string           `json:"name"`
		}
		if err := json.Unmarshal([]byte(line), &listed); err != nil {
			s.t.Fatal(err)
		}
		if listed.Name == CameraName(c) {
			return listed.ID
		}
	}
	s.t.Fatalf("there is no camera %s", CameraName(c))
	return ""
}
