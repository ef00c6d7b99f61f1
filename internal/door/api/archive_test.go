package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	desk "github.com/footage-custody/custody/internal/desk/request"
	"github.com/footage-custody/custody/internal/door/api/apitest"
	"github.com/footage-custody/custody/internal/trust/access"
)

// archiveProp is the one for a line about files that are due.
func (s *stageset) archiveProp(_ *testing.T, id string) (prop, bool) {
	of := func(id custody.RequestID, version int64) (prop, bool) {
		return prop{ids: map[string]string{"request": string(id)}, body: object{"version": version}}, true
	}
	logged := func() custody.RequestID { return s.Logged(access.OpenRecords, s.assigned, noon(s.Site)).ID }
	switch id {
	case "request-dispose":
		f := s.Overdue(logged())
		return of(f.ID, f.Version)
	case "request-dispose-confirm":
		g := s.DisposalProposed(logged())
		return of(g.ID, g.Version)
	}
	return prop{}, false
}

type filesDue struct {
	Years     int
	Authority string
	Files     []struct {
		ID, Number, Keeps string
		Version           int64
		Proposal          *struct{ Why string }
	}
}

// TestAFileIsDisposedOf tells it as two people do it, and what is left of the request afterwards.
func TestAFileIsDisposedOf(t *testing.T) {
	s := apitest.New(t)
	cam := s.Camera("Hall", access.PublicArea)
	given := s.HandedOver(cam, noon(s))
	id := string(given.Request)
	var paper struct{ ID string }
	s.As(s.Clerk()).Upload("/api/requests/"+id+"/attachments?name=wiggum.pdf", []byte("%PDF")).Wants(http.StatusOK).Into(&paper)
	f := s.Overdue(given.Request)
	var due filesDue
	s.As(s.Director()).Do("GET", "/api/request-files", nil).Wants(http.StatusOK).Into(&due)
	if len(due.Files) != 1 || due.Files[0].ID != id || due.Files[0].Keeps != "" || due.Years != 5 || !strings.Contains(due.Authority, "5 years") {
		t.Fatalf("%+v", due)
	}
	one := "/api/requests/" + id
	s.As(s.Director()).Do("POST", one+"/disposal", object{"version": f.Version + 1}).Wants(http.StatusConflict)
	var proposed struct{ Version int64 }
	s.As(s.Director()).Do("POST", one+"/disposal", object{"why": "its time is over", "version": f.Version}).Wants(http.StatusOK).Into(&proposed)
	s.As(s.Director()).Do("POST", one+"/disposal/confirm", object{"version": proposed.Version}).Wants(http.StatusForbidden)
	var stone struct {
		Authority  string
		FileSHA256 string `json:"file_sha256"`
		FinalAt    string `json:"final_at"`
	}
	s.As(s.Clerk()).Do("POST", one+"/disposal/confirm", object{"version": proposed.Version}).Wants(http.StatusOK).Into(&stone)
	if len(stone.FileSHA256) != 64 || !strings.Contains(stone.Authority, "5 years") || stone.FinalAt != s.Clock.Now().Add(14*24*3600e9).String() {
		t.Errorf("%+v", stone)
	}
	whatIsLeft(t, s, given.Request, paper.ID, string(given.ID), string(given.Package))
}

// whatIsLeft reads everything about a request whose file was disposed of.
func whatIsLeft(t *testing.T, s *apitest.Site, id custody.RequestID, paper, delivery, pkg string) {
	t.Helper()
	one := "/api/requests/" + string(id)
	var out struct {
		State, Text string
		PickUp      string `json:"pick_up"`
		Disposed    *struct{ Authority string }
		Can         []string
		Deliveries  []struct{ Digest, Recipient string }
		Items       []struct{ Decision *struct{ Outcome string } }
	}
	answer := s.As(s.Director()).Do("GET", one, nil).Wants(http.StatusOK)
	answer.Into(&out)
	if out.State != "closed" || out.Disposed == nil || out.Text != desk.Gone || out.PickUp != "" || len(out.Can) != 0 || len(out.Deliveries) != 1 ||
		out.Deliveries[0].Digest == "" || out.Items[0].Decision.Outcome != "grant" {
		t.Errorf("%+v", out)
	}
	for _, word := range []string{"Riviera", "B-7", "theft", "wiggum", apitest.Words} {
		if strings.Contains(string(answer.Body), word) {
			t.Errorf("%q is left in %s", word, answer.Body)
		}
	}
	for _, path := range []string{one + "/attachments/" + paper, one + "/letters/acknowledgement", one + "/letters/answer", "/api/packages/" + pkg + "/receipt",
		"/api/packages/" + pkg + "/documents/package.json"} {
		s.As(s.Director()).Do("GET", path, nil).Wants(http.StatusNotFound)
	}
	for path, body := range map[string]object{one + "/reopen": {"why": "w", "version": 99}, one + "/notes": {"text": "n"}, one + "/disposal": {"version": 99},
		"/api/packages/" + pkg + "/recall": {"why": "w"}, "/api/packages/" + pkg + "/deliveries": {"way": "folder"}, "/api/deliveries/" + delivery + "/receipt": {"signed_by": "w"}} {
		s.As(s.Director()).Do("POST", path, body).Wants(http.StatusForbidden)
	}
	var due filesDue
	if s.As(s.Director()).Do("GET", "/api/request-files", nil).Wants(http.StatusOK).Into(&due); len(due.Files) != 0 {
		t.Errorf("%+v", due)
	}
}
