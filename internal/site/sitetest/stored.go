package sitetest

import (
	"context"
	"slices"
	"time"

	"github.com/footage-custody/custody/internal/capture/camera"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/site/config"
	"github.com/footage-custody/custody/internal/site/station/stationtest"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/access/accesstest"
	"github.com/footage-custody/custody/internal/trust/audit"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/internal/trust/keys"
	"github.com/footage-custody/custody/internal/trust/vault"
	"github.com/footage-custody/custody/storage/db"
	"github.com/footage-custody/custody/storage/object/disk"
	"github.com/footage-custody/custody/storage/object/s3"
)

// Stored opens what a site keeps, beside its process, for the length of the test. Reading footage goes
// through the judge like everybody's.
type Stored struct {
	DB      *db.DB
	Vault   *vault.Vault
	Objects vault.Objects
	Ring    *keys.Ring

	s     *Site
	judge *access.Judge
}

// Open opens what the site keeps.
func (s *Site) Open() *Stored {
	s.t.Helper()
	ctx := context.Background()
	must := func(err error) {
		if err != nil {
			s.t.Helper()
			s.t.Fatal(err)
		}
	}
	dc := db.Config{Driver: db.SQLite, Path: s.Conf.Database.Path}
	if s.Conf.Database.Driver == config.Postgres {
		dsn, err := config.ReadSecret(s.Conf.Database.DSNFile)
		must(err)
		dc = db.Config{Driver: db.Postgres, DSN: dsn}
	}
	d, err := db.Open(ctx, dc)
	must(err)
	s.t.Cleanup(func() { d.Close() })
	clock := stationtest.NewClock(custody.InstantOf(time.Now()))
	site, err := keys.LoadSiteKey(s.Conf.Keys.SiteKeyFile)
	must(err)
	ring, err := keys.LoadRing(ctx, d, site, clock)
	must(err)
	objects := s.objects()
	v, err := vault.Open(vault.Options{Dir: s.Conf.Spool.Dir, Keys: ring, Objects: objects, Catalog: d, Clock: clock, Durability: vault.PerSegment})
	must(err)
	return &Stored{DB: d, Vault: v, Objects: objects, Ring: ring, s: s, judge: access.NewJudge(accesstest.Unstaffed{}, audit.NewLog(d), clock)}
}

