package api

import (
	"context"
	"encoding/hex"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/request"
	"github.com/footage-custody/custody/internal/door/gate"
	"github.com/footage-custody/custody/internal/trust/access"
)

func (s rooms) archiveLines() []route {
	const of = "/api/requests/:request/disposal"
	return []route{
		list("request-files", "/api/request-files", access.RequestView, "Files of closed requests whose time is over, the earliest first", answers(ok, s.requestFiles)),
		carry("request-dispose", post, of, access.RequestDispose, "Propose that the file of a closed request is disposed of; a second person carries it out", answers(ok, s.disposeRequest)),
		carry("request-dispose-confirm", post, of+"/confirm", access.RequestDisposeConfirm, "Destroy the words of a request's file for good, as the second person; its tombstone stays", answers(ok, s.confirmDisposal)),
	}
}

// RequestFile is the file of a closed request whose time is over.
type RequestFile struct {
	ID       string            `json:"id"`
	Number   string            `json:"number"`
	Kind     string            `json:"kind" enum:"open-records,law-enforcement"`
	Closing  string            `json:"closing"`
	ClosedAt string            `json:"closed_at" format:"date-time"`
	DueAt    string            `json:"due_at" format:"date-time" doc:"Since when it may be disposed of"`
	Keeps    string            `json:"keeps,omitempty" doc:"What keeps it all the same; absent: nothing"`
	Proposal *DisposalProposal `json:"proposal,omitempty"`
	Version  int64             `json:"version" doc:"To be sent back"`
}

// DisposalProposal says who proposed to dispose of a file.
type DisposalProposal struct {
	By  PersonRef `json:"by"`
	At  string    `json:"at" format:"date-time"`
	Why string    `json:"why,omitempty"`
}

// RequestFiles are files whose time is over, and the schedule that says so.
type RequestFiles struct {
	Files     []RequestFile `json:"files"`
	Years     int           `json:"years" doc:"For so many years after its closing a file is kept"`
	Authority string        `json:"authority" doc:"The schedule, as tombstones name it"`
}

// Tombstone is what says that a request's file was disposed of: by whom, when, under which schedule, and what by its digest.
type Tombstone struct {
	At          string    `json:"at" format:"date-time"`
	ProposedBy  PersonRef `json:"proposed_by"`
	ProposedAt  string    `json:"proposed_at" format:"date-time"`
	Why         string    `json:"why,omitempty"`
	ConfirmedBy PersonRef `json:"confirmed_by"`
	Authority   string    `json:"authority"`
	FileSHA256  string    `json:"file_sha256" doc:"Over all that was destroyed: a copy out of a backup can be held against it"`
	FinalAt     string    `json:"final_at" format:"date-time" doc:"When the last backup that holds the words ages out"`
}

func (s rooms) requestFiles(ctx context.Context, _ *none) (RequestFiles, error) {
	all, err := s.Archive.List(ctx, gate.PassOf(ctx).Scope)
	if err != nil {
		return RequestFiles{}, err
	}
	n, err := s.names(ctx)
	return RequestFiles{Files: each(all, s.fileOut(n)), Years: s.Archive.Years(), Authority: s.Archive.Authority()}, err
}

func (s rooms) fileOut(n names) func(request.Aged) RequestFile {
	return func(g request.Aged) RequestFile {
		out := RequestFile{ID: string(g.ID), Number: g.Number, Kind: string(g.Kind), Closing: string(g.Closing), ClosedAt: stamp(g.Ended),
			DueAt: stamp(s.Archive.Due(g)), Version: g.Version}
		if err := s.Archive.Keeps(g); err != nil {
			out.Keeps = custody.PublicText(err)
		}
		if d := g.Disposal; d.By != "" {
			out.Proposal = &DisposalProposal{By: n.person(d.By), At: stamp(d.Proposed), Why: d.Why}
		}
		return out
	}
}

type disposeIn struct {
	Request string `path:"request"`
	Body    struct {
		Why     string `json:"why,omitempty" maxLength:"500"`
		Version int64  `json:"version" minimum:"1" doc:"The request's, as it was read"`
	}
}

func (s rooms) disposeRequest(ctx context.Context, in *disposeIn) (RequestFile, error) {
	g, err := s.act(ctx, access.RequestDispose, "req_", in.Request, in.Body.Version)
	if err != nil {
		return RequestFile{}, err
	}
	f, err := s.Archive.Propose(ctx, g, custody.RequestID(in.Request), in.Body.Why)
	if err != nil {
		return RequestFile{}, err
	}
	n, err := s.names(ctx)
	return s.fileOut(n)(f), err
}

type confirmDisposalIn struct {
	Request string `path:"request"`
	Body    struct {
		Version int64 `json:"version" minimum:"1" doc:"The request's, as it was read"`
	}
}

func (s rooms) confirmDisposal(ctx context.Context, in *confirmDisposalIn) (Tombstone, error) {
	g, err := s.act(ctx, access.RequestDisposeConfirm, "req_", in.Request, in.Body.Version)
	if err != nil {
		return Tombstone{}, err
	}
	f, err := s.Archive.Confirm(ctx, g, custody.RequestID(in.Request))
	if err != nil {
		return Tombstone{}, err
	}
	n, err := s.names(ctx)
	return *n.tombstone(f.Disposal), err
}

func (n names) tombstone(d request.FileDisposal) *Tombstone {
	return &Tombstone{At: stamp(d.At), ProposedBy: n.person(d.By), ProposedAt: stamp(d.Proposed), Why: d.Why, ConfirmedBy: n.person(d.Confirmed),
		Authority: d.Authority, FileSHA256: hex.EncodeToString(d.SHA256[:]), FinalAt: stamp(d.Final)}
}

// buried completes the answer about a request whose file was disposed of: its tombstone, and that nothing is to be done.
func (s rooms) buried(ctx context.Context, scope access.Scope, n names, f request.File, out Request) (Request, error) {
	if f.Disposed == 0 {
		return out, nil
	}
	g, err := s.Archive.ByID(ctx, scope, f.ID)
	if err != nil {
		return Request{}, err
	}
	out.Disposed, out.PickUp, out.Can = n.tombstone(g.Disposal), "", []string{}
	out.Next = Next{"none", "The file of this request was disposed of. What stands here is all that is left of it.", ""}
	return out, nil
}

// inWords reports with NotFound that a request has no words left to make a letter of.
func inWords(f request.File) error {
	if f.Disposed == 0 {
		return nil
	}
	return custody.Errorf(custody.NotFound, "the file of this request was disposed of on %s: there is no letter about it any more", f.Disposed)
}
