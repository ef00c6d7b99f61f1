package release

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/proof/manifest"
	"github.com/footage-custody/custody/internal/proof/seal"
	"github.com/footage-custody/custody/internal/trust/vault"
)

// write makes the folder, looks through it, stores it, and makes it visible.
func (b *builder) write(ctx context.Context) error {
	a := b.about()
	id, signer, err := b.k.p.Signer()
	if err != nil {
		return err
	}
	var ok bool
	if a.Signer = id; signer != nil {
		a.Public, ok = signer.Public().(ed25519.PublicKey)
	}
	if !ok {
		return custody.Errorf(custody.Internal, "the package-signing key is no Ed25519 key")
	}
	story, err := b.k.p.Diary.Story(ctx, a)
	if err != nil {
		return err
	}
	content, err := b.content(ctx, story)
	if err != nil {
		return err
	}
	dir := filepath.Join(b.dir, "package")
	packing, err := b.k.p.Vault.Pack(b.pkg.ID, dir)
	if err != nil {
		return err
	}
	defer packing.Discard()
	content.Read = packing.Add
	report, err := manifest.Write(ctx, dir, content, signer)
	if err != nil {
		return err
	}
	p := b.pkg
	p.Report, p.Verdict = report, report.Title()
	if err := b.list(dir, &p); err != nil {
		return err
	}
	if err := b.inspect(dir, p.Films); err != nil {
		return err
	}
	return b.finish(ctx, packing, p)
}

// finish stores the package and makes the package visible, if the decisions that it is made of still stand.
func (b *builder) finish(ctx context.Context, packing *vault.Packing, p Package) error {
	sealed, err := b.k.p.Vault.PutPackage(ctx, packing, b.progress.part(ctx, p.Size))
	if err != nil {
		return err
	}
	if err := b.standing(ctx); err != nil {
		return err
	}
	p.State, p.Made = Ready, b.k.p.Clock.Now()
	ev, err := made(p, b.work)
	if err != nil {
		return err
	}
	return b.k.p.Store.Finish(ctx, p, sealed, ev)
}

// about says which entries of the log the package tells.
func (b *builder) about() About {
	a := About{Request: b.work.Request, Number: b.work.Number, Kind: b.work.Kind, Items: b.work.Items, Package: b.pkg.Number}
	for _, it := range b.items {
		for _, s := range it.told() {
			if !slices.Contains(a.Segments, s.id) {
				a.Segments = append(a.Segments, s.id)
			}
		}
		for _, g := range it.gaps {
			if g.id != "" && !slices.Contains(a.Gaps, g.id) {
				a.Gaps = append(a.Gaps, g.id)
			}
		}
	}
	return a
}

// content is everything that goes into the folder. What is large is read while it is written.
func (b *builder) content(ctx context.Context, s Story) (manifest.Content, error) {
	pkg, err := b.compose(ctx, s)
	if err != nil {
		return manifest.Content{}, err
	}
	size := int64(0)
	c := manifest.Content{Package: pkg, Custody: s.Entries, Segments: b.proofs(ctx, s), Checkpoint: s.Checkpoint, LogKey: s.LogKey, SigningKey: s.SigningKey}
	for _, it := range b.items {
		for _, f := range it.films() {
			c.Data = append(c.Data, b.data(ctx, it, f))
		}
		c.Data = append(c.Data, b.copied(ctx, it))
		size += it.size()
	}
	copied, read := b.progress.part(ctx, size), b.progress.part(ctx, size)
	var done atomic.Int64
	c.Copied = func(_ string, n int64) { now := done.Add(n); copied(now, max(2*size, now)) }
	c.Report = read
	if b.k.p.Certificate != nil {
		if c.Certificate, err = b.k.p.Certificate.Certificate(ctx, pkg); err != nil {
			return c, custody.Wrap(custody.KindOf(err), err, "the certificate could not be drafted: %s", custody.PublicText(err))
		}
	}
	return c, nil
}

// proofs yields every segment's proof once, whichever items show something of it.
func (b *builder) proofs(ctx context.Context, s Story) iter.Seq2[manifest.Segment, error] {
	return func(yield func(manifest.Segment, error) bool) {
		done := map[custody.SegmentID]bool{}
		for _, it := range b.items {
			if it.bare {
				continue
			}
			for _, seg := range it.told() {
				if done[seg.id] {
					continue
				}
				done[seg.id] = true
				p, err := b.proof(ctx, s, seg)
				if !yield(p, err) || err != nil {
					return
				}
			}
		}
	}
}

