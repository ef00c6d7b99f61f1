package api

import (
	"context"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/request"
	"github.com/footage-custody/custody/internal/door/gate"
	"github.com/footage-custody/custody/internal/trust/access"
)

func (s rooms) requestLines() []route {
	const one = "/api/requests/:request"
	return []route{
		list("requests", "/api/requests", access.RequestView, "Requests, by the date that binds", answers(ok, s.requests)),
		decide("request-log", post, "/api/requests", access.RequestLog, "Log a request. It has its number and what it asks for is held when this answers", answers(created, s.logRequest)),
		list("request", one, access.RequestView, "One request with everything about it", answers(ok, s.request)),
		carry("request-change", patch, one, access.RequestPrepare, "Correct facts of a request; what was asked, word for word, never changes", answers(ok, s.correctRequest)),
		carry("request-call-back", post, one+"/call-back", access.RequestPrepare, "Record that the officer was called back on a number of the directory", answers(ok, s.callBack)),
		carry("request-note", post, one+"/notes", access.RequestPrepare, "Add a note to the file", answers(ok, s.noteRequest)),
		carry("request-clarify", post, one+"/clarify", access.RequestPrepare, "Ask the requester; the clocks run on, and the hold stays", answers(ok, s.clarify)),
		carry("request-misdirect", post, one+"/misdirect", access.RequestPrepare, "Say that another body has what is asked for; the hold stays", answers(ok, s.misdirect)),
		carry("request-resume", post, one+"/resume", access.RequestPrepare, "Go on", answers(ok, s.resume)),
		carry("request-close", post, one+"/close", access.RequestClose, "Close a request", answers(ok, s.closeRequest)),
		carry("request-reopen", post, one+"/reopen", access.RequestClose, "Open a closed request again", answers(ok, s.reopenRequest)),
		list("citations", "/api/citations", access.RequestView, "Reasons that the law knows for not giving all; a decision may give another", answers(ok, s.citations)),
		list("agencies", "/api/agencies", access.RequestView, "The directory by which officers are called back", answers(ok, s.agencies)),
		decide("agency-add", post, "/api/agencies", access.AgencyManage, "Add an agency to the directory", answers(created, s.addAgency)),
		decide("agency-change", put, "/api/agencies/:agency", access.AgencyManage, "Change an entry of the directory", answers(ok, s.changeAgency)).of("agency"),
		decide("agency-remove", remove, "/api/agencies/:agency", access.AgencyManage, "Take an entry off the directory", does(s.removeAgency)).of("agency"),
		own("local-times", get, "/api/local-times", "The instants that a local time of the site means: two in the hour that comes twice, none in the one that is skipped", answers(ok, s.localTimes)),
	}
}

// act asks the judge about one act on what somebody read: the version is the one that they saw.
func (s rooms) act(ctx context.Context, action access.Action, prefix, subject string, version int64) (access.Grant, error) {
	if err := known(prefix, subject, "matter"); err != nil {
		return access.Grant{}, err
	}
	return s.Judge.Decide(ctx, gate.PassOf(ctx).Actor, access.Ask{Action: action, Subject: subject, Version: version})
}

type requestsIn struct {
	Open  bool   `query:"open" doc:"Only those that are neither closed nor disposed of"`
	State string `query:"state" enum:"received,clarify,misdirected,scoped,proposed,decided,available,delivered,closed"`
	Limit int    `query:"limit" minimum:"1" maximum:"500" default:"100"`
}

func (s rooms) requests(ctx context.Context, in *requestsIn) (Requests, error) {
	list, err := s.Requests.List(ctx, gate.PassOf(ctx).Scope, request.Filter{Open: in.Open, State: request.State(in.State), Limit: in.Limit})
	if err != nil {
		return Requests{}, err
	}
	n, err := s.names(ctx)
	return Requests{each(list, func(r request.Request) RequestSummary { return s.summary(n, request.File{Request: r}) })}, err
}

