package inspection

import (
	"encoding/json"
	"io"
	"strconv"
	"strings"
)

// Formats of an export.
const (
	CSV   Format = "csv"   // RFC 4180 with a header; a cell that a spreadsheet could take for a formula begins with an apostrophe
	JSONL Format = "jsonl" // one JSON object a line, exact
)

// Format is how an export is written.
type Format string

// ContentType is the media type of the format; empty for one that there is not.
func (f Format) ContentType() string {
	switch f {
	case CSV:
		return "text/csv; charset=utf-8; header=present"
	case JSONL:
		return "application/jsonl; charset=utf-8"
	}
	return ""
}

// columns are the header of a CSV. The last one tells its reader how cells were made safe.
func columns() []string {
	return []string{"epoch", "index", "id", "type", "at", "actor", "actor_name", "camera", "subject", "disposed",
		"detail (cells that would begin with = + - @ tab or return have an apostrophe before them)"}
}

// sheet writes a CSV by RFC 4180: CRLF, and quotes around every cell that needs them.
type sheet struct{ w io.Writer }

func (s sheet) begin() error { return s.row(columns()) }

func (s sheet) entry(e Entry) error {
	return s.row([]string{strconv.FormatUint(uint64(e.Epoch), 10), strconv.FormatUint(e.Index, 10), string(e.ID), string(e.Type), e.At.String(),
		e.Actor, e.ActorName, string(e.Camera), e.Subject, strconv.FormatBool(e.Disposed), string(e.Detail)})
}

func (s sheet) row(cells []string) error {
	var line strings.Builder
	for i, c := range cells {
		if i > 0 {
			line.WriteByte(',')
		}
		line.WriteString(quote(harmless(c)))
	}
	line.WriteString("\r\n")
	_, err := io.WriteString(s.w, line.String())
	return err
}

// harmless keeps a spreadsheet from computing what somebody wrote: a cell that begins with one of the characters that begin a
// formula gets an apostrophe before it.
func harmless(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

func quote(cell string) string {
	if !strings.ContainsAny(cell, ",\"\r\n") {
		return cell
	}
	return `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
}

// lines writes JSON Lines.
type lines struct{ w io.Writer }

func (l lines) begin() error { return nil }

func (l lines) entry(e Entry) error {
	out, err := json.Marshal(line{e.Epoch, e.Index, string(e.ID), string(e.Type), e.At.String(), e.Actor, e.ActorName, string(e.Camera),
		e.Subject, e.Disposed, e.Detail})
	if err != nil {
		return err
	}
	_, err = l.w.Write(append(out, '\n'))
	return err
}

type line struct {
	Epoch     uint32          `json:"epoch"`
	Index     uint64          `json:"index"`
	ID        string          `json:"id"`
	Type      string          `json:"type"`
	At        string          `json:"at"`
	Actor     string          `json:"actor"`
	ActorName string          `json:"actor_name,omitempty"`
	Camera    string          `json:"camera,omitempty"`
	Subject   string          `json:"subject,omitempty"`
	Disposed  bool            `json:"disposed,omitempty"`
	Detail    json.RawMessage `json:"detail,omitempty"`
}
