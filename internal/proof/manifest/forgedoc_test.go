package manifest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
)

// node is a JSON value that keeps the order and the spelling of what it holds.
type node struct {
	key  string // as a member
	kind byte   // '{', '[' or 'v'
	text string // of a 'v', as it is written
	kids []*node
}

func parseNode(d *json.Decoder) *node {
	t, err := d.Token()
	if err != nil {
		return nil
	}
	delim, ok := t.(json.Delim)
	if !ok {
		return &node{kind: 'v', text: spelled(t)}
	}
	n := &node{kind: byte(delim)}
	for d.More() {
		key := ""
		if n.kind == '{' {
			k, err := d.Token()
			if err != nil {
				return nil
			}
			key, _ = k.(string)
		}
		kid := parseNode(d)
		if kid == nil {
			return nil
		}
		kid.key = key
		n.kids = append(n.kids, kid)
	}
	if _, err := d.Token(); err != nil {
		return nil
	}
	return n
}

// spelled writes a text, a number or a word.
func spelled(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// write is the one form of a document; indent is empty for a line.
func (n *node) write(b *bytes.Buffer, newline, indent string) {
	if n.kind == 'v' {
		b.WriteString(n.text)
		return
	}
	b.WriteByte(n.kind)
	for i, kid := range n.kids {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(newline + indent)
		if n.kind == '{' {
			b.WriteString(spelled(kid.key) + ":")
			if indent != "" {
				b.WriteByte(' ')
			}
		}
		kid.write(b, newline+indent, indent)
	}
	if len(n.kids) > 0 {
		b.WriteString(newline)
	}
	b.WriteByte(n.kind + 2)
}

func (n *node) all(out []*node) []*node {
	out = append(out, n)
	for _, kid := range n.kids {
		out = kid.all(out)
	}
	return out
}

// members changes one value, member or element of a document and writes it in the one form again.
func (f *forger) members() {
	name := one(f, []string{filePackage, filePackage, filePackage, fileCustody, fileSigningKey, "segment", "segment"})
	if name == "segment" {
		name = f.any("/seg_")
		if !strings.HasSuffix(name, ".json") {
			name = strings.TrimSuffix(name, ".units") + ".json"
		}
	}
	content, before, after, newline, indent := f.files[name], "", "\n", "\n", "  "
	if name == fileCustody {
		lines := strings.SplitAfter(string(content), "\n")
		i := f.IntN(len(lines))
		before, content, after = strings.Join(lines[:i], ""), []byte(lines[i]), "\n"+strings.Join(lines[i+1:], "")
		newline, indent = "", ""
	}
	d := json.NewDecoder(bytes.NewReader(content))
	d.UseNumber()
	root := parseNode(d)
	if root == nil {
		return
	}
	n := one(f, root.all(nil))
	was := n.key
	what := f.change(n)
	f.note("%s: %s %q", name, what, was)
	var b bytes.Buffer
	b.WriteString(before)
	root.write(&b, newline, indent)
	b.WriteString(after)
	f.files[name] = b.Bytes()
}

func (f *forger) change(n *node) string {
	if f.IntN(20) == 0 {
		*n = node{key: n.key, kind: 'v', text: one(f, []string{"null", "true", `""`, "0", "[]", "{}"})}
		return "become " + n.text
	}
	switch {
	case n.kind == 'v' && strings.HasPrefix(n.text, `"`):
		var s string
		if json.Unmarshal([]byte(n.text), &s) != nil {
			return "nothing"
		}
		n.text = spelled(f.text(s))
	case n.kind == 'v':
		f.number(n)
	case len(n.kids) > 0:
		return f.order(n)
	default:
		n.kids = append(n.kids, &node{key: "more", kind: 'v', text: "1"})
	}
	return "become " + n.text
}

var (
	timeForm = regexp.MustCompile(`^\d{4}-\d\d-\d\dT`)
	hexForm  = regexp.MustCompile(`^[0-9a-f]{32,}$`)
)

// text is another text of the same sort.
func (f *forger) text(s string) string {
	i := f.at(len(s))
	switch {
	case timeForm.MatchString(s):
		if f.IntN(6) == 0 {
			return one(f, []string{s[:19] + "Z", strings.Replace(s, "Z", "+00:00", 1), "2026-02-30T00:00:00.000000Z", "2026-11-03T23:59:60.000000Z", s[:26] + "0Z", "0000-01-01T00:00:00.000000Z"})
		}
		t, err := custody.ParseInstant(s)
		if err != nil {
			return s
		}
		return (t + custody.Instant(one(f, []int64{1, -1, 1000, -1000, 1e6, -1e6, 2e6, -2e6, 100_000, -100_000, 3600e6}))).String()
	case hexForm.MatchString(s):
		if f.IntN(4) == 0 {
			return strings.ToUpper(s)
		}
		return s[:i] + one(f, []string{"0", "1", "a", "g", ""}) + s[i+1:]
	case isBase64(s) && f.IntN(4) > 0:
		b, _ := base64.StdEncoding.DecodeString(s)
		b[f.at(len(b))] ^= 1 << f.IntN(8)
		if f.IntN(4) == 0 {
			b = b[:len(b)-1]
		}
		return base64.StdEncoding.EncodeToString(b)
	case len(s) > 0 && f.IntN(2) == 0:
		return s[:i] + one(f, []string{"x", "", "0", "-", "A"}) + s[i+1:]
	}
	return one(f, []string{"", s + "x", s + " ", s + "\u2028", s + "\u00a0", s + "é", s + "\n", s + "\t", s + "\x7f", "\U0001F600" + s, s + "\u00ad", strings.ToUpper(s), "../" + s,
		s + "\ufeff", s + "\x00", s + "\\", s + "<&>", s + "\u0301", s + "\ue000", s + "\u0378", "a\u2003b", strings.Repeat("é", 8193), strings.Repeat("a", 65),
		"original", "viewing", "redacted", "grant", "deny", "h265", "opus", "data/original/front-desk.mp4", "gap.closed"})
}

func (f *forger) number(n *node) {
	v, err := strconv.ParseInt(n.text, 10, 64)
	if err != nil || f.IntN(6) == 0 {
		n.text = one(f, []string{"-0", "1e3", "1.0", "9223372036854775808", "18446744073709551616", "4294967296", "-1", "16777217", "0"})
		return
	}
	n.text = fmt.Sprint(v + one(f, []int64{1, -1, 2, 9000, -9000, 60, -v, 1 << 32, 256}))
}

// order changes which members or elements there are, and in which order.
func (f *forger) order(n *node) string {
	i, j := f.IntN(len(n.kids)), f.IntN(len(n.kids))
	what := one(f, []string{"drop", "twice", "swap", "more", "empty", "rename"})
	key := n.kids[i].key
	switch what {
	case "drop":
		n.kids = slices.Delete(n.kids, i, i+1)
	case "twice":
		n.kids = slices.Insert(n.kids, i, n.kids[i])
	case "swap":
		n.kids[i], n.kids[j] = n.kids[j], n.kids[i]
	case "more":
		n.kids = slices.Insert(n.kids, i, &node{key: "more", kind: 'v', text: "1"})
	case "empty":
		n.kids = nil
	case "rename":
		n.kids[i].key = one(f, []string{strings.ToUpper(key), key + "x", "", "time", "basis", "place", "event", "name"})
	}
	return fmt.Sprintf("%s member %d %q of", what, i, key)
}

func isBase64(s string) bool {
	b, err := base64.StdEncoding.DecodeString(s)
	return err == nil && len(b) > 8
}
