package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/footage-custody/custody/internal/capture/camera"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/identity"
)

type footageCommand struct {
	List  footageList  `cmd:"" help:"List the spans that a camera recorded, and its gaps with their causes."`
	Write footageWrite `cmd:"" help:"Write a span of a camera as MP4, one file for each run."`
}

// which names a camera's stream and a span, for both commands.
type which struct {
	Camera  string `arg:"" help:"The camera's name or id."`
	Stream  string `help:"main or sub." enum:"main,sub" default:"main"`
	From    string `help:"Start, such as 2026-11-03T14:05:00-06:00; or a duration before now, such as 10m."`
	To      string `help:"End, likewise; now if left out."`
	Purpose string `help:"Why, in a sentence. It is written into the diary." required:""`
}

// ask resolves the words and puts the question to the judge.
func (w which) ask(ctx context.Context, b *books, action access.Action) (camera.Camera, camera.Stream, access.Grant, error) {
	span, err := w.span(b.clock.Now())
	if err != nil {
		return camera.Camera{}, camera.Stream{}, access.Grant{}, err
	}
	cam, err := b.registry.Find(ctx, w.Camera)
	if err != nil {
		return cam, camera.Stream{}, access.Grant{}, err
	}
	for _, st := range cam.Streams {
		if st.Role == media.StreamRole(w.Stream) {
			operator, err := identity.Operator(b.ring)
			if err != nil {
				return cam, st, access.Grant{}, err
			}
			grant, err := b.judge.Decide(ctx, operator, access.Ask{Action: action, Camera: cam.ID, Span: span, Purpose: w.Purpose})
			return cam, st, grant, err
		}
	}
	return cam, camera.Stream{}, access.Grant{}, custody.Errorf(custody.NotFound, "--stream: %s has no %s stream", cam.Name, w.Stream)
}

func (w which) span(now custody.Instant) (s custody.Span, err error) {
	if s.Start, err = instant("--from", w.From, now, now.Add(-time.Hour)); err != nil {
		return s, err
	}
	if s.End, err = instant("--to", w.To, now, now); err != nil {
		return s, err
	}
	if s.Empty() {
		return s, custody.Errorf(custody.Invalid, "--to: the span %s ends before it starts", s)
	}
	return s, nil
}

// instant reads an instant, or a duration before now.
func instant(field, text string, now, none custody.Instant) (custody.Instant, error) {
	if text == "" {
		return none, nil
	}
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return now.Add(-d), nil
	}
	i, err := custody.ParseInstant(text)
	if err != nil {
		return 0, custody.Errorf(custody.Invalid, "%s: %s; a duration before now such as 10m also serves", field, custody.PublicText(err))
	}
	return i, nil
}

type footageList struct {
	which
	JSON bool `help:"One JSON object a line."`
}

// piece is one line of the list.
type piece struct {
	Start    string         `json:"start"`
	End      string         `json:"end,omitempty"`
	Seconds  float64        `json:"seconds,omitempty"`
	Kind     string         `json:"kind"` // recorded or gap
	Cause    media.GapCause `json:"cause,omitempty"`
	Detail   string         `json:"detail,omitempty"`
	Segments int            `json:"segments,omitempty"`
	Units    uint64         `json:"units,omitempty"`
	Damaged  uint64         `json:"damaged,omitempty"`

	span custody.Span
}

// Run lists what the stream recorded within the span: adjoining segments as one.
func (c *footageList) Run(ctx context.Context, cli *commands, term terminal) error {
	b, err := openBooks(ctx, cli.Config, term.err)
	if err != nil {
		return err
	}
	defer b.close()
	_, st, grant, err := c.ask(ctx, b, access.FootageList)
	if err != nil {
		return err
	}
	pieces, err := recordOf(ctx, b, st.ID, grant.Span())
	if err != nil {
		return err
	}
	if c.JSON {
		enc := json.NewEncoder(term.out)
		for _, p := range pieces {
			if err := enc.Encode(p); err != nil {
				return err
			}
		}
		return nil
	}
	return writePieces(term.out, pieces, b.config.Site.Location())
}

// recordOf merges a stream's segments and gaps into one list in time order.
func recordOf(ctx context.Context, b *books, stream custody.StreamID, span custody.Span) ([]*piece, error) {
	var out []*piece
	var open *piece
	for row, err := range b.db.Segments(ctx, stream, span) {
		if err != nil {
			return nil, err
		}
		if open == nil || open.span.End != row.Span.Start {
			open = &piece{Kind: "recorded", span: row.Span}
			out = append(out, open)
		}
		open.span.End = row.Span.End
		open.Segments++
		open.Units += row.Units
		open.Damaged += row.Damaged
	}
	for g, err := range b.db.Gaps(ctx, stream, span) {
		if err != nil {
			return nil, err
		}
		out = append(out, &piece{Kind: "gap", Cause: g.Cause, Detail: g.Detail, span: g.Span})
	}
	return finishPieces(out), nil
}

// writePieces prints the list in the site's zone.
func writePieces(w io.Writer, pieces []*piece, zone *time.Location) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "FROM\tTO\tSECONDS\tWHAT")
	for _, p := range pieces {
		end := "now"
		var what string
		if p.span.End != 0 {
			end = p.span.End.Time().In(zone).Format("2006-01-02 15:04:05.000 MST")
		}
		switch {
		case p.Kind == "gap":
			what = "gap: " + string(p.Cause)
			if p.Detail != "" {
				what += " (" + p.Detail + ")"
			}
		case p.Damaged > 0:
			what = fmt.Sprintf("recorded: %d frames, %d of them damaged on the way", p.Units, p.Damaged)
		default:
			what = fmt.Sprintf("recorded: %d frames", p.Units)
		}
		fmt.Fprintf(t, "%s\t%s\t%.1f\t%s\n", p.span.Start.Time().In(zone).Format("2006-01-02 15:04:05.000 MST"), end, p.Seconds, what)
	}
	if len(pieces) == 0 {
		fmt.Fprintln(t, "nothing is recorded in this span")
	}
	return t.Flush()
}
