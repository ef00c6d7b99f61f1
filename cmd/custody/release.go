package main

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/letter"
	"github.com/footage-custody/custody/internal/desk/release"
	"github.com/footage-custody/custody/internal/desk/render"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/proof/manifest"
	"github.com/footage-custody/custody/internal/proof/seal"
	"github.com/footage-custody/custody/internal/trust/audit"
	"github.com/footage-custody/custody/internal/trust/identity"
)

// signs asks for a checkpoint now; *audit.Checkpointer is one.
type signs interface {
	Ask(ctx context.Context, index uint64) (seal.Checkpoint, []byte, error)
}

// newPacker makes the packages of decided requests.
func (s *server) newPacker(r *render.Renderer, letters *letter.Writer, checkpoints signs, people release.People) *release.Packer {
	return release.NewPacker(s.packing(r, letters, checkpoints, people))
}

// packing is what a packer works with.
func (s *server) packing(r *render.Renderer, letters *letter.Writer, checkpoints signs, people release.People) (release.Parts, release.Options) {
	c := s.config
	return release.Parts{Store: s.db.Packages(), Judge: s.judge, System: identity.System(), Vault: s.vault, Index: s.db,
			Cameras: releaseCameras{s.books}, People: people, Diary: release.NewTeller(c.Site.Origin, releaseLog{s.books, checkpoints}, people),
			Renderer: films{r}, Certificate: certifier{letters}, Alarms: packageBell{s.bell}, Clock: s.clock, Log: s.log,
			Signer: func() (custody.KeyID, crypto.Signer, error) { return s.ring.PackageSigner() }},
		release.Options{Dir: filepath.Join(c.DataDir, "work"), Site: manifest.Site{Name: c.Site.Name, Zone: c.Site.Zone}, Zone: c.Site.Location(),
			Tool: manifest.Tool{Name: "custody", Version: version()}}
}

// newShelf is where packages are looked up and taken out.
func (s *server) newShelf() *release.Shelf {
	return release.NewShelf(s.db.Packages(), s.vault, s.diary, s.clock)
}

// releaseCameras tells a package which camera it is.
type releaseCameras struct{ b *books }

func (r releaseCameras) Camera(ctx context.Context, id custody.CameraID) (release.Camera, error) {
	cam, err := r.b.registry.Find(ctx, string(id))
	if err != nil {
		return release.Camera{}, err
	}
	out := release.Camera{Name: cam.Name, Place: cam.Place}
	for _, s := range cam.Streams {
		if s.Role == media.Main {
			out.Main = append(out.Main, s.ID)
		}
	}
	return out, nil
}

// releaseLog shows the site's log to the teller.
type releaseLog struct {
	b           *books
	checkpoints signs
}

func disclosed(es []audit.Entry, err error) (out []release.LogEntry, _ error) {
	for _, e := range es {
		if e.Salt != nil && e.Event.Body != nil {
			out = append(out, release.LogEntry{Epoch: e.Epoch, Index: e.Index, Type: e.Event.Type, At: e.Event.At, Actor: e.Event.Actor, Salt: *e.Salt, Body: e.Event.Body})
		}
	}
	return out, err
}

func (l releaseLog) About(ctx context.Context, subject string, limit int) ([]release.LogEntry, error) {
	return disclosed(l.b.db.FindEntries(ctx, audit.Filter{Subject: subject}, limit))
}

func (l releaseLog) Exports(ctx context.Context, camera custody.CameraID, from custody.Instant, limit int) ([]release.LogEntry, error) {
	return disclosed(l.b.db.FindEntries(ctx, audit.Filter{Camera: camera, Type: custody.EventFootageRead, Actor: identity.System().String(), From: from}, limit))
}

func (l releaseLog) Looks(ctx context.Context, camera custody.CameraID, span custody.Span, limit int) ([]release.Look, error) {
	return l.b.db.Packages().Looks(ctx, camera, span, limit)
}

func (l releaseLog) Checkpoint(ctx context.Context, epoch uint32) ([]byte, uint64, error) {
	c, err := l.b.db.NewestCheckpoint(ctx, epoch)
	return c.Note, c.Size, err
}