type requestLogIn struct {
	Body struct {
		Kind        string     `json:"kind" enum:"open-records,law-enforcement"`
		Channel     string     `json:"channel" enum:"in-person,telephone,e-mail,letter,other"`
		Received    string     `json:"received,omitempty" maxLength:"40" doc:"When it reached any employee; now if absent"`
		ReceivedWhy string     `json:"received_why,omitempty" maxLength:"500" doc:"Why it is logged more than two days later"`
		Text        string     `json:"text" minLength:"1" maxLength:"20000" doc:"Word for word"`
		Oral        bool       `json:"oral,omitempty" doc:"It was spoken; then say whether it was read back"`
		ReadBack    bool       `json:"read_back,omitempty"`
		Inspect     bool       `json:"inspect,omitempty"`
		Requester   *Requester `json:"requester,omitempty" doc:"Nobody has to say who they are"`
		Officer     *Officer   `json:"officer,omitempty"`
		Asked       *Asked     `json:"asked,omitempty" doc:"Absent: nothing is known of place and time"`
		Concerned   []string   `json:"concerned,omitempty" maxItems:"20" doc:"Ids of staff who filed it or are its subject"`
	}
}

func (s rooms) logRequest(ctx context.Context, in *requestLogIn) (Logged, error) {
	b := in.Body
	received, err := instant("received", b.Received)
	if err != nil {
		return Logged{}, err
	}
	want := request.In{Kind: request.Kind(b.Kind), Channel: request.Channel(b.Channel), Received: received, Late: b.ReceivedWhy, Text: b.Text, Oral: b.Oral,
		ReadBack: b.ReadBack, NotReadBack: b.Oral && !b.ReadBack, Inspect: b.Inspect, Requester: requesterIn(b.Requester), Officer: officerIn(b.Officer),
		Concerned: staffIDs(b.Concerned)}
	if want.Asked, err = askedIn(b.Asked); err != nil {
		return Logged{}, err
	}
	logged, err := s.Requests.Log(ctx, gate.PassOf(ctx).Grant, want)
	if err != nil {
		return Logged{}, err
	}
	return s.loggedOut(ctx, logged)
}

type requestIn struct {
	Request string `path:"request"`
}

func (s rooms) request(ctx context.Context, in *requestIn) (Request, error) {
	if err := known("req_", in.Request, "request"); err != nil {
		return Request{}, err
	}
	f, err := s.Requests.ByID(ctx, gate.PassOf(ctx).Scope, custody.RequestID(in.Request))
	return s.requestOut(ctx, gate.PassOf(ctx).Scope, f, err)
}

type requestChangeIn struct {
	Request string `path:"request"`
	Body    struct {
		Requester   *Requester `json:"requester,omitempty"`
		Officer     *Officer   `json:"officer,omitempty"`
		Asked       *Asked     `json:"asked,omitempty"`
		Concerned   *[]string  `json:"concerned,omitempty" maxItems:"20"`
		Received    *string    `json:"received,omitempty" maxLength:"40"`
		ReceivedWhy *string    `json:"received_why,omitempty" maxLength:"500"`
		Inspect     *bool      `json:"inspect,omitempty"`
		Because     string     `json:"because,omitempty" maxLength:"2000" doc:"Why; needed with received and concerned"`
		Version     int64      `json:"version" minimum:"1" doc:"As it was read"`
	}
}

func (s rooms) correctRequest(ctx context.Context, in *requestChangeIn) (Request, error) {
	c, err := in.correction()
	if err != nil {
		return Request{}, err
	}
	return s.onRequest(ctx, access.RequestPrepare, in.Request, in.Body.Version, func(g access.Grant, id custody.RequestID) (request.File, error) {
		return s.Requests.Correct(ctx, g, id, c)
	})
}

// onRequest does one act on a request under a decision of its own, and answers with what became of it.
func (s rooms) onRequest(ctx context.Context, action access.Action, id string, version int64, act func(access.Grant, custody.RequestID) (request.File, error)) (Request, error) {
	g, err := s.act(ctx, action, "req_", id, version)
	if err != nil {
		return Request{}, err
	}
	f, err := act(g, custody.RequestID(id))
	return s.showRequest(ctx, f, err)
}

