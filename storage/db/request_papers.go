package db

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"iter"
	"slices"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/request"
)

// attachmentPart is how many bytes of an attachment lie in one row: a dump holds a row in memory.
const attachmentPart = 1 << 20

// AddAttachment implements request.Store.
func (d *DB) AddAttachment(ctx context.Context, a request.Attachment, content []byte, evs ...custody.Event) error {
	if !custody.ValidID("att_", string(a.ID)) || !isText(a.Name) || a.Size != int64(len(content)) || a.SHA256 != sha256.Sum256(content) {
		return custody.Errorf(custody.Invalid, "the attachment's id is not well formed, its name is not text, or its bytes are others")
	}
	return d.seq.commit(ctx, &change{doing: "adding an attachment", events: evs, apply: func(t *tx) (bool, error) {
		if err := lockRequest(t, a.Request); err != nil {
			return false, err
		}
		var n int
		if err := t.row(`SELECT count(*) FROM request_attachment WHERE request_id = $1`, string(a.Request)).Scan(&n); err != nil {
			return false, err
		}
		if n >= request.MaxAttachments {
			return false, custody.Errorf(custody.Exhausted, "a request has at most %d attachments", request.MaxAttachments)
		}
		err := t.insert("request_attachment", []string{"id", "request_id", "name", "size", "sha256", "added_by", "added_at"},
			[][]any{{string(a.ID), string(a.Request), a.Name, a.Size, a.SHA256[:], string(a.By), int64(a.At)}})
		part := 0
		for chunk := range slices.Chunk(content, attachmentPart) {
			if err == nil {
				_, err = t.exec(`INSERT INTO request_attachment_part (attachment_id, part, content) VALUES ($1, $2, $3)`, string(a.ID), part, chunk)
			}
			part++
		}
		return true, err
	}})
}

// lockRequest makes whoever else adds to the request wait. NotFound if there is none.
func lockRequest(t *tx, id custody.RequestID) error {
	n, err := t.exec(`UPDATE request SET late = late WHERE id = $1`, string(id))
	if err == nil && n == 0 {
		err = custody.Errorf(custody.NotFound, "there is no such request")
	}
	return err
}

const selectAttachment = `SELECT id, request_id, name, size, sha256, added_by, added_at FROM request_attachment `

func scanAttachment(rows *sql.Rows) (a request.Attachment, err error) {
	var sum []byte
	err = rows.Scan(&a.ID, &a.Request, &a.Name, &a.Size, &sum, &a.By, &a.At)
	copy(a.SHA256[:], sum)
	return a, err
}

// Attachments implements request.Store.
func (d *DB) Attachments(ctx context.Context, id custody.RequestID) ([]request.Attachment, error) {
	as, err := collect(ctx, d.read, scanAttachment, selectAttachment+`WHERE request_id = $1 ORDER BY added_at, id`, string(id))
	return as, fault(d.dialect, err, "reading attachments")
}

// Attachment implements request.Store.
func (d *DB) Attachment(ctx context.Context, id custody.AttachmentID) (request.Attachment, []byte, error) {
	a, err := one(ctx, d.read, scanAttachment, selectAttachment+`WHERE id = $1`, string(id))
	if err != nil {
		return a, nil, d.absent(err, "reading an attachment", "there is no such attachment")
	}
	parts, err := collect(ctx, d.read, func(rows *sql.Rows) (b []byte, err error) { return b, rows.Scan(&b) },
		`SELECT content FROM request_attachment_part WHERE attachment_id = $1 ORDER BY part`, string(id))
	return a, slices.Concat(parts...), fault(d.dialect, err, "reading an attachment")
}

// AddNote implements request.Store.
func (d *DB) AddNote(ctx context.Context, n request.Note, evs ...custody.Event) error {
	return d.seq.commit(ctx, &change{doing: "adding a note", events: evs, apply: func(t *tx) (bool, error) {
		if err := lockRequest(t, n.Request); err != nil {
			return false, err
		}
		return true, putNote(t, n, request.MaxNotes)
	}})
}

// putNote adds a note unless the request has that many.
func putNote(t *tx, n request.Note, most int) error {
	if !isText(n.Text) {
		return custody.Errorf(custody.Invalid, "the note is not text")
	}
	err := room(t, "request_note", n.Request, most, "notes")
	if err != nil {
		return err
	}
	_, err = t.exec(`INSERT INTO request_note (request_id, number, text, made_by, made_at)
		SELECT $1, COALESCE(max(number), 0) + 1, $2, $3, $4 FROM request_note WHERE request_id = $1`, string(n.Request), n.Text, string(n.By), int64(n.At))
	return err
}

