package manifest

import (
	"bytes"
	"crypto/ed25519"
	"encoding/binary"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/footage-custody/custody/internal/proof/seal"
)

// forger alters one package. All that he does follows from his seed.
type forger struct {
	*rand.Rand
	exhibit
	all   []exhibit
	notes []string
}

func (f *forger) note(format string, a ...any) { f.notes = append(f.notes, fmt.Sprintf(format, a...)) }

// any is one of the package's files whose name contains part; empty if there is none.
func (f *forger) any(part string) string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(f.files)) {
		if strings.Contains(name, part) {
			names = append(names, name)
		}
	}
	return one(f, names)
}

func one[T any](f *forger, all []T) (t T) {
	if len(all) > 0 {
		t = all[f.IntN(len(all))]
	}
	return t
}

// at is a place in n bytes, the beginning and the end more often than others.
func (f *forger) at(n int) int {
	switch k := f.IntN(8); {
	case n < 2:
		return 0
	case k == 0:
		return f.IntN(min(n, 16))
	case k == 1:
		return n - 1 - f.IntN(min(n, 16))
	}
	return f.IntN(n)
}

// bytes changes bytes of any file without understanding it.
func (f *forger) bytes() { f.damage(f.any("")) }

func (f *forger) damage(name string) {
	b := slices.Clone(f.files[name])
	if len(b) == 0 {
		f.files[name] = []byte("x")
		return
	}
	i, n := f.at(len(b)), 1+f.IntN(12)
	j := min(len(b), i+n)
	what := one(f, []string{"flip", "flip", "flip", "bit", "bit", "cut", "end", "grow", "insert", "remove", "double", "zero", "swap"})
	switch what {
	case "flip":
		b[i] = byte(f.Uint32())
	case "bit":
		b[i] ^= 1 << f.IntN(8)
	case "cut":
		b = b[:i]
	case "end":
		b = b[:len(b)-1]
	case "grow":
		b = append(b, one(f, []string{"\n", " ", "\x00", "{}\n", "x", string(b[:j])})...)
	case "insert":
		b = slices.Insert(b, i, one(f, []byte(" \n\"\\0Az\x00\xff")))
	case "remove":
		b = slices.Delete(b, i, j)
	case "double":
		b = slices.Insert(b, i, slices.Clone(b[i:j])...)
	case "zero":
		clear(b[i:j])
	case "swap":
		k := f.at(len(b))
		b[i], b[k] = b[k], b[i]
	}
	f.note("%s at %d of %s", what, i, name)
	f.files[name] = b
}

// names adds, removes and renames files.
func (f *forger) names() {
	name := f.any("")
	to := one(f, []string{"certificate.pdf", "data/original/x.mp4", "data/x", "notes.txt", ".hidden", "a/b/c/d/e/f/g", "NUL.txt", "proof/x",
		"proof/segments/seg_x.json", "proof/segments/seg_x.units", "PACKAGE.json", "data/viewing/x.mp4", "x~", "a b", "fetch.txt", "a.", strings.Repeat("n", 101),
		"manifest-sha512.txt", "proof/log-key.txt", strings.ToUpper(name), name + ".x", "data", "proof/segments", "dätä", "COM0", "con.x/y", "bagit.txt/x"})
	switch f.IntN(5) {
	case 0, 1:
		delete(f.files, name)
		f.note("without %s", name)
		return
	case 2:
		f.files[to] = []byte(one(f, []string{"", "x", "{}\n"}))
		f.note("with %s", to)
	case 3:
		f.files[to] = f.files[name]
		f.note("%s also as %s", name, to)
	case 4:
		f.files[to] = f.files[name]
		delete(f.files, name)
		f.note("%s is called %s", name, to)
	}
	for other := range f.files { // no disk can hold a file below a file
		if other != to && (strings.HasPrefix(other, to+"/") || strings.HasPrefix(to, other+"/")) {
			delete(f.files, other)
		}
	}
}

