package api

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/inspection"
	"github.com/footage-custody/custody/internal/door/gate"
)

// AuditEntry is one entry of the diary.
type AuditEntry struct {
	Epoch     uint32 `json:"epoch"`
	Index     uint64 `json:"index"`
	ID        string `json:"id"`
	Type      string `json:"type"`
	At        string `json:"at" format:"date-time"`
	Actor     string `json:"actor"`
	ActorName string `json:"actor_name"`
	Camera    string `json:"camera"`
	Subject   string `json:"subject"`
	Detail    any    `json:"detail" doc:"What the event says beside, as JSON; null if nothing"`
	Disposed  bool   `json:"disposed" doc:"The text was disposed of on schedule; the leaf stands"`
}

// AuditPage is one page of a search, newest first.
type AuditPage struct {
	Entries []AuditEntry `json:"entries"`
	Next    string       `json:"next,omitempty" doc:"To be sent as after; absent on the last page"`
}

type auditIn struct {
	From    string `query:"from" maxLength:"40" doc:"RFC 3339"`
	To      string `query:"to" maxLength:"40" doc:"RFC 3339; not included"`
	Actor   string `query:"actor" maxLength:"64"`
	Type    string `query:"type" maxLength:"64" doc:"Such as viewing.opened"`
	Camera  string `query:"camera" maxLength:"64"`
	Subject string `query:"subject" maxLength:"64"`
	After   string `query:"after" maxLength:"40" doc:"next of the page before"`
	Limit   int    `query:"limit" minimum:"1" maximum:"500" default:"100"`
}

func (s rooms) audit(ctx context.Context, in *auditIn) (AuditPage, error) {
	span, err := stretch(in.From, in.To)
	if err != nil {
		return AuditPage{}, err
	}
	after, err := place(in.After)
	if err != nil {
		return AuditPage{}, err
	}
	page, err := s.Inspection.Search(ctx, gate.PassOf(ctx).Scope, inspection.Query{From: span.Start, To: span.End, Actor: in.Actor,
		Type: custody.EventType(in.Type), Camera: custody.CameraID(in.Camera), Subject: in.Subject, After: after, Limit: in.Limit})
	if err != nil {
		return AuditPage{}, err
	}
	out := AuditPage{Entries: each(page.Entries, entryOut)}
	if page.Next != nil {
		out.Next = fmt.Sprintf("%d.%d", page.Next.Epoch, page.Next.Index)
	}
	return out, nil
}

func entryOut(e inspection.Entry) AuditEntry {
	out := AuditEntry{Epoch: e.Epoch, Index: e.Index, ID: string(e.ID), Type: string(e.Type), At: stamp(e.At), Actor: e.Actor, ActorName: e.ActorName,
		Camera: string(e.Camera), Subject: e.Subject, Disposed: e.Disposed}
	if e.Detail != nil {
		out.Detail = json.RawMessage(e.Detail)
	}
	return out
}

// AuditProof shows that one entry stands in the signed log.
type AuditProof struct {
	Epoch      uint32   `json:"epoch"`
	Index      uint64   `json:"index"`
	Leaf       string   `json:"leaf" doc:"RFC 6962 leaf hash, base64"`
	Type       string   `json:"type"`
	Digest     string   `json:"digest" doc:"SHA-256 of salt and body, base64"`
	Salt       string   `json:"salt,omitempty" doc:"16 bytes, hexadecimal; absent if the text was disposed of"`
	Body       string   `json:"body,omitempty" doc:"The entry's exact bytes, base64"`
	Checkpoint string   `json:"checkpoint" doc:"The newest signed note that covers it"`
	Inclusion  []string `json:"inclusion" doc:"RFC 6962 audit path, each hash in base64"`
}

type eventIn struct {
	Event string `path:"event"`
}

func (s rooms) proof(ctx context.Context, in *eventIn) (AuditProof, error) {
	p, err := s.Inspection.Prove(ctx, gate.PassOf(ctx).Scope, custody.EventID(in.Event))
	if err != nil {
		return AuditProof{}, err
	}
	b64 := base64.StdEncoding.EncodeToString
	out := AuditProof{Epoch: p.Epoch, Index: p.Index, Leaf: p.Leaf.String(), Type: string(p.Type), Digest: b64(p.Digest[:]), Body: b64(p.Body),
		Checkpoint: string(p.Note), Inclusion: []string{}}
	if p.Salt != nil {
		out.Salt = hex.EncodeToString(p.Salt[:])
	}
	for _, h := range p.Inclusion {
		out.Inclusion = append(out.Inclusion, h.String())
	}
	return out, nil
}

