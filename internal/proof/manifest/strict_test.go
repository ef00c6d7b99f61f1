package manifest

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// strictCrimes are ways in which two readers could take one package for two things: the second verifier would not have them.
func strictCrimes() map[string]crime {
	again := func(kind string, around ...string) func(*testing.T, *stage, string) {
		return edit(clip1, func(b []byte) []byte {
			at := bytes.Index(b, []byte(kind)) - 4
			return grown(b, kind, bytes.Clone(b[at:at+int(binary.BigEndian.Uint32(b[at:]))]), around...)
		})
	}
	return map[string]crime{
		"a box stands twice": {forged: true, verdict: NotAuthentic, code: "bad-media", text: "the box stsd twice",
			do: again("stsd", "stbl", "minf", "mdia", "trak", "moov")},
		"the parameters stand twice": {forged: true, verdict: NotAuthentic, code: "bad-media", text: "two configurations",
			do: again("avcC", "avc1", "stsd", "stbl", "minf", "mdia", "trak", "moov")},
		"something hides in a table": {forged: true, verdict: NotAuthentic, code: "hidden-data", text: "the box trun than its fields",
			do: edit(clip1, func(b []byte) []byte {
				at := bytes.Index(b, []byte("trun")) - 4
				b = grown(b, "trun", []byte("secret.."), "traf", "moof")
				binary.BigEndian.PutUint32(b[at:], binary.BigEndian.Uint32(b[at:])+8)
				return b
			})},
		"the log's key has a second line": {forged: true, verdict: NotAuthentic, code: "bad-document", text: "not the public key of a log",
			do: edit(fileLogKey, func(b []byte) []byte { return append(b, '\n') })},
		"bagit.txt grows": {forged: true, verdict: NotAuthentic, code: "bad-document", text: "BagIt",
			do: edit(fileBagit, func(b []byte) []byte { return append(b, '\n') })},
	}
}