func (s *Site) objects() vault.Objects {
	s.t.Helper()
	c := s.Conf.Objects
	var o vault.Objects
	var err error
	if c.Driver == config.Disk {
		o, err = disk.Open(c.Path, disk.Options{})
	} else {
		id, secret, kerr := config.ReadKeyPair(c.PutKeyFile)
		if kerr != nil {
			s.t.Fatal(kerr)
		}
		o, err = s3.New(s3.Config{Endpoint: c.Endpoint, Region: c.Region, Bucket: c.Bucket, PathStyle: c.PathStyle,
			PutCredentials: s3.Credentials{AccessKey: id, SecretKey: secret}})
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return o
}

// Stream is the main stream of the camera with that name.
func (s *Stored) Stream(name string) (custody.CameraID, custody.StreamID) {
	s.s.t.Helper()
	return s.StreamIn(name, media.Main)
}

// StreamIn is the camera's stream in that role.
func (s *Stored) StreamIn(name string, role media.StreamRole) (custody.CameraID, custody.StreamID) {
	s.s.t.Helper()
	cams, err := s.DB.Cameras(context.Background())
	if err != nil {
		s.s.t.Fatal(err)
	}
	for _, c := range cams {
		if c.Name == name {
			return c.ID, streamIn(c, role)
		}
	}
	s.s.t.Fatalf("there is no camera %q", name)
	return "", ""
}

func streamIn(c camera.Camera, role media.StreamRole) custody.StreamID {
	for _, st := range c.Streams {
		if st.Role == role {
			return st.ID
		}
	}
	return ""
}

// always is every instant that a test can reach.
func always() custody.Span {
	return custody.Span{Start: 1, End: custody.InstantOf(time.Now().AddDate(50, 0, 0))}
}

// Segments are the camera's settled segments, in time order.
func (s *Stored) Segments(name string) []media.SegmentRow {
	s.s.t.Helper()
	_, stream := s.Stream(name)
	return s.SegmentsOf(stream)
}

// SegmentsOf are the stream's settled segments, in time order.
func (s *Stored) SegmentsOf(stream custody.StreamID) []media.SegmentRow {
	s.s.t.Helper()
	var out []media.SegmentRow
	for row, err := range s.DB.Segments(context.Background(), stream, always()) {
		if err != nil {
			s.s.t.Fatal(err)
		}
		out = append(out, row)
	}
	return out
}

// Gaps are the camera's gaps, in time order.
func (s *Stored) Gaps(name string) []media.Gap {
	s.s.t.Helper()
	_, stream := s.Stream(name)
	return s.GapsOf(stream)
}

// GapsOf are the stream's gaps, in time order.
func (s *Stored) GapsOf(stream custody.StreamID) []media.Gap {
	s.s.t.Helper()
	var out []media.Gap
	for g, err := range s.DB.Gaps(context.Background(), stream, always()) {
		if err != nil {
			s.s.t.Fatal(err)
		}
		out = append(out, g)
	}
	return out
}

// Diary are the events of those types (of all, without), oldest first.
func (s *Stored) Diary(types ...custody.EventType) []custody.Event {
	s.s.t.Helper()
	ctx := context.Background()
	head, err := s.DB.Head(ctx)
	if err != nil {
		s.s.t.Fatal(err)
	}
	var out []custody.Event
	for epoch := uint32(1); epoch <= head.Epoch; epoch++ {
		for e, err := range s.DB.Entries(ctx, epoch, 0, 1<<62) {
			if err != nil {
				s.s.t.Fatal(err)
			}
			if len(types) == 0 || slices.Contains(types, e.Event.Type) {
				out = append(out, e.Event)
			}
		}
	}
	return out
}

// Unit is one stored access unit.
type Unit struct {
	media.Unit
	Digest [32]byte
	Run    custody.RunID
	Wall   custody.Instant
}

// Units are all stored units of the camera, in order of segment, fragment, track and decoding.
func (s *Stored) Units(name string) []Unit {
	s.s.t.Helper()
	return s.UnitsOf(s.Stream(name))
}

// UnitsOf are all stored units of one of the camera's streams, in the same order.
func (s *Stored) UnitsOf(cam custody.CameraID, stream custody.StreamID) []Unit {
	s.s.t.Helper()
	ctx := context.Background()
	grant := s.Grant(cam)
	var out []Unit
	for _, row := range s.SegmentsOf(stream) {
		run, err := s.DB.Run(ctx, row.Run)
		if err != nil {
			s.s.t.Fatal(err)
		}
		tables, err := s.Vault.Units(ctx, grant, row.ID)
		if err != nil {
			s.s.t.Fatal(err)
		}
		for _, tb := range tables {
			for i, u := range tb.Units {
				wall := media.TrackWall(tb.Fragment, row.Timescale, run.Tracks[u.Track-1].Timescale, u.PTS)
				out = append(out, Unit{Unit: u, Digest: tb.Digests[i], Run: row.Run, Wall: wall})
			}
		}
	}
	return out
}

// Grant lets the operator read everything of a camera.
func (s *Stored) Grant(cam custody.CameraID) access.Grant {
	s.s.t.Helper()
	operator, err := identity.Operator(s.Ring)
	if err != nil {
		s.s.t.Fatal(err)
	}
	g, err := s.judge.Decide(context.Background(), operator, access.Ask{Action: access.FootageExport, Camera: cam, Span: always(), Purpose: "a test"})
	if err != nil {
		s.s.t.Fatal(err)
	}
	return g
}
