package check

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"iter"
	"reflect"
	"strconv"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/request"
)

// Files is what a check reads about requests. The iterators are ordered by id; what belongs to a request or an item by it and by place.
type Files interface {
	AllRequests(ctx context.Context) iter.Seq2[request.Request, error]
	AllItems(ctx context.Context) iter.Seq2[request.Item, error]
	AllRulings(ctx context.Context) iter.Seq2[request.Ruled, error]
	AllCallBacks(ctx context.Context) iter.Seq2[request.Called, error]
	AllNotes(ctx context.Context) iter.Seq2[request.Note, error]
	AllAttachments(ctx context.Context) iter.Seq2[request.Attachment, error]
	Attachment(ctx context.Context, id custody.AttachmentID) (request.Attachment, []byte, error)
	Agencies(ctx context.Context) ([]request.Agency, error)
}

// fieldsOf are the fields of a plain struct by the names that its JSON has. What is empty reads the same whether the log says so or leaves it
// out.
func fieldsOf(v any) []field {
	var out []field
	at := reflect.ValueOf(v)
	for i := range at.NumField() {
		if at.Type().Field(i).Anonymous {
			out = append(out, fieldsOf(at.Field(i).Interface())...)
			continue
		}
		n, _, _ := strings.Cut(at.Type().Field(i).Tag.Get("json"), ",")
		b, err := json.Marshal(at.Field(i).Interface())
		if err != nil {
			b = []byte(err.Error()) // plain values are always JSON
		}
		if at.Field(i).IsZero() || string(b) == "[]" {
			b = nil
		}
		out = append(out, field{n, string(b)})
	}
	return out
}

// rulingRow is a decision's row as the log can tell it.
type rulingRow struct {
	Camera     custody.CameraID     `json:"camera_id"`
	Span       string               `json:"span"`
	Proposer   custody.StaffID      `json:"proposed_by"`
	Decision   *request.RulingImage `json:"decision"`
	Superseded string               `json:"superseded_at"`
}

// paperRow and noteRow are rows as the log can tell them.
type paperRow struct {
	Request string             `json:"request_id"`
	Paper   request.PaperImage `json:"paper"`
	By      string             `json:"added_by"`
	At      string             `json:"added_at"`
}

type noteRow struct {
	Text request.NoteImage `json:"text"`
	By   string            `json:"made_by"`
	At   string            `json:"made_at"`
}

func numbered(id string, place int) string { return id + " " + strconv.Itoa(place) }

// fileRecords yields the rows of requests as records.
func (p *pass) fileRecords(ctx context.Context, yield func(record)) error {
	put := func(kind, id string, v any) { yield(record{kind: kind, id: id, fields: fieldsOf(v)}) }
	if err := p.tombRecords(ctx, put); err != nil {
		return err
	}
	agencies, err := p.Books.Agencies(ctx)
	if err != nil {
		return err
	}
	for _, a := range agencies {
		put("agency", string(a.ID), request.AgencyEntry{Name: a.Name, Phone: a.Phone, Source: a.Source, Removed: a.Removed, Version: a.Version})
	}
	err = each(p.Books.AllRequests(ctx), func(r request.Request) { put("request", string(r.ID), request.ImageOf(r)) })
	if err == nil {
		err = each(p.Books.AllItems(ctx), func(i request.Item) {
			put("item", string(i.ID), itemRow{i.Request, request.ImageOfItem(i)})
		})
	}
	if err == nil {
		err = each(p.Books.AllRulings(ctx), func(r request.Ruled) {
			put("decision", numbered(string(r.Item), r.Place), rulingRow{r.Camera, r.Span.String(), r.Proposer, request.ImageOfDecision(r.Decision), instant(r.Superseded)})
		})
	}
	if err == nil {
		err = each(p.Books.AllCallBacks(ctx), func(c request.Called) {
			put("call-back", numbered(string(c.Request), c.Place), request.ImageOfCall(c.CallBack))
		})
	}
	if err == nil {
		err = each(p.Books.AllNotes(ctx), func(n request.Note) {
			put("note", numbered(string(n.Request), n.Place), noteRow{request.ImageOfNote(n), string(n.By), n.At.String()})
		})
	}
	if err == nil {
		err = each(p.Books.AllAttachments(ctx), func(a request.Attachment) {
			put("attachment", string(a.ID), paperRow{string(a.Request), request.ImageOfPaper(a), string(a.By), a.At.String()})
		})
	}
	return err
}

// itemRow is an item's row as the log can tell it.
type itemRow struct {
	Request custody.RequestID `json:"request_id"`
	request.ItemImage
}

// compareFiles compares requests with what the log says, at an instant at which nothing is being written; and unless the check is a quick one,
// every paper with its digest.
func (p *pass) compareFiles(ctx context.Context, r *replay) error {
	var rows map[name]record
	err := p.atRest(ctx, r, func() error {
		rows = map[name]record{}
		return p.fileRecords(ctx, func(rec record) { rows[rec.name()] = rec })
	})
	if err != nil {
		return err
	}
	logged := map[name]record{}
	r.files.records(func(rec record) { logged[rec.name()] = rec })
	for _, d := range disagreements(rows, logged) {
		p.blame(d)
	}
	counted := map[string]uint64{}
	for n := range rows {
		counted[n.kind]++
	}
	p.report.count("A2", "requests", counted["request"])
	p.report.count("A3", "decisions", counted["decision"])
	if err := p.wordsLeft(ctx); err != nil || p.Quick {
		return err
	}
	return p.readPapers(ctx, rows)
}

// readPapers reads every attachment.
func (p *pass) readPapers(ctx context.Context, rows map[name]record) error {
	for n := range rows {
		if n.kind != "attachment" {
			continue
		}
		a, content, err := p.Books.Attachment(ctx, custody.AttachmentID(n.id))
		if err != nil {
			return err
		}
		if len(content) == 0 && a.Name == request.Gone {
			continue // its name is held against the log, and so is the disposal
		}
		if int64(len(content)) != a.Size || sha256.Sum256(content) != a.SHA256 {
			p.report.add(Finding{"I5", "attachment", n.id, fmt.Sprintf("its bytes are not those that were added: %d bytes of %d, or others", len(content), a.Size),
				"restore them from a backup; find out who could write to the database"})
		}
	}
	return nil
}
