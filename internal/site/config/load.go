package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/footage-custody/custody/internal/custody"
)

// MaxFileBytes bounds the configuration file.
const MaxFileBytes = 64 << 10

// Load reads the file at path and returns a complete Config, or an Invalid error (NotFound if there
// is no such file) that lists every problem with its line.
func Load(path string) (Config, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return Config{}, custody.Wrap(custody.Internal, err, "the working directory is unknown")
	}
	text, err := readBounded(path, MaxFileBytes)
	if errors.Is(err, os.ErrNotExist) {
		return Config{}, custody.Wrap(custody.NotFound, err, "there is no configuration at %s: write one with custody init, or name another with --config", path)
	}
	if err != nil {
		return Config{}, custody.Wrap(custody.Invalid, err, "the configuration %s cannot be read", path)
	}
	c, problems := parse(text, filepath.Dir(path))
	problems = append(problems, c.fileProblems(problems)...)
	if len(problems) > 0 {
		return Config{}, report(path, problems)
	}
	return c, nil
}

// problem is one thing wrong, and the line it is on; 0 if it is on none.
type problem struct {
	line int
	text string
}

func report(path string, problems []problem) error {
	slices.SortStableFunc(problems, func(a, b problem) int { return a.line - b.line })
	var b strings.Builder
	fmt.Fprintf(&b, "%s has %d problem", path, len(problems))
	if len(problems) > 1 {
		b.WriteByte('s')
	}
	for _, p := range problems {
		b.WriteString("\n  ")
		if p.line > 0 {
			fmt.Fprintf(&b, "line %d: ", p.line)
		}
		b.WriteString(p.text)
	}
	return custody.Errorf(custody.Invalid, "%s", b.String())
}

// document is the file as a tree, to find lines and to tell an absent key from a default.
type document struct {
	root     *yaml.Node
	dir      string // relative paths start here
	problems []problem
}

// parse does all of Load that needs no other file.
func parse(text []byte, dir string) (Config, []problem) {
	d := document{dir: dir}
	var whole yaml.Node
	if err := yaml.Unmarshal(text, &whole); err != nil {
		d.syntax(err)
		return Config{}, d.problems
	}
	if len(whole.Content) == 1 && whole.Content[0].Kind == yaml.MappingNode {
		d.root = whole.Content[0]
	} else {
		return Config{}, []problem{{1, "the file is not a map of keys; deploy/custody.example.yaml shows one"}}
	}
	if d.refuse(&whole); len(d.problems) > 0 {
		return Config{}, d.problems
	}
	c := Default(d.dataDir())
	d.decode(text, &c)
	d.fill(&c)
	d.check(&c)
	return c, d.problems
}

// bad adds a problem on the line of a key, or of the nearest map around it.
func (d *document) bad(key, format string, args ...any) {
	node := d.find(key)
	for parent := key; node == nil && parent != ""; {
		parent = parent[:max(0, strings.LastIndexByte(parent, '.'))]
		node = d.find(parent)
	}
	line := 0
	if node != nil && node != d.root {
		line = node.Line
	}
	d.problems = append(d.problems, problem{line, key + ": " + fmt.Sprintf(format, args...)})
}

// find returns the value of a dotted key, nil if the file does not have it.
func (d *document) find(key string) *yaml.Node {
	node := d.root
	for part := range strings.SplitSeq(key, ".") {
		if node = child(node, part); node == nil {
			return nil
		}
	}
	return node
}

func child(node *yaml.Node, key string) *yaml.Node {
	if node.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == key {
			return node.Content[i+1]
		}
	}
	return nil
}

// refuse reports what YAML allows and a configuration should not have.
func (d *document) refuse(n *yaml.Node) {
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		d.problems = append(d.problems, problem{n.Line, "anchors and aliases are not allowed: write the value out"})
		return
	}
	first := map[string]int{}
	for i, c := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			if line, twice := first[c.Value]; twice {
				d.problems = append(d.problems, problem{c.Line, fmt.Sprintf("%q already stands on line %d: remove one", c.Value, line)})
			}
			first[c.Value] = c.Line
		}
		d.refuse(c)
	}
}

func (d *document) dataDir() string {
	n := d.find("data_dir")
	if n == nil || n.Kind != yaml.ScalarNode || n.Value == "" {
		return d.dir
	}
	return d.absolute(n.Value)
}

func (d *document) absolute(path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(d.dir, path)
}

// decode fills c from the text and turns the decoder's complaints into problems.
func (d *document) decode(text []byte, c *Config) {
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	d.syntax(dec.Decode(c))
	if err := dec.Decode(&yaml.Node{}); !errors.Is(err, io.EOF) {
		d.problems = append(d.problems, problem{0, "the file holds more than one document: remove the line --- and what follows it"})
	}
}

func (d *document) syntax(err error) {
	var several *yaml.TypeError
	switch {
	case err == nil:
	case errors.As(err, &several):
		for _, text := range several.Errors {
			d.problems = append(d.problems, complaint(text))
		}
	default:
		d.problems = append(d.problems, complaint(strings.TrimPrefix(err.Error(), "yaml: ")))
	}
}

// complaint rewords what the yaml library says, in terms of the file instead of Go's types.
func complaint(text string) problem {
	var p problem
	if m := regexp.MustCompile(`(?s)^line (\d+): (.*)$`).FindStringSubmatch(text); m != nil {
		p.line, _ = strconv.Atoi(m[1])
		text = m[2]
	}
	unknown := regexp.MustCompile(`(?s)^field (.*) not found in type `).FindStringSubmatch(text)
	wrong := regexp.MustCompile(`(?s)^cannot unmarshal !!(\w+) .*into (\S+)$`).FindStringSubmatch(text)
	switch {
	case unknown != nil:
		p.text = fmt.Sprintf("unknown key %q", unknown[1])
	case wrong != nil:
		p.text = fmt.Sprintf("want %s here, not a value of type %s", kindOfGo(wrong[2]), wrong[1])
	default:
		p.text = text
	}
	return p
}

func kindOfGo(t string) string {
	switch t {
	case "string":
		return "a text"
	case "int":
		return "a whole number"
	case "bool":
		return "true or false"
	case "[]string":
		return "a list of texts"
	}
	return "a map of keys"
}
