package config

import (
	"bytes"
	"path/filepath"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/footage-custody/custody/internal/custody"
)

// Marshal writes c as a file for the directory dir: paths below dir become relative to it, and every
// key has its line of the Table above it. Load of the written file returns c again.
func (c Config) Marshal(dir string) ([]byte, error) {
	c.Checkpoints.CopyTo = slices.Clone(c.Checkpoints.CopyTo)
	for _, p := range c.paths() {
		if *p == "" || !within(dir, *p) {
			continue
		}
		rel, err := filepath.Rel(dir, *p)
		if err != nil {
			return nil, custody.Wrap(custody.Internal, err, "a path could not be made relative")
		}
		*p = rel
	}
	var root yaml.Node
	if err := root.Encode(c); err != nil {
		return nil, custody.Wrap(custody.Internal, err, "the configuration could not be written")
	}
	root.HeadComment = "# The configuration of one Custody site. An unknown key is an error. A secret never\n" +
		"# stands here, only the path of the file that holds it.\n\n"
	annotate(&root)
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := enc.Encode(&root); err != nil {
		return nil, custody.Wrap(custody.Internal, err, "the configuration could not be written")
	}
	return out.Bytes(), nil
}

func annotate(root *yaml.Node) {
	meaning := map[string]string{}
	for _, row := range Table() {
		meaning[row.Key] = "# " + row.Meaning
	}
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		key.HeadComment = meaning[key.Value]
		if value.Kind != yaml.MappingNode {
			continue
		}
		for j := 0; j+1 < len(value.Content); j += 2 {
			value.Content[j].HeadComment = meaning[key.Value+"."+value.Content[j].Value]
		}
	}
}