// splice takes files of another package, or of another name.
func (f *forger) splice() {
	other := one(f, f.all)
	name := f.any("")
	switch f.IntN(5) {
	case 0: // a file of the same name
		if b, ok := other.files[name]; ok {
			f.files[name] = b
		}
	case 1: // a file of the same folder, from here or there
		theirs := forger{Rand: f.Rand, exhibit: other}
		from := theirs.any(name[:strings.LastIndex(name, "/")+1])
		if f.IntN(2) == 0 {
			from = f.any(name[:strings.LastIndex(name, "/")+1])
			other = f.exhibit
		}
		if b, ok := other.files[from]; ok {
			f.files[name] = b
			name += " from " + from
		}
	case 2: // two of one kind change places
		part := one(f, []string{".units", "segments/", ".mp4", ".json"})
		a, b := f.any(part), f.any(part)
		if a != "" {
			f.files[a], f.files[b] = f.files[b], f.files[a]
			name = a + " and " + b
		}
	case 3: // all that is proved
		for n, b := range other.files {
			if strings.HasPrefix(n, "proof/") {
				f.files[n] = b
			}
		}
		name = "proof/"
	case 4: // all but one folder
		keep := one(f, []string{"proof/", dirData, "custody", "package", "s"})
		for n := range f.files {
			if !strings.HasPrefix(n, keep) {
				delete(f.files, n)
			}
		}
		for n, b := range other.files {
			if _, mine := f.files[n]; !mine && !strings.HasPrefix(n, keep) {
				f.files[n] = b
			}
		}
		name = "everything but " + keep
	}
	f.note("%s of the package %q", name, other.name)
}

// logs changes the log's key and its checkpoint.
func (f *forger) logs() {
	s, size := f.site, f.site.tree.Size()
	pub, own, _ := ed25519.GenerateKey(nil)
	key, origin := s.log, s.origin
	root := s.tree.Root()
	mine := func() { f.files[fileLogKey] = []byte(must(seal.VerifierKey(origin, pub)) + "\n") }
	what := f.IntN(7)
	f.note("log %d", what)
	switch what {
	case 0: // another key for the same log
		key = own
		mine()
	case 1: // the checkpoint alone by another key
		key = own
	case 2: // the key alone
		mine()
		return
	case 3: // an older or a larger log
		size = uint64(f.IntN(int(size) + 2))
		if size <= s.tree.Size() {
			root = must(seal.RootOf(size, s.tree))
		}
	case 4: // another root
		root[f.IntN(32)] ^= 1
	case 5: // another epoch or site
		origin = one(f, []string{must(seal.Origin("library.example", 2)), must(seal.Origin("other.example", 1))})
		key = own
		mine()
	case 6: // text
		f.damage(one(f, []string{fileLogKey, fileCheckpoint, fileSigningKey, fileSignature}))
		return
	}
	f.files[fileCheckpoint] = must(seal.Checkpoint{Origin: origin, Size: size, Root: root}.Sign(must(seal.NewSigner(origin, key))))
}

// lines changes the bag's own files line by line.
func (f *forger) lines() {
	name := one(f, []string{fileManifest, fileTagManifest, fileBagInfo, fileBagit, fileSignature, fileCustody, fileCheckpoint})
	all := bytes.SplitAfter(f.files[name], []byte("\n"))
	i, j := f.IntN(len(all)), f.IntN(len(all))
	all = slices.Clone(all)
	what := one(f, []string{"drop", "twice", "swap", "upper", "return", "blank", "new", "space"})
	switch what {
	case "drop":
		all = slices.Delete(all, i, i+1)
	case "twice":
		all = slices.Insert(all, i, all[i])
	case "swap":
		all[i], all[j] = all[j], all[i]
	case "upper":
		all[i] = bytes.ToUpper(all[i])
	case "return":
		all[i] = bytes.ReplaceAll(all[i], []byte("\n"), []byte("\r\n"))
	case "blank":
		all = slices.Insert(all, i, []byte("\n"))
	case "space":
		all[i] = append([]byte(" "), all[i]...)
	case "new":
		line := strings.Repeat("0", 64) + "  " + one(f, []string{"data/original/z.mp4", "z", "../z", "certificate.pdf", "signature", "data/original/%0Az"}) + "\n"
		all = slices.Insert(all, i, []byte(line))
	}
	f.note("%s of line %d of %s", what, i, name)
	f.files[name] = bytes.Join(all, nil)
}

// spelling writes base64 of a signed note in another way that decodes to the same.
func (f *forger) spelling() {
	name := one(f, []string{fileSignature, fileCheckpoint, fileLogKey, fileSigningKey})
	b := slices.Clone(f.files[name])
	i := bytes.LastIndexByte(b, '=')
	if i < 2 {
		f.damage(name)
		return
	}
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	for b[i] == '=' {
		i--
	}
	b[i] = digits[strings.IndexByte(digits, b[i])^1]
	f.note("another spelling of %s", name)
	f.files[name] = b
}