// room reports with Exhausted that a request has that many rows of a table.
func room(t *tx, table string, id custody.RequestID, most int, what string) error {
	var n int
	if err := t.row(`SELECT count(*) FROM `+table+` WHERE request_id = $1`, string(id)).Scan(&n); err != nil {
		return err
	}
	if n >= most {
		return custody.Errorf(custody.Exhausted, "a request has at most %d %s: log another request for what goes on", most, what)
	}
	return nil
}

const selectNote = `SELECT request_id, number, text, made_by, made_at FROM request_note `

func scanNote(rows *sql.Rows) (n request.Note, err error) {
	return n, rows.Scan(&n.Request, &n.Place, &n.Text, &n.By, &n.At)
}

// Notes implements request.Store.
func (d *DB) Notes(ctx context.Context, id custody.RequestID) ([]request.Note, error) {
	ns, err := collect(ctx, d.read, scanNote, selectNote+`WHERE request_id = $1 ORDER BY number`, string(id))
	return ns, fault(d.dialect, err, "reading notes")
}

const selectAgency = `SELECT id, name, phone, source, removed, version FROM agency `

func scanAgency(rows *sql.Rows) (a request.Agency, err error) {
	return a, rows.Scan(&a.ID, &a.Name, &a.Phone, &a.Source, &a.Removed, &a.Version)
}

// PutAgency implements request.Store.
func (d *DB) PutAgency(ctx context.Context, a request.Agency, evs ...custody.Event) (request.Agency, error) {
	if !custody.ValidID("agy_", string(a.ID)) || !isText(a.Name) || !isText(a.Phone) || !isText(a.Source) {
		return request.Agency{}, custody.Errorf(custody.Invalid, "the agency's id is not well formed, or something of it is not text")
	}
	err := d.seq.commit(ctx, &change{doing: "changing the directory of agencies", events: evs, apply: func(t *tx) (bool, error) {
		if a.Version == 0 {
			return true, t.insert("agency", []string{"id", "name", "phone", "source", "removed", "version"},
				[][]any{{string(a.ID), a.Name, a.Phone, a.Source, a.Removed, 1}})
		}
		n, err := t.exec(`UPDATE agency SET name = $1, phone = $2, source = $3, removed = $4, version = version + 1 WHERE id = $5 AND version = $6`,
			a.Name, a.Phone, a.Source, a.Removed, string(a.ID), a.Version)
		if err == nil && n == 0 {
			err = t.stale(`SELECT count(*) FROM agency WHERE id = $1`, string(a.ID), "the agency")
		}
		return true, err
	}})
	a.Version++
	return a, err
}

// Agencies implements request.Store.
func (d *DB) Agencies(ctx context.Context) ([]request.Agency, error) {
	as, err := collect(ctx, d.read, scanAgency, selectAgency)
	slices.SortFunc(as, func(a, b request.Agency) int { // here, because the databases collate differently
		if c := strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)); c != 0 {
			return c
		}
		return strings.Compare(string(a.ID), string(b.ID))
	})
	return as, fault(d.dialect, err, "reading the directory of agencies")
}

// AllAttachments yields what is told of every attachment, ordered by id, for custody check.
func (d *DB) AllAttachments(ctx context.Context) iter.Seq2[request.Attachment, error] {
	return pages(ctx, d, "reading attachments", func(ctx context.Context, last *request.Attachment) ([]request.Attachment, error) {
		var after custody.AttachmentID
		if last != nil {
			after = last.ID
		}
		return collect(ctx, d.read, scanAttachment, selectAttachment+`WHERE id > $1 ORDER BY id LIMIT $2`, string(after), pageRows)
	})
}

// AllNotes yields every note, ordered by request and place, for custody check.
func (d *DB) AllNotes(ctx context.Context) iter.Seq2[request.Note, error] {
	return pages(ctx, d, "reading notes", func(ctx context.Context, last *request.Note) ([]request.Note, error) {
		var l request.Note
		if last != nil {
			l = *last
		}
		return collect(ctx, d.read, scanNote, selectNote+`WHERE (request_id, number) > ($1, $2) ORDER BY request_id, number LIMIT $3`, string(l.Request), l.Place, pageRows)
	})
}

// AllCallBacks yields every attempt to call an officer back, ordered by request and place, for custody check.
func (d *DB) AllCallBacks(ctx context.Context) iter.Seq2[request.Called, error] {
	return pages(ctx, d, "reading call-backs", func(ctx context.Context, last *request.Called) ([]request.Called, error) {
		var l request.Called
		if last != nil {
			l = *last
		}
		return collect(ctx, d.read, func(rows *sql.Rows) (c request.Called, err error) {
			return c, rows.Scan(&c.Request, &c.Place, &c.Agency, &c.Number, &c.Reached, &c.Spoke, &c.By, &c.At)
		}, `SELECT request_id, number, agency_id, phone, reached, spoke, made_by, made_at FROM call_back
			WHERE (request_id, number) > ($1, $2) ORDER BY request_id, number LIMIT $3`, string(l.Request), l.Place, pageRows)
	})
}