// Watchers tell who could see which minutes of a camera.
type Watchers struct {
	Looks []WatchedMinute `json:"looks"`
}

// WatchedMinute is one minute that somebody could see, and why.
type WatchedMinute struct {
	Minute    string `json:"minute" format:"date-time"`
	Staff     string `json:"staff"`
	Name      string `json:"name"`
	Viewing   string `json:"viewing"`
	Basis     string `json:"basis"`
	Reference string `json:"reference"`
	Text      string `json:"text"`
	Kind      string `json:"kind" enum:"recorded,still,live"`
	Served    bool   `json:"served" doc:"false if the viewing ended without a byte of it"`
}

type watchersIn struct {
	Camera string `query:"camera" required:"true" maxLength:"64"`
	From   string `query:"from" required:"true" maxLength:"40"`
	To     string `query:"to" required:"true" maxLength:"40" doc:"At most a day after from"`
}

func (s rooms) watchers(ctx context.Context, in *watchersIn) (Watchers, error) {
	span, err := wholeStretch(in.From, in.To)
	if err != nil {
		return Watchers{}, err
	}
	if err := known("cam_", in.Camera, "camera"); err != nil {
		return Watchers{}, err
	}
	looks, err := s.Inspection.WhoWatched(ctx, gate.PassOf(ctx).Scope, custody.CameraID(in.Camera), span)
	return Watchers{each(looks, func(w inspection.Watched) WatchedMinute {
		return WatchedMinute{stamp(w.Minute), string(w.Staff), w.Name, string(w.Viewing), string(w.Basis), w.Reference, w.Text, w.Kind, w.Served}
	})}, err
}

func (s rooms) export(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	format := inspection.Format(q.Get("format"))
	query, err := exportQuery(q)
	if err != nil {
		return err
	}
	if format.ContentType() == "" {
		return custody.Errorf(custody.Invalid, "format must be csv or jsonl")
	}
	h := w.Header()
	h.Set("Content-Type", format.ContentType())
	h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="diary.%s"`, format))
	h.Set("Cache-Control", "private, no-store")
	err = s.Inspection.Export(r.Context(), gate.PassOf(r.Context()).Grant, format, query, w)
	if err != nil {
		h.Del("Content-Disposition") // an answer that has not begun becomes a problem
	}
	return err
}

func exportQuery(q url.Values) (inspection.Query, error) {
	for name, values := range q {
		switch name {
		case "format", "from", "to", "actor", "type", "camera", "subject":
			if len(values) == 1 && len(values[0]) <= 64 {
				continue
			}
		}
		return inspection.Query{}, custody.Errorf(custody.Invalid, "the query has a parameter that is not known, stands twice or is too long")
	}
	span, err := stretch(q.Get("from"), q.Get("to"))
	return inspection.Query{From: span.Start, To: span.End, Actor: q.Get("actor"), Type: custody.EventType(q.Get("type")),
		Camera: custody.CameraID(q.Get("camera")), Subject: q.Get("subject")}, err
}

func (s rooms) checkpoint(w http.ResponseWriter, r *http.Request) error {
	c, err := s.Inspection.Checkpoint(r.Context())
	return send(w, typeText, c.Note, err)
}

// LogKeys are the public keys that ever signed the log.
type LogKeys struct {
	Keys []LogKey `json:"keys"`
}

// LogKey is one of them.
type LogKey struct {
	Name string `json:"name" doc:"The log's origin"`
	Key  string `json:"key" doc:"As C2SP signed-note writes verifier keys"`
}

func (s rooms) logKeys(ctx context.Context, _ *none) (LogKeys, error) {
	keys, err := s.Inspection.LogKeys(ctx)
	return LogKeys{each(keys, func(k inspection.LogKey) LogKey { return LogKey(k) })}, err
}

// Hashes are a proof.
type Hashes struct {
	Hashes []string `json:"hashes" doc:"RFC 6962 consistency proof, each hash in base64"`
}

type consistencyIn struct {
	From int64 `query:"from" required:"true" minimum:"0" maximum:"1099511627776" doc:"Size of the earlier tree"`
	To   int64 `query:"to" required:"true" minimum:"0" maximum:"1099511627776" doc:"Size of the later tree"`
}

func (s rooms) consistency(ctx context.Context, in *consistencyIn) (Hashes, error) {
	p, err := s.Inspection.Consistency(ctx, gate.PassOf(ctx).Scope, uint64(in.From), uint64(in.To))
	out := Hashes{Hashes: []string{}}
	for _, h := range p {
		out.Hashes = append(out.Hashes, h.String())
	}
	return out, err
}
