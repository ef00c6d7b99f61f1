package ingest

import (
	"context"
	"sync"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// ProbeTime is how long a Probe waits, unless its context ends earlier: long enough for most cameras' first sender report.
const ProbeTime = 10 * time.Second

// Findings are what one short session showed of a camera.
type Findings struct {
	Server       string
	RemoteAddr   string
	Transport    string
	Tracks       []media.Track // with the parameter sets seen in band
	Picture      media.Picture // zero if no parameter set could be read; FPS by the set, else measured, else 0
	CameraOffset *int64        // camera clock minus station clock at the first sender report, in microseconds; nil if none came
	FirstUnit    time.Duration // from the beginning of the connect to the first complete picture
	FirstAccess  time.Duration // ... to the first picture that decoding can start from; 0 if none came
	Units        int           // pictures seen
	Damaged      int
}

// Probe connects to a camera once and reports what it sends. It returns as soon as everything is known, and otherwise
// when ctx or ProbeTime ends, with what is known then. It fails with Invalid if the camera refuses (password, codec,
// redirect), with Unavailable if it cannot be reached or sends no picture.
func Probe(ctx context.Context, src Source, clock custody.Clock, opts Options) (Findings, error) {
	ctx, cancel := context.WithTimeout(ctx, ProbeTime)
	defer cancel()
	opts.Poller = nil
	p := &prober{began: time.Now(), audio: src.Audio, enough: cancel}
	e := New(src, p, clock, opts).try(ctx)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found.Units > 0 {
		p.conclude()
		return p.found, nil
	}
	switch e.cause {
	case media.GapRefused:
		return Findings{}, &custody.Error{Kind: custody.Invalid, Public: e.detail, Cause: e.err}
	case media.GapFault:
		return Findings{}, &custody.Error{Kind: custody.Internal, Public: e.detail, Cause: e.err}
	case media.GapStopped:
		return Findings{}, custody.Errorf(custody.Unavailable, "the camera sent no picture within the time of the test")
	default:
		return Findings{}, &custody.Error{Kind: custody.Unavailable, Public: e.detail, Cause: e.err}
	}
}

// prober is a Sink that looks and keeps nothing.
type prober struct {
	began  time.Time
	audio  bool
	enough func()

	mu    sync.Mutex
	found Findings
	end   media.Unit // the latest picture, for the measured rate
	least uint32     // least distance between two pictures' timestamps
}

const probePictures = 10 // pictures that suffice for a measured rate

// Start implements Sink.
func (p *prober) Start(h media.RunHeader) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.found.Server, p.found.RemoteAddr, p.found.Transport = h.Server, h.RemoteAddr, h.Transport
	p.found.Tracks = append([]media.Track(nil), h.Tracks...)
}

// Unit implements Sink.
func (p *prober) Unit(u media.Unit, payload []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := &p.found.Tracks[u.Track-1]
	if !t.Codec.Video() {
		return
	}
	if p.found.Units++; p.found.Units == 1 {
		p.found.FirstUnit = time.Since(p.began)
	} else if d := u.RTP - p.end.RTP; int32(d) > 0 && (p.least == 0 || d < p.least) {
		p.least = d
	}
	p.end = u
	if u.Flags&media.Damaged != 0 {
		p.found.Damaged++
		return
	}
	if flags, sets, err := media.Inspect(t.Codec, payload); err == nil {
		*t, _ = t.WithParams(sets)
		if flags&media.RandomAccess != 0 && p.found.FirstAccess == 0 {
			p.found.FirstAccess = time.Since(p.began)
		}
	}
	p.check()
}

// Report implements Sink.
func (p *prober) Report(r media.SenderReport) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found.CameraOffset == nil {
		offset := int64(r.Camera - r.Receipt)
		p.found.CameraOffset = &offset
	}
	p.check()
}

// Stop implements Sink.
func (p *prober) Stop(custody.Instant, media.GapCause, string) {}

// check ends the probe once everything is known.
func (p *prober) check() {
	f := &p.found
	if f.Units >= probePictures && f.FirstAccess > 0 && f.CameraOffset != nil {
		p.enough()
	}
}

// conclude derives the picture's size and rate.
func (p *prober) conclude() {
	t := p.found.Tracks[0]
	if pic, err := t.Picture(); err == nil {
		p.found.Picture = pic
	}
	if p.found.Picture.FPS == 0 && p.least > 0 {
		p.found.Picture.FPS = float64(t.Timescale) / float64(p.least)
	}
}
