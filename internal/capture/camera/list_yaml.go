package camera

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"

	"go.yaml.in/yaml/v3"

	"github.com/footage-custody/custody/internal/custody"
)

// ParseYAML reads a camera list as YAML: a mapping with the one key cameras, a list of mappings with the fields of ParseCSV.
// Unknown and repeated keys, aliases, tags and a second document are errors. All problems are reported at
// once, as Invalid, with their lines; only what is not YAML at all ends the reading.
func ParseYAML(r io.Reader) ([]Addition, error) {
	b, err := readList(r)
	if err != nil {
		return nil, err
	}
	var ps problems
	root, ok := yamlDocument(b, &ps)
	if !ok {
		return nil, ps.err("the camera list was not read:")
	}
	list := yamlCameras(root, &ps)
	if len(list) > MaxCameras {
		return nil, custody.Errorf(custody.Invalid, "the camera list names more than %d cameras", MaxCameras)
	}
	var entries []*entry
	for _, item := range list {
		e := newEntry(item.Line)
		if item.Kind != yaml.MappingNode || !plainNode(item) {
			ps.add(item.Line, "a camera must be a mapping of fields: %s", listFields)
			continue
		}
		for i := 0; i+1 < len(item.Content); i += 2 {
			yamlField(e, item.Content[i], item.Content[i+1])
		}
		entries = append(entries, e)
	}
	return finish(entries, ps)
}

// yamlDocument reads the one document. The library's own errors are not passed on: some repeat what stood there.
func yamlDocument(b []byte, ps *problems) (*yaml.Node, bool) {
	d := yaml.NewDecoder(bytes.NewReader(b))
	var doc, second yaml.Node
	switch err := d.Decode(&doc); {
	case errors.Is(err, io.EOF):
		ps.add(0, "it is empty")
		return nil, false
	case err != nil:
		ps.add(yamlLine(err), "it is not well-formed YAML: check the indentation, and quote values with special characters")
		return nil, false
	}
	if err := d.Decode(&second); !errors.Is(err, io.EOF) {
		ps.add(second.Line, "there is something after the list")
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 {
		ps.add(0, "it is empty")
		return nil, false
	}
	return doc.Content[0], true
}

// yamlCameras finds the list under the one key of the document.
func yamlCameras(root *yaml.Node, ps *problems) (list []*yaml.Node) {
	if root.Kind != yaml.MappingNode || !plainNode(root) {
		ps.add(root.Line, "it must begin with cameras: and a list")
		return nil
	}
	found := false
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		switch {
		case key.Kind != yaml.ScalarNode || key.Value != "cameras":
			ps.add(key.Line, "this key is not known: the only one is cameras")
		case found:
			ps.add(key.Line, "cameras is given twice")
		case value.Kind != yaml.SequenceNode || !plainNode(value):
			ps.add(value.Line, "cameras must be a list")
		default:
			list = value.Content
		}
		found = found || key.Value == "cameras"
	}
	return list
}

func yamlField(e *entry, key, value *yaml.Node) {
	switch {
	case key.Kind != yaml.ScalarNode || !isField(key.Value):
		e.problems.add(key.Line, "this field is not known: the fields are %s", listFields)
	case value.Kind != yaml.ScalarNode || !plainNode(value):
		e.problems.add(value.Line, "%s: it must be a single value", key.Value)
	case value.Tag == "!!null":
		e.set(key.Line, key.Value, "")
	default:
		e.set(key.Line, key.Value, value.Value) // as it is written: 0042 stays 0042
	}
}

// plainNode reports a node without alias, anchor or explicit tag.
func plainNode(n *yaml.Node) bool {
	return n.Kind != yaml.AliasNode && n.Anchor == "" && n.Style&yaml.TaggedStyle == 0
}

// yamlLine takes the line number out of the library's message, and nothing else.
func yamlLine(err error) int {
	m := regexp.MustCompile(`\bline (\d+)`).FindStringSubmatch(err.Error())
	if m == nil {
		return 0
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		return 0
	}
	return n
}