func (l releaseLog) Sign(ctx context.Context, covers uint64) error {
	_, _, err := l.checkpoints.Ask(ctx, covers)
	return err
}

func (l releaseLog) Hashes(ctx context.Context, epoch uint32, indexes []int64) ([]seal.Hash, error) {
	return l.b.db.Hashes(ctx, epoch, indexes)
}

func (l releaseLog) Keys() []ed25519.PublicKey { return l.b.ring.LogKeys() }

// films makes viewing renditions.
type films struct{ r *render.Renderer }

func (f films) Tool() manifest.Tool { return manifest.Tool{Name: "ffmpeg", Version: f.r.Version()} }

func (f films) Viewing(ctx context.Context, reel release.Reel, scratch string, w io.Writer, progress func(done, total int64)) (release.Rendered, error) {
	in := render.Reel{Text: reel.Text, Span: reel.Span, Zone: reel.Zone, Sound: reel.Sound}
	for _, g := range reel.Gaps {
		in.Gaps = append(in.Gaps, render.ReelGap{Span: g.Span, Cause: g.Cause})
	}
	for _, p := range reel.Pieces {
		in.Pieces = append(in.Pieces, render.ReelPiece{Init: p.Init, Media: p.Media, Frames: frames(p.Frames), Sound: frames(p.Sound)})
	}
	made, err := f.r.Viewing(ctx, in, scratch, w, func(done, total int) { progress(int64(done), int64(total)) })
	out := release.Rendered{Pictures: int64(made.Pictures), Codec: "h264"}
	if made.Sound {
		out.Codec = "h264, aac"
	}
	return out, err
}

func frames(in []release.Frame) []render.Frame {
	out := make([]render.Frame, 0, len(in))
	for _, f := range in {
		out = append(out, render.Frame(f))
	}
	return out
}

// certifier drafts the certification of a package.
type certifier struct{ w *letter.Writer }

func (c certifier) Certificate(_ context.Context, p manifest.Package) ([]byte, error) {
	in := letter.Certification{Made: custody.Instant(p.Made), Number: p.Request.Number, Package: p.ID}
	for _, t := range p.Tools {
		in.Programs = append(in.Programs, t.Name+" "+t.Version)
	}
	for _, i := range p.Items {
		in.Records = append(in.Records, certified(i))
	}
	l, err := c.w.Certify(in)
	if err != nil {
		return nil, err
	}
	return l.PDF(in.Made)
}

func certified(i manifest.Item) letter.Record {
	r := letter.Record{Item: letter.Item{Number: i.Number, Camera: i.Camera.Name, Span: i.Decided.In(), Outcome: letter.Outcome(i.Outcome), Citation: i.Citation},
		Place: i.Camera.Place, Segments: len(i.Segments)}
	for _, x := range i.Renditions {
		r.Files = append(r.Files, x.Path)
	}
	for _, g := range i.Gaps {
		r.Gaps = append(r.Gaps, letter.Gap{Span: g.Span.In(), Cause: g.Cause})
	}
	if n := len(i.Clock); n > 0 {
		first, last := i.Clock[0], i.Clock[n-1]
		r.Clock = fmt.Sprintf("%s the recording system's clock at the beginning, %s it at the end; the times stated here are those of the recording system",
			apart(first.Offset), apart(last.Offset))
	}
	return r
}

// apart says in words how far a clock is from another, from microseconds.
func apart(us int64) string {
	d := time.Duration(us) * time.Microsecond
	if d < 0 {
		return (-d).String() + " behind"
	}
	return d.String() + " ahead of"
}

// packageBell is the bell as packages ring it.
type packageBell struct{ *bell }

const alarmPackage = "package"

func (b packageBell) Raise(sentence string) { b.raise(alarmPackage, "", sentence) }
func (b packageBell) Clear()                { b.clear(alarmPackage, "") }

// staffNames names members of staff to agencies.
type staffNames struct{ register *identity.Register }

func (n staffNames) Name(ctx context.Context, id custody.StaffID) (string, error) {
	m, _, err := n.register.Member(ctx, id)
	return m.Name, err
}
