package manifest

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"strings"
)

// signed makes everything that a signature covers anew, as the holder of key could; whole also makes the manifests.
func (f *forger) signed(key ed25519.PrivateKey, whole bool) {
	b := f.files
	p, _ := ParsePackage(b[filePackage])
	if whole {
		tags, data, octets := sums{}, sums{}, int64(0)
		for name, content := range b {
			if strings.HasPrefix(name, dirData) {
				data[name], octets = sha(content), octets+int64(len(content))
			}
		}
		b[fileManifest], b[fileBagInfo] = data.encode(), bagInfo(&p, len(data), octets)
		for name, content := range b {
			if !strings.HasPrefix(name, dirData) && name != fileSignature && name != fileTagManifest {
				tags[name] = sha(content)
			}
		}
		b[fileTagManifest] = tags.encode()
	}
	if !whole { // the lines of the manifests stay, but name what is there now
		for _, name := range []string{fileManifest, fileTagManifest} {
			b[name] = renewed(b, b[name])
		}
	}
	b[fileSignature] = must(sign(key, KeyName("library.example"), p.ID, sha256.Sum256(b[fileTagManifest])))
}

func renewed(b bag, lines []byte) []byte {
	var out []byte
	for line := range bytes.Lines(lines) {
		if content, ok := b[strings.TrimSpace(string(line[min(len(line), 66):]))]; ok && len(line) > 66 {
			line = append([]byte(digestText(sha(content))), line[64:]...)
		}
		out = append(out, line...)
	}
	return out
}

// impostor signs with a key of his own, and says so.
func (f *forger) impostor() {
	pub, key, _ := ed25519.GenerateKey(nil)
	k := SigningKey{}
	if decode(f.files[fileSigningKey], &k, encode) == nil {
		k.Verifier = must(VerifierKey(KeyName("library.example"), pub))
		f.files[fileSigningKey] = must(encode(&k))
	}
	f.signed(key, true)
}
