package viewing

import (
	"context"
	"encoding/binary"
	"encoding/json"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/vault"
)

// Message is one WebSocket message of a live feed.
type Message struct {
	Text bool // JSON; otherwise binary
	Data []byte
	at   custody.Instant // wall time of the picture or sound in it; 0 if it holds neither
}

// Flags of a binary message, its ninth byte.
const (
	FlagRandomAccess = 1
	FlagSound        = 2 // the unit is of a sound track
)

// Units this close to the end of their minute lease the next one too, so that no feed waits at the turn.
const leaseAhead = 10_000_000

// LiveFeed is a camera's live pictures as messages for a browser. One goroutine at a time, but Close may be called by anyone.
type LiveFeed struct {
	d    *Desk
	s    *session
	g    access.Grant
	feed vault.Feed

	run      media.RunHeader
	began    custody.Instant // wall time of the feed's first unit: media time 0
	lanes    []lane          // of the run's tracks
	sequence uint32
}

// lane keeps the decode times of one track of the run, in its ticks.
type lane struct {
	scale uint32
	shift int64 // what is added to a unit's DTS
	last  int64 // decode time of the last unit sent; -1 before
	step  int64 // from one unit to the next, as far as is known
}

// Live begins to watch. Errors: NotFound, Denied, Unavailable (the camera is not being recorded).
func (d *Desk) Live(ctx context.Context, actor access.Actor, id custody.ViewingID, camera custody.CameraID, role media.StreamRole) (*LiveFeed, error) {
	s, v, err := d.find(actor, id, camera)
	if err != nil {
		return nil, err
	}
	if !s.Live {
		return nil, custody.Errorf(custody.Denied, "this viewing is of recorded footage: open a live one")
	}
	streams, err := d.streams(ctx, camera, role)
	if err != nil {
		return nil, err
	}
	now := d.p.Clock.Now()
	if err := d.lease(ctx, s, camera, KindLive, minutesOf(custody.Span{Start: now, End: now + 1})); err != nil {
		return nil, err
	}
	feed, err := d.p.Vault.Subscribe(ctx, v.look, streams[0])
	if err != nil {
		return nil, err
	}
	return &LiveFeed{d: d, s: s, g: v.look, feed: feed}, nil
}

// Next waits for what is to be sent next and returns it in order; never empty. Every call asks the viewing, the Grant and the lease of the
// minute again; ask Stands before each message. Errors: Denied when the viewing is over or the decision is no longer good, Unavailable when the
// camera is not being recorded or the diary cannot be written, or ctx's. After an error the feed is over: say why, then close.
func (f *LiveFeed) Next(ctx context.Context) ([]Message, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(f.s.live, cancel)()
	units, err := f.feed.Next(ctx)
	if over := f.s.over(f.d.p.Clock.Now()); over != nil {
		return nil, over
	}
	if err != nil {
		return nil, err
	}
	if err := f.lease(ctx, units.Units); err != nil {
		return nil, err
	}
	var out []Message
	switch {
	case f.run.Run != units.Run.Run:
		out = f.begin(units)
	case units.Skipped:
		out = append(out, Message{Text: true, Data: []byte(`{"type":"skipped"}`)})
	}
	for _, u := range units.Units {
		if int(u.Track) <= len(f.lanes) && u.Track > 0 {
			out = append(out, Message{Data: f.frame(u), at: u.Wall})
		}
	}
	return out, nil
}

// Stands returns nil if the message may leave now. Ask before each one that Next returned: a slow client takes them one by one, and the
// viewing, the decision or the rules about that moment may have changed since. Errors are those of Next.
func (f *LiveFeed) Stands(m Message) error {
	now := f.d.p.Clock.Now()
	if err := f.s.over(now); err != nil {
		return err
	}
	if m.at == 0 {
		return f.g.Standing()
	}
	return f.g.Permits(f.g.Action(), f.g.Camera(), custody.Span{Start: m.at, End: m.at + 1}, now)
}

// lease makes sure of every minute that the units show, and of the next one when it is near.
func (f *LiveFeed) lease(ctx context.Context, units []vault.LiveUnit) error {
	span := custody.Span{Start: units[0].Wall, End: units[0].Wall + 1}
	for _, u := range units {
		span.Start, span.End = min(span.Start, u.Wall), max(span.End, u.Wall+1)
	}
	ahead := minutesOf(custody.Span{Start: span.Start, End: span.End + leaseAhead})
	if err := f.d.lease(ctx, f.s, f.g.Camera(), KindLive, ahead); err != nil {
		return err
	}
	return f.s.serve(f.g.Camera(), KindLive, minutesOf(span))
}

type liveInit struct {
	Type      string        `json:"type"`
	Codec     string        `json:"codec"`
	Playable  bool          `json:"playable"`
	Run       custody.RunID `json:"run"`
	Width     int           `json:"width"`
	Height    int           `json:"height"`
	Timescale uint32        `json:"timescale"`
	WallUS    int64         `json:"wall_us"`
}

// begin starts a run: what a player needs before its first unit. Media time goes on as wall time does, so that one time line serves
// all runs of the feed; wall_us is where it is 0.
func (f *LiveFeed) begin(units vault.LiveUnits) []Message {
	f.run = units.Run
	first := units.Units[0]
	if f.began == 0 {
		f.began = first.Wall
	}
	run := runOf(units.Run, "")
	past := int64(first.Wall - f.began)
	for _, l := range f.lanes { // never before what was sent
		past = max(past, media.Rescale(l.last+l.step, 1_000_000, l.scale))
	}
	f.lanes = make([]lane, len(f.run.Tracks))
	clock := max(f.run.Tracks[first.Track-1].Timescale, 1)
	for i, t := range f.run.Tracks {
		scale := max(t.Timescale, 1)
		f.lanes[i] = lane{scale: scale, last: -1, step: usual(t), shift: media.Rescale(past, scale, 1_000_000) - media.Rescale(first.DTS, scale, clock)}
	}
	text, _ := json.Marshal(liveInit{"init", run.Codec, run.Playable, run.ID, run.Width, run.Height, run.Timescale, int64(f.began)})
	return []Message{{Text: true, Data: text}, {Data: units.Init}}
}

// frame is one unit as a binary message: wall time in microseconds, flags, three zero bytes, then moof and mdat.
func (f *LiveFeed) frame(u vault.LiveUnit) []byte {
	track := f.run.Tracks[u.Track-1]
	l := &f.lanes[u.Track-1]
	base := max(u.DTS+l.shift, l.last, 0)
	if l.last >= 0 && base > l.last {
		l.step = min(base-l.last, 10*int64(l.scale))
	}
	l.last = base
	f.sequence++
	b := make([]byte, 12, 12+128+len(u.Payload))
	binary.BigEndian.PutUint64(b, uint64(u.Wall))
	if u.Flags&media.RandomAccess != 0 && track.Codec.Video() {
		b[8] |= FlagRandomAccess
	}
	if !track.Codec.Video() {
		b[8] |= FlagSound
	}
	return media.AppendUnitFragment(b, f.sequence, track, u.Unit, base, uint32(l.step), u.Payload)
}

// usual is how long a unit of the track lasts until more is known.
func usual(t media.Track) int64 {
	switch t.Codec {
	case media.AAC:
		return 1024
	case media.Opus:
		return int64(t.Timescale) / 50
	}
	if p, err := t.Picture(); err == nil && p.FPS >= 1 {
		return int64(float64(t.Timescale) / p.FPS)
	}
	return int64(t.Timescale) / 25
}

// Close ends the feed.
func (f *LiveFeed) Close() { f.feed.Close() }
