package api

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/door/gate"
)

// maxFaults bounds how many places one answer complains about.
const maxFaults = 20

// asProblem is the one place where huma's own complaints become the gate's problems. They carry what was submitted - a
// password, it may be - so only the place and a sentence of a known form are taken over. huma's hook for this is a global
// variable, which anybody could change; a transformer belongs to this API alone.
func asProblem(ctx huma.Context, _ string, v any) (any, error) {
	complaint, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	var faults []gate.Fault
	for _, d := range complaint.Errors {
		if d != nil && len(faults) < maxFaults {
			faults = append(faults, faultOf(d))
		}
	}
	p := gate.NewProblem(gate.RequestID(ctx.Context()), custody.Errorf(kindOf(complaint.Status), "%s", sentenceOf(complaint.Status)), faults...)
	p.Status = complaint.Status
	p.Title = titleOf(complaint.Status, p.Title)
	ctx.SetHeader("Content-Type", p.ContentType(""))
	ctx.SetHeader("Cache-Control", "no-store")
	return p, nil
}

// faultOf keeps of a complaint what the caller did not write.
func faultOf(d *huma.ErrorDetail) gate.Fault {
	f := gate.Fault{Location: d.Location, Message: d.Message}
	switch {
	case d.Message == validation.MsgUnexpectedProperty:
		f.Location, f.Message = parent(d.Location), "a field that is not known stands here"
	case d.Message == "unknown query parameter":
		f.Location, f.Message = "query", "a parameter that is not known stands here"
	case d.Value != nil && d.Location == "body":
		f.Message = "this is not the JSON that is expected"
	case strings.HasPrefix(d.Message, "expected "), strings.HasPrefix(d.Message, "required "), strings.HasPrefix(d.Message, "invalid "):
		f.Message, _, _ = strings.Cut(d.Message, ":")
	default:
		f.Message = "this cannot be read"
	}
	return f
}

// parent is the place that holds a field whose name the caller chose.
func parent(location string) string {
	if i := strings.LastIndexByte(location, '.'); i >= 0 {
		location = location[:i]
	}
	if root, _, _ := strings.Cut(location, "."); root == "body" && len(location) < 80 {
		return location
	}
	return "body"
}

func kindOf(status int) custody.Kind {
	if status >= 500 {
		return custody.Internal
	}
	return custody.Invalid
}

func sentenceOf(status int) string {
	switch status {
	case 400:
		return "the body is missing or is not JSON"
	case 406:
		return "answers are application/json"
	case 408:
		return "the body did not come in time"
	case 413:
		return "the body is too long"
	case 415:
		return "the body must be application/json"
	}
	return "some fields are wrong: errors says which, and what is expected there"
}

func titleOf(status int, otherwise string) string {
	switch status {
	case 400:
		return "Bad Request"
	case 406:
		return "Not Acceptable"
	case 408:
		return "Request Timeout"
	case 413:
		return "Request Entity Too Large"
	case 415:
		return "Unsupported Media Type"
	}
	return otherwise
}

// strictJSON reads what encoding/json reads, less what two readers could understand differently: a name that stands twice in
// one object, whatever its case.
func strictJSON() huma.Format {
	return huma.Format{
		Marshal: func(w io.Writer, v any) error {
			e := json.NewEncoder(w)
			e.SetEscapeHTML(false)
			return e.Encode(filled(v))
		},
		Unmarshal: func(b []byte, v any) error {
			if err := noTwins(json.NewDecoder(bytes.NewReader(b)), 0); err != nil {
				return err
			}
			return json.Unmarshal(b, v)
		},
	}
}

// maxDepth bounds how deeply a body may be nested; a WebAuthn credential needs four.
const maxDepth = 16

// noTwins reads one value and refuses an object that has a name twice.
func noTwins(d *json.Decoder, depth int) error {
	token, err := d.Token()
	if err != nil {
		return err
	}
	open, nested := token.(json.Delim)
	switch {
	case !nested:
		return nil
	case depth == maxDepth:
		return custody.Errorf(custody.Invalid, "the body is nested too deeply")
	}
	seen := map[string]bool{}
	for d.More() {
		if open == '{' {
			name, err := d.Token()
			if err != nil {
				return err
			}
			key := strings.ToLower(name.(string))
			if seen[key] {
				return custody.Errorf(custody.Invalid, "the body names a field twice")
			}
			seen[key] = true
		}
		if err := noTwins(d, depth+1); err != nil {
			return err
		}
	}
	_, err = d.Token() // the closing delimiter
	return err
}
