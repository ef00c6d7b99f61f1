package api

import (
	"context"
	"encoding/hex"
	"net/http"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/delivery"
	"github.com/footage-custody/custody/internal/desk/release"
	"github.com/footage-custody/custody/internal/door/gate"
	"github.com/footage-custody/custody/internal/proof/manifest"
	"github.com/footage-custody/custody/internal/trust/access"
)

func (s rooms) packageLines() []route {
	const one = "/api/packages/:package"
	return []route{
		decide("package", get, one, access.RequestView, "One package with its files", answers(ok, s.aPackage)).of("package"),
		decide("package-retry", post, one+"/retry", access.RequestPrepare, "Make a package that failed again", does(s.retryPackage)).of("package"),
		decide("package-cancel", post, one+"/cancel", access.RequestPrepare, "Stop making a package", does(s.cancelPackage)).of("package"),
		decide("package-verify", post, one+"/verify", access.PackageHandOver, "Check every stored byte of a package again", answers(ok, s.verifyPackage)).of("package").long(),
		decide("package-document", get, one+"/documents/:document", access.RequestView, "A document of a package, as the recipient sees it; never footage", writes("application/octet-stream", s.document)).of("package").long(),
		carry("package-zip", get, one+"/zip", access.PackageHandOver, "The whole package. It is judged before anything is looked up, and the diary has the entry before the first byte leaves", writes("application/zip", s.zip)).long(),
		decide("deliver", post, one+"/deliveries", access.PackageHandOver, "Record that somebody took the package; with signed_by the receipt is in too", answers(created, s.deliver)).of("package"),
		carry("receipt", post, "/api/deliveries/:delivery/receipt", access.RequestPrepare, "Record that the receipt came back signed", answers(ok, s.receipt)),
		decide("package-recall", post, one+"/recall", access.PackageRecall, "End a package: nothing of it leaves any more, and the answer says who has it", answers(ok, s.recall)).of("package"),
	}
}

type packageIn struct {
	Package string `path:"package"`
}

func (s rooms) aPackage(ctx context.Context, in *packageIn) (Package, error) {
	p, err := s.Shelf.ByID(ctx, gate.PassOf(ctx).Grant, custody.PackageID(in.Package))
	return packageOut(p), err
}

func (s rooms) retryPackage(ctx context.Context, in *packageIn) error {
	return s.Packer.Retry(ctx, gate.PassOf(ctx).Grant, custody.PackageID(in.Package))
}

func (s rooms) cancelPackage(ctx context.Context, in *packageIn) error {
	return s.Packer.Cancel(ctx, gate.PassOf(ctx).Grant, custody.PackageID(in.Package))
}

func (s rooms) verifyPackage(ctx context.Context, in *packageIn) (PackageReport, error) {
	report, err := s.Shelf.Verify(ctx, gate.PassOf(ctx).Grant, custody.PackageID(in.Package), nil)
	if err != nil {
		return PackageReport{}, err
	}
	return PackageReport{Verdict: report.Title(), Text: report.Text(), Findings: each(report.Findings, findingOut)}, nil
}

func findingOut(f manifest.Finding) PackageFinding { return PackageFinding{string(f.Weight), f.Text} }

func packageOut(p release.Package) Package {
	out := Package{ID: string(p.ID), Number: p.Number, State: string(p.State), Why: p.Why, BegunAt: stamp(p.Begun), MadeAt: stamp(p.Made), Done: p.Done,
		Total: p.Total, Size: p.Size, Items: texts(p.Items), Findings: each(p.Report.Findings, findingOut),
		Files: each(p.Files, func(f release.File) PackageFile { return PackageFile{f.Path, f.Size, hex.EncodeToString(f.SHA256[:])} })}
	if p.Made != 0 {
		out.Digest = hex.EncodeToString(p.Digest[:])
		out.DigestGroups = groups(out.Digest)
		out.Verdict, out.VerdictText = p.Verdict, p.Report.Text()
	}
	return out
}

