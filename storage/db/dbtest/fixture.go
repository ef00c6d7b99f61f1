package dbtest

import (
	"context"
	"crypto/rand"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/capture/camera"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/keys"
	"github.com/footage-custody/custody/storage/db"
)

// Epoch is the instant at which the fixtures' time begins: 2026-11-01T00:00:00Z.
const Epoch custody.Instant = 1793491200_000000

// At is Epoch moved by a number of seconds.
func At(seconds float64) custody.Instant {
	return Epoch.Add(time.Duration(seconds * float64(time.Second)))
}

// Event makes an event about nothing in particular.
func Event(t testing.TB, typ custody.EventType, subject string) custody.Event {
	t.Helper()
	e, err := custody.NewEvent(typ, Epoch, "system", "", subject, map[string]string{"subject": subject})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// Yard is one camera with its stream, a run and a segment key: what a segment needs.
type Yard struct {
	Camera camera.Camera
	Key    keys.Record
	Run    media.RunHeader
}

// Stream is the camera's main stream.
func (y *Yard) Stream() custody.StreamID { return y.Camera.Streams[0].ID }

// NewYard stores a camera, a stream, a run and, if none is in use, a segment key.
func NewYard(t testing.TB, d *db.DB, name string) *Yard {
	t.Helper()
	ctx := t.Context()
	y := &Yard{}
	ks, err := d.Keys(ctx)
	must(t, err)
	for _, k := range ks {
		if k.Purpose == keys.SegmentWrap && k.Retired == 0 {
			y.Key = k
		}
	}
	if y.Key.ID == "" {
		y.Key = keys.Record{ID: custody.NewKeyID(), Purpose: keys.SegmentWrap, Wrapped: random(60), Created: At(0)}
		must(t, d.AddKey(ctx, y.Key, "", Event(t, custody.EventKeyCreated, string(y.Key.ID))))
	}
	y.Camera = camera.Camera{ID: custody.NewCameraID(), Name: name, Enabled: true, Added: At(0), Version: 1,
		Class:   access.PublicArea,
		Streams: []camera.Stream{{ID: custody.NewStreamID(), Role: media.Main, URL: "rtsp://192.0.2.1/main", Transport: "tcp"}}}
	must(t, d.AddCamera(ctx, y.Camera, Event(t, custody.EventCameraAdded, string(y.Camera.ID))))
	y.Run = media.RunHeader{Run: custody.NewRunID(), Stream: y.Stream(), Camera: y.Camera.ID, Started: At(0), SDP: []byte("v=0\r\n"),
		RemoteAddr: "192.0.2.1:554", Transport: "tcp", Reason: "connect",
		Tracks: []media.Track{{ID: 1, Codec: media.H264, Timescale: 90000, Source: media.FromSDP, SPS: [][]byte{{0x67}}, PPS: [][]byte{{0x68}}}}}
	must(t, d.StartRun(ctx, y.Run, Event(t, custody.EventRunStarted, string(y.Run.Run))))
	return y
}

// Segment makes the row of one segment of the run; number and span are the caller's.
func (y *Yard) Segment(number uint32, span custody.Span) media.SegmentRow {
	r := media.SegmentRow{ID: custody.NewSegmentID(), Camera: y.Camera.ID, Stream: y.Stream(), Run: y.Run.Run, Number: number,
		Span: span, MediaTicks: int64(span.Duration().Seconds() * 90000), Timescale: 90000, Units: 900, Damaged: 1, Leaves: 932,
		ObjectSize: 30 << 20, KeyID: y.Key.ID, WrappedKey: random(60), Fragments: random(600), SealedAt: span.End}
	rand.Read(r.Root[:])
	rand.Read(r.ObjectDigest[:])
	return r
}

// Commit stores a segment with its event.
func Commit(ctx context.Context, t testing.TB, d *db.DB, r media.SegmentRow) error {
	t.Helper()
	return d.CommitSegment(ctx, r, Event(t, custody.EventSegmentSealed, string(r.ID)))
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantKind(t testing.TB, err error, k custody.Kind) {
	t.Helper()
	if err == nil || custody.KindOf(err) != k {
		t.Fatalf("got %v (%v), want an error of kind %v", err, custody.KindOf(err), k)
	}
}

func wantSize(t testing.TB, d *db.DB, size uint64) {
	t.Helper()
	h, err := d.Head(t.Context())
	must(t, err)
	if h.Size != size {
		t.Fatalf("the log has %d entries, want %d", h.Size, size)
	}
}