// proof proves one segment with what every item's originals show of it.
func (b *builder) proof(ctx context.Context, s Story, seg *segment) (manifest.Segment, error) {
	entry, ok := s.Sealed[seg.id]
	if !ok {
		return manifest.Segment{}, custody.Errorf(custody.Corrupt, "the log does not tell that segment %s was sealed", seg.id)
	}
	var first *evidenceOf
	var shown []manifest.Shown
	for _, it := range b.items {
		if it.bare || it.Camera != seg.row.Camera || !slices.ContainsFunc(it.told(), func(x *segment) bool { return x.id == seg.id }) {
			continue
		}
		e, err := b.evidence(ctx, it, seg.id)
		if err != nil {
			return manifest.Segment{}, err
		}
		if first == nil {
			first = e
		}
		for _, f := range it.films() {
			if ranges := f.shown[seg.id]; len(ranges) > 0 {
				shown = append(shown, manifest.Shown{File: f.path, Units: e.units(ranges)})
			}
		}
	}
	open := !slices.ContainsFunc(b.items, func(it *item) bool { return it.closed })
	return manifest.Prove(seg.id, seal.Hash(first.row.Root), first.header, open, first.leaves, shown, first.table, &entry)
}

// evidenceOf is what the vault tells about one segment under one item's decision.
type evidenceOf struct {
	row           media.SegmentRow
	header, table []byte
	leaves        []seal.Hash
	disclosed     map[int]*manifest.Unit // by place in leaves
}

func (b *builder) evidence(ctx context.Context, it *item, id custody.SegmentID) (*evidenceOf, error) {
	e, err := b.k.p.Vault.Evidence(ctx, it.lease.now(), id, func(media.Unit) bool { return true })
	if err != nil {
		return nil, err
	}
	out := &evidenceOf{row: e.Row, header: e.Header, table: e.Table, leaves: e.Leaves, disclosed: make(map[int]*manifest.Unit, len(e.Disclosed))}
	for _, d := range e.Disclosed {
		u := d.Unit
		out.disclosed[d.At] = &manifest.Unit{Track: u.Track, Seq: u.Seq, RTP: u.RTP, Receipt: u.Receipt, Flags: uint8(u.Flags), Salt: d.Salt, Payload: d.Digest}
	}
	return out, nil
}

// units has an element for every unit of the segment: what an original shows of it, nil for the rest.
func (e *evidenceOf) units(ranges []leafRange) []*manifest.Unit {
	out := make([]*manifest.Unit, len(e.leaves))
	for _, r := range ranges {
		for leaf := r.from; leaf < r.to && leaf <= uint64(len(out)); leaf++ {
			out[leaf-1] = e.disclosed[int(leaf-1)]
		}
	}
	return out
}

// list reads what was written: every file with its size and digest.
func (b *builder) list(dir string, p *Package) error {
	tags, err := os.ReadFile(filepath.Join(dir, tagManifest))
	if err != nil {
		return diskError(err)
	}
	p.Digest = sha256.Sum256(tags)
	data, err := os.ReadFile(filepath.Join(dir, dataManifest))
	if err != nil {
		return diskError(err)
	}
	signature, err := os.ReadFile(filepath.Join(dir, signatureFile))
	if err != nil {
		return diskError(err)
	}
	p.Files = []File{{Path: tagManifest, SHA256: p.Digest}, {Path: signatureFile, SHA256: sha256.Sum256(signature)}}
	for _, list := range [][]byte{data, tags} {
		if err := listed(list, p); err != nil {
			return err
		}
	}
	slices.SortFunc(p.Files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	digests := map[string][32]byte{}
	for i := range p.Files {
		f := &p.Files[i]
		st, err := os.Stat(filepath.Join(dir, filepath.FromSlash(f.Path)))
		if err != nil {
			return diskError(err)
		}
		f.Size, digests[f.Path] = st.Size(), f.SHA256
		p.Size += f.Size
	}
	for _, it := range b.items {
		p.Items = append(p.Items, it.ID)
		for _, f := range it.films() {
			p.Films = append(p.Films, Film{Path: f.path, Kind: manifest.Original, Codec: f.manifest().Codec, Item: it.ID, Camera: it.Camera, Span: it.Decided, SHA256: digests[f.path]})
		}
		p.Films = append(p.Films, Film{Path: it.viewingPath(), Kind: manifest.Viewing, Codec: it.rendered.Codec, Item: it.ID, Camera: it.Camera,
			Span: it.Decided, SHA256: digests[it.viewingPath()]})
	}
	return nil
}

// The names that a package has whatever it holds (FORMAT.md beside manifest).
const (
	tagManifest   = "tagmanifest-sha256.txt"
	dataManifest  = "manifest-sha256.txt"
	signatureFile = "signature"
	packageFile   = "package.json"
)

// listed reads a bag manifest, which this process wrote and verified a moment ago.
func listed(b []byte, p *Package) error {
	lines := bufio.NewScanner(bytes.NewReader(b))
	for lines.Scan() {
		digest, path, ok := strings.Cut(lines.Text(), "  ")
		f := File{Path: path}
		if n, err := hex.Decode(f.SHA256[:], []byte(digest)); !ok || err != nil || n != 32 || len(digest) != 64 {
			return custody.Errorf(custody.Corrupt, "a manifest of the package cannot be read")
		}
		p.Files = append(p.Files, f)
	}
	return lines.Err()
}