// groups writes a digest so that it can be read aloud.
func groups(digest string) string {
	var b strings.Builder
	for i, r := range digest {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// document sends a document of a package as a file that nothing runs.
func (s rooms) document(w http.ResponseWriter, r *http.Request) error {
	path := r.PathValue("document")
	b, err := s.Shelf.Document(r.Context(), gate.PassOf(r.Context()).Grant, custody.PackageID(r.PathValue("package")), path)
	if err != nil && custody.KindOf(err) == custody.NotFound {
		err = custody.Errorf(custody.NotFound, "the package has no such document")
	}
	if err != nil {
		return err
	}
	return attach(w, path, "application/octet-stream", b)
}

// attach sends bytes that a browser stores and never shows.
func attach(w http.ResponseWriter, name, contentType string, b []byte) error {
	asFile(w.Header(), name)
	return send(w, contentType, b, nil)
}

func asFile(h http.Header, name string) {
	h.Set("Content-Disposition", `attachment; filename="`+plainName(name)+`"`)
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
}

// plainName is a file's name with nothing in it that a header or a file system could misread.
func plainName(name string) string {
	plain := strings.Map(func(r rune) rune {
		if r < 0x80 && (r == '.' || r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z') {
			return r
		}
		return '_'
	}, name)
	if plain = strings.TrimLeft(plain, "."); plain == "" {
		return "file"
	}
	return plain
}

// zip sends the whole package, which may take longer than a decision about an ordinary act is good for.
func (s rooms) zip(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), custody.PackageID(r.PathValue("package"))
	if err := known("pkg_", id, "package"); err != nil {
		return err
	}
	g, err := s.Judge.Decide(ctx, gate.PassOf(ctx).Actor, access.Ask{Action: access.PackageHandOver, Subject: string(id), For: access.Lifetime})
	if err != nil {
		return err
	}
	name, err := s.Shelf.Number(ctx, g, id)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/zip")
	h.Set("Cache-Control", "private, no-store")
	asFile(h, name+".zip")
	if err = s.Shelf.Write(ctx, g, id, release.NewZip(w, plainName(name))); err != nil {
		h.Del("Content-Disposition") // a refusal is no file; what is under way breaks off
	}
	return err
}

type deliverIn struct {
	Package string `path:"package"`
	Body    struct {
		Way       string `json:"way" enum:"folder,disc"`
		Recipient string `json:"recipient,omitempty" maxLength:"200"`
		Agency    string `json:"agency,omitempty" maxLength:"200"`
		Badge     string `json:"badge,omitempty" maxLength:"80"`
		PickUp    string `json:"pick_up,omitempty" maxLength:"40" doc:"What somebody shows who gave no name"`
		SignedBy  string `json:"signed_by,omitempty" maxLength:"200" doc:"The name on the receipt, if it was signed at once"`
	}
}

func (s rooms) deliver(ctx context.Context, in *deliverIn) (Delivery, error) {
	b := in.Body
	d, err := s.Delivery.HandOver(ctx, gate.PassOf(ctx).Grant, custody.PackageID(in.Package), delivery.In{Way: delivery.Way(b.Way), Recipient: b.Recipient,
		Agency: b.Agency, Badge: b.Badge, PickUp: b.PickUp, SignedBy: b.SignedBy})
	return s.deliveryOut(ctx, d.Delivery, err)
}

func (s rooms) deliveryOut(ctx context.Context, d delivery.Delivery, err error) (Delivery, error) {
	if err != nil {
		return Delivery{}, err
	}
	n, err := s.names(ctx)
	return n.delivery(d), err
}

func (n names) delivery(d delivery.Delivery) Delivery {
	return Delivery{ID: string(d.ID), Package: string(d.Package), PackageNumber: d.Number, Digest: hex.EncodeToString(d.Digest[:]), Way: string(d.Way),
		Recipient: d.Recipient, Agency: d.Agency, Badge: d.Badge, ByCode: d.ByCode, By: n.person(d.By), At: stamp(d.At), SignedAt: stamp(d.Signed),
		SignedBy: d.SignedBy, RecalledAt: stamp(d.Recalled)}
}

type receiptIn struct {
	Delivery string `path:"delivery"`
	Body     struct {
		SignedBy string `json:"signed_by" minLength:"1" maxLength:"200" doc:"The name on the receipt"`
	}
}

// receipt is judged by the request: who has footage says so, although the package was recalled or may not leave again.
func (s rooms) receipt(ctx context.Context, in *receiptIn) (Delivery, error) {
	if err := known("dlv_", in.Delivery, "delivery"); err != nil {
		return Delivery{}, err
	}
	actor := gate.PassOf(ctx).Actor
	scope, err := s.Judge.Scope(ctx, actor, access.RequestView)
	if err != nil {
		return Delivery{}, err
	}
	d, err := s.Delivery.ByID(ctx, scope, custody.DeliveryID(in.Delivery))
	if err != nil {
		return Delivery{}, err
	}
	g, err := s.Judge.Decide(ctx, actor, access.Ask{Action: access.RequestPrepare, Subject: string(d.Request)})
	if err != nil {
		return Delivery{}, err
	}
	done, err := s.Delivery.Receipt(ctx, g, d.ID, in.Body.SignedBy)
	return s.deliveryOut(ctx, done.Delivery, err)
}

type recallIn struct {
	Package string `path:"package"`
	Body    struct {
		Why string `json:"why" minLength:"1" maxLength:"500" doc:"The letters to those who have it repeat it"`
	}
}

func (s rooms) recall(ctx context.Context, in *recallIn) (Recalled, error) {
	r, err := s.Delivery.Recall(ctx, gate.PassOf(ctx).Grant, custody.PackageID(in.Package), in.Body.Why)
	if err != nil {
		return Recalled{}, err
	}
	n, err := s.names(ctx)
	return Recalled{Number: r.Number, Holders: each(r.Holders, n.delivery)}, err
}
