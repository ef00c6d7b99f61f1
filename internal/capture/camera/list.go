package camera

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Limits of a camera list.
const (
	MaxList    = 4 << 20 // bytes
	MaxCameras = 10000
)

// The fields of a camera in a list, the same in both formats. "name" and "url" are required.
const listFields = "name, url, sub_url, user, password, transport, audio, enabled, place, class"

// entry is one camera of a list while it is read.
type entry struct {
	line     int
	in       Input
	problems problems
	given    map[string]bool
}

func newEntry(line int) *entry { return &entry{line: line, given: map[string]bool{}} }

// set takes one field. value is never repeated in a problem: a password may stand in the wrong field.
func (e *entry) set(line int, field, value string) {
	if e.given[field] {
		e.problems.add(line, "%s: it is given twice", field)
		return
	}
	e.given[field] = true
	switch field {
	case "name":
		e.in.Name = value
	case "url":
		e.in.URL = value
	case "sub_url":
		e.in.SubURL = value
	case "user":
		e.in.User = value
	case "password":
		e.in.Password = value
	case "transport":
		e.in.Transport = value
	case "audio":
		e.in.Audio = e.flag(line, field, value, false)
	case "enabled":
		e.in.Disabled = !e.flag(line, field, value, true)
	case "place":
		e.in.Place = value
	case "class":
		e.in.Class = access.Class(value)
	}
}

func (e *entry) flag(line int, field, value string, absent bool) bool {
	switch strings.ToLower(value) {
	case "":
		return absent
	case "true", "yes":
		return true
	case "false", "no":
		return false
	}
	e.problems.add(line, "%s: write true or false", field)
	return absent
}

func isField(s string) bool { return slices.Contains(strings.Split(listFields, ", "), s) }

// finish checks every entry and the names among each other.
func finish(entries []*entry, ps problems) ([]Addition, error) {
	var out []Addition
	names := map[string]int{}
	for _, e := range entries {
		a, wrong := e.in.check()
		ps = append(ps, e.problems...)
		ps.at(e.line, wrong)
		if first, twice := names[e.in.Name]; twice && e.in.Name != "" {
			ps.add(e.line, "name: it is the same as that of line %d", first)
		} else {
			names[e.in.Name] = e.line
		}
		out = append(out, a)
	}
	if len(ps) == 0 && len(out) == 0 {
		ps.add(0, "it names no camera")
	}
	if err := ps.err("the camera list was not read:"); err != nil {
		return nil, err
	}
	return out, nil
}

// readList reads at most MaxList bytes and drops a byte order mark.
func readList(r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, MaxList+1))
	if err != nil {
		return nil, custody.Wrap(custody.Unavailable, err, "the camera list cannot be read")
	}
	if len(b) > MaxList {
		return nil, custody.Errorf(custody.Invalid, "the camera list is larger than %d bytes", MaxList)
	}
	return bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")), nil
}

// ParseCSV reads a camera list as comma-separated values (RFC 4180). The first line names the columns, in any order: name
// and url are required; sub_url, user, password, transport, audio, enabled, place and class may be left out. All problems are
// reported at once, as Invalid, with their lines.
func ParseCSV(r io.Reader) ([]Addition, error) {
	b, err := readList(r)
	if err != nil {
		return nil, err
	}
	in := csv.NewReader(bytes.NewReader(b))
	in.FieldsPerRecord = -1
	header, err := in.Read()
	if err != nil {
		return nil, custody.Errorf(custody.Invalid, "the camera list was not read: its first line must name the columns: %s", listFields)
	}
	var ps problems
	checkColumns(header, &ps)
	if len(ps) > 0 {
		return nil, ps.err("the camera list was not read:")
	}
	var entries []*entry
	for len(entries) <= MaxCameras {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			return finish(entries, ps)
		}
		if err != nil { // a quote astray: where the next record begins is anybody's guess
			ps.add(csvLine(err), "it is not well-formed CSV: check the quotation marks; what follows was not read")
			return finish(entries, ps)
		}
		line, _ := in.FieldPos(0)
		e := newEntry(line)
		if len(record) != len(header) {
			e.problems.add(line, "it has %d values for %d columns", len(record), len(header))
			ps = append(ps, e.problems...)
			continue
		}
		for i, value := range record {
			e.set(line, header[i], value)
		}
		entries = append(entries, e)
	}
	return nil, custody.Errorf(custody.Invalid, "the camera list names more than %d cameras", MaxCameras)
}

func checkColumns(header []string, ps *problems) {
	for i, name := range header {
		if !isField(name) {
			ps.add(1, "column %d is not known: the columns are %s", i+1, listFields)
		} else if slices.Contains(header[:i], name) {
			ps.add(1, "column %s stands twice", name)
		}
	}
	for _, name := range []string{"name", "url"} {
		if !slices.Contains(header, name) {
			ps.add(1, "column %s is missing", name)
		}
	}
}

func csvLine(err error) int {
	var p *csv.ParseError
	if errors.As(err, &p) {
		return p.Line
	}
	return 0
}
