package request

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Attach puts a paper into the file under a Grant of request.prepare about the request: 1 byte to 10 MiB, at most 20 of a request. Its name
// is cleaned (CleanName); its bytes are kept as they came and never looked into. Errors: Invalid, Exhausted, Denied, NotFound.
func (k *Desk) Attach(ctx context.Context, g access.Grant, id custody.RequestID, name string, content []byte) (Attachment, error) {
	f, err := k.request(ctx, g, access.RequestPrepare, id)
	if err != nil {
		return Attachment{}, err
	}
	if len(content) == 0 || len(content) > MaxAttachment {
		return Attachment{}, custody.Errorf(custody.Invalid, "attachment: it must have 1 byte to 10 MiB")
	}
	a := Attachment{ID: custody.NewAttachmentID(), Request: id, Name: CleanName(name), Size: int64(len(content)), SHA256: sha256.Sum256(content),
		By: g.Actor().Staff(), At: k.Clock.Now()}
	image := ImageOfPaper(a)
	ev, err := event(custody.EventRequestAttached, a.At, g.Actor().String(), "", f.Request, Entry{Act: "attach", Paper: &image})
	if err != nil {
		return Attachment{}, err
	}
	return a, k.Store.AddAttachment(ctx, a, content, ev)
}

// Attachments lists the papers of a request, in the order in which they came, under a Scope of request.view.
func (k *Desk) Attachments(ctx context.Context, s access.Scope, id custody.RequestID) ([]Attachment, error) {
	if err := within(s, id); err != nil {
		return nil, err
	}
	return k.Store.Attachments(ctx, id)
}

// ReadAttachment reads a paper under a Grant of request.view about its request. NotFound: the request has no such paper. Corrupt: it is not
// what was added.
func (k *Desk) ReadAttachment(ctx context.Context, g access.Grant, request custody.RequestID, id custody.AttachmentID) (Attachment, []byte, error) {
	if err := about(g, access.RequestView, request); err != nil {
		return Attachment{}, nil, err
	}
	a, content, err := k.Store.Attachment(ctx, id)
	if err != nil {
		return Attachment{}, nil, err
	}
	if a.Request == request && len(content) == 0 {
		return Attachment{}, nil, custody.Errorf(custody.NotFound, "the paper was disposed of with the request's file: only its size and digest are left")
	}
	if a.Request != request {
		return Attachment{}, nil, custody.Errorf(custody.NotFound, "there is no such attachment")
	}
	if sum := sha256.Sum256(content); subtle.ConstantTimeCompare(sum[:], a.SHA256[:]) == 0 {
		return Attachment{}, nil, custody.Errorf(custody.Corrupt, "the attachment is not what was added")
	}
	return a, content, nil
}

// Notes lists the remarks in the file, in order, under a Scope of request.view.
func (k *Desk) Notes(ctx context.Context, s access.Scope, id custody.RequestID) ([]Note, error) {
	if err := within(s, id); err != nil {
		return nil, err
	}
	return k.Store.Notes(ctx, id)
}