// showRequest answers with a request that was changed just now. Who changes requests may see them; if not - they said that it concerns them - the
// change stands all the same.
func (s rooms) showRequest(ctx context.Context, f request.File, err error) (Request, error) {
	if err != nil {
		return Request{}, err
	}
	scope, err := s.Judge.Scope(ctx, gate.PassOf(ctx).Actor, access.RequestView)
	if err == nil && !scope.Shows(f.ID) {
		err = custody.Errorf(custody.NotFound, "it is done; the request concerns you, so you see nothing of it any more")
	}
	return s.requestOut(ctx, scope, f, err)
}

type callBackIn struct {
	Request string `path:"request"`
	Body    struct {
		Agency  string `json:"agency" maxLength:"64" doc:"Id of an entry of the directory"`
		Reached bool   `json:"reached"`
		Spoke   string `json:"spoke,omitempty" maxLength:"200" doc:"With whom"`
	}
}

func (s rooms) callBack(ctx context.Context, in *callBackIn) (Request, error) {
	if err := known("agy_", in.Body.Agency, "agency"); err != nil {
		return Request{}, err
	}
	return s.onRequest(ctx, access.RequestPrepare, in.Request, 0, func(g access.Grant, id custody.RequestID) (request.File, error) {
		return s.Requests.CallBack(ctx, g, id, custody.AgencyID(in.Body.Agency), in.Body.Reached, in.Body.Spoke)
	})
}

type wordsIn struct {
	Request string `path:"request"`
	Body    struct {
		Text string `json:"text" minLength:"1" maxLength:"4000"`
	}
}

func (s rooms) noteRequest(ctx context.Context, in *wordsIn) (Request, error) {
	g, err := s.act(ctx, access.RequestPrepare, "req_", in.Request, 0)
	if err != nil {
		return Request{}, err
	}
	if err := s.Requests.Note(ctx, g, custody.RequestID(in.Request), in.Body.Text); err != nil {
		return Request{}, err
	}
	scope, err := s.Judge.Scope(ctx, gate.PassOf(ctx).Actor, access.RequestView)
	if err != nil {
		return Request{}, err
	}
	f, err := s.Requests.ByID(ctx, scope, custody.RequestID(in.Request))
	return s.requestOut(ctx, scope, f, err)
}

func (s rooms) clarify(ctx context.Context, in *wordsIn) (Request, error) {
	return s.onRequest(ctx, access.RequestPrepare, in.Request, 0, func(g access.Grant, id custody.RequestID) (request.File, error) {
		return s.Requests.Clarify(ctx, g, id, in.Body.Text)
	})
}

func (s rooms) misdirect(ctx context.Context, in *wordsIn) (Request, error) {
	return s.onRequest(ctx, access.RequestPrepare, in.Request, 0, func(g access.Grant, id custody.RequestID) (request.File, error) {
		return s.Requests.Misdirect(ctx, g, id, in.Body.Text)
	})
}

func (s rooms) resume(ctx context.Context, in *wordsIn) (Request, error) {
	return s.onRequest(ctx, access.RequestPrepare, in.Request, 0, func(g access.Grant, id custody.RequestID) (request.File, error) {
		return s.Requests.Resume(ctx, g, id, in.Body.Text)
	})
}

type closeIn struct {
	Request string `path:"request"`
	Body    struct {
		Closing string `json:"closing,omitempty" maxLength:"20" doc:"Absent: what the items say"`
		Why     string `json:"why,omitempty" maxLength:"2000"`
		Version int64  `json:"version" minimum:"1" doc:"As it was read"`
	}
}

func (s rooms) closeRequest(ctx context.Context, in *closeIn) (Request, error) {
	return s.onRequest(ctx, access.RequestClose, in.Request, in.Body.Version, func(g access.Grant, id custody.RequestID) (request.File, error) {
		return s.Requests.Close(ctx, g, id, request.Closing(in.Body.Closing), in.Body.Why)
	})
}

func (s rooms) reopenRequest(ctx context.Context, in *closeIn) (Request, error) {
	return s.onRequest(ctx, access.RequestClose, in.Request, in.Body.Version, func(g access.Grant, id custody.RequestID) (request.File, error) {
		return s.Requests.Reopen(ctx, g, id, in.Body.Why)
	})
}
