package api

import (
	"encoding/json"
	"io"
	"net/http"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/door/gate"
	"github.com/footage-custody/custody/internal/trust/access"
)

// maxPapers is how many papers are taken at a time, each whole in memory; who comes then is asked to come again.
const maxPapers = 4

// addAttachment stores a paper as it comes. Whoever may not, is told before a byte of it is read.
func (s rooms) addAttachment(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	g, err := s.act(ctx, access.RequestPrepare, "req_", r.PathValue("request"), 0)
	if err != nil {
		return err
	}
	select {
	case s.papers <- struct{}{}:
		defer func() { <-s.papers }()
	default:
		return custody.Errorf(custody.Exhausted, "%d papers are being taken just now: try again in a moment", maxPapers)
	}
	content, err := io.ReadAll(r.Body)
	if err != nil {
		return gate.BodyError(err)
	}
	a, err := s.Requests.Attach(ctx, g, custody.RequestID(r.PathValue("request")), r.URL.Query().Get("name"), content)
	if err != nil {
		return err
	}
	n, err := s.names(ctx)
	if err != nil {
		return err
	}
	b, err := json.Marshal(n.paper(a))
	return send(w, jsonType, b, err)
}

// attachment sends a paper as it came, as a file that nothing runs.
func (s rooms) attachment(w http.ResponseWriter, r *http.Request) error {
	if err := known("att_", r.PathValue("attachment"), "paper"); err != nil {
		return err
	}
	a, content, err := s.Requests.ReadAttachment(r.Context(), gate.PassOf(r.Context()).Grant, custody.RequestID(r.PathValue("request")),
		custody.AttachmentID(r.PathValue("attachment")))
	if err != nil {
		return err
	}
	return attach(w, a.Name, "application/octet-stream", content)
}