// entries puts another entry of the log, with its proof, where one stands.
func (f *forger) entries() {
	n := f.IntN(len(f.site.events))
	l := f.site.logged(n)
	switch f.IntN(3) {
	case 0:
		k := SigningKey{}
		if decode(f.files[fileSigningKey], &k, encode) == nil {
			k.Created = l
			f.files[fileSigningKey] = must(encode(&k))
		}
	case 1:
		name := f.any("segments/seg")
		if p, err := parseSegmentProof(f.files[name]); err == nil {
			p.Sealed = l
			f.files[name] = must(encode(&p))
		}
	case 2:
		all, err := ParseCustody(f.files[fileCustody])
		if err == nil && len(all) > 0 {
			e := one(f, all)
			e.Event = l
			if f.IntN(2) == 0 {
				e.Act, e.At = string(f.site.events[n].Type), Time(f.site.events[n].At)
			}
			all[f.IntN(len(all))] = e
			f.files[fileCustody] = must(encodeCustody(all))
		}
	}
	f.note("entry %d of the log elsewhere", n)
}

// rows changes the rows of a segment.
func (f *forger) rows() {
	name := f.any(".units")
	rows, err := parseRows(f.files[name])
	if err != nil || len(rows) == 0 {
		return
	}
	rows = slices.Clone(rows)
	i, j := f.IntN(len(rows)), f.IntN(len(rows))
	what := one(f, []string{"drop", "twice", "swap", "hide", "hide some", "edit", "track", "alter"})
	switch what {
	case "drop":
		rows = slices.Delete(rows, i, i+1)
	case "twice":
		rows = slices.Insert(rows, i, rows[i])
	case "swap":
		rows[i], rows[j] = rows[j], rows[i]
	case "hide":
		j = i
		fallthrough
	case "hide some":
		for k := min(i, j); k <= max(i, j); k++ {
			if rows[k].Unit != nil {
				rows[k] = Row{Hash: rows[k].Unit.Leaf()}
			}
		}
	default:
		if rows[i].Unit == nil {
			return
		}
		u := *rows[i].Unit
		switch what {
		case "track":
			u.Track ^= 3
		case "alter":
			u.Payload[0] ^= 1
		default:
			u.RTP, u.Receipt = u.RTP+uint32(f.IntN(3)), u.Receipt+1
		}
		rows[i].Unit = &u
	}
	var b []byte
	for _, r := range rows {
		b = appendRow(b, r)
	}
	f.note("%s rows %d %d of %s", what, i, j, name)
	f.files[name] = b
}

// units changes the order and the content of an original, a fragment a unit.
func (f *forger) units() {
	name := f.any("data/original")
	if name == "" {
		return
	}
	parts := unitsIn(f.files[name])
	if len(parts) < 4 {
		return
	}
	i, j := 1+f.IntN(len(parts)-1), 1+f.IntN(len(parts)-1)
	what := one(f, []string{"drop", "twice", "swap", "alter", "reverse", "swap content", "end", "begin"})
	switch what {
	case "drop":
		parts = slices.Delete(parts, i, i+1)
	case "twice":
		parts = slices.Insert(parts, i, parts[j])
	case "swap":
		parts[i], parts[j] = parts[j], parts[i]
	case "alter":
		parts[i] = slices.Clone(parts[i])
		parts[i][len(parts[i])-1-f.IntN(20)] ^= byte(1 + f.IntN(255))
	case "reverse":
		slices.Reverse(parts[min(i, j) : max(i, j)+1])
	case "swap content":
		if len(parts[i]) == len(parts[j]) {
			at := len(parts[i]) - 40
			a, b := slices.Clone(parts[i]), slices.Clone(parts[j])
			copy(a[at:], parts[j][at:])
			copy(b[at:], parts[i][at:])
			parts[i], parts[j] = a, b
		}
	case "end":
		parts = parts[:i]
	case "begin":
		parts = slices.Delete(parts, 1, i)
	}
	f.note("%s units %d %d of %s", what, i, j, name)
	f.files[name] = bytes.Join(parts, nil)
}

// unitsIn takes a file apart: its head, and a moof and an mdat for each unit.
func unitsIn(b []byte) (parts [][]byte) {
	for at := 0; at+8 <= len(b); {
		n := int(binary.BigEndian.Uint32(b[at:]))
		if n < 8 || at+n > len(b) {
			return nil
		}
		if k := string(b[at+4 : at+8]); (k == "moov" || k == "mdat") && len(parts) > 0 {
			parts[len(parts)-1] = append(parts[len(parts)-1], b[at:at+n]...)
		} else {
			parts = append(parts, slices.Clone(b[at:at+n]))
		}
		at += n
	}
	return parts
}
