package manifest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/proof/seal"
)

// Options say how to verify.
type Options struct {
	// LogKeys are verifier strings of the site's log that did not come out of the package. Without one no package is AUTHENTIC.
	LogKeys []string
	// Progress, if not nil, is told how many of the package's bytes have been hashed; it is called by one goroutine at a time.
	Progress func(done, total int64)
}

// Verify checks a package. What is wrong with the package is in the report; the error is about reading it (Unavailable), the keys that
// were given (Invalid), or ctx's.
func Verify(ctx context.Context, src Source, o Options) (Report, error) {
	return verifyHashed(ctx, src, o, nil)
}

// verifyHashed is Verify. hashed are media files that this process read a moment ago out of the same source, and need not read again.
func verifyHashed(ctx context.Context, src Source, o Options, hashed map[string]hashedFile) (Report, error) {
	v := &verifier{ctx: ctx, src: src, hashed: hashed, report: Report{
		Schema: ReportSchema, KeyGiven: len(o.LogKeys) > 0,
		Files: []FileResult{}, GapList: []Gap{}, Findings: []Finding{}, Notes: []string{},
	}, progress: o.Progress, segments: map[custody.SegmentID]*provedSegment{}, seen: map[string]bool{}}
	if len(o.LogKeys) > 0 {
		known, err := seal.ParseVerifierKeys(slices.Compact(slices.Sorted(slices.Values(o.LogKeys)))...) // a key given twice is one
		if err != nil {
			return Report{}, err
		}
		v.known = known
	}
	if err := v.run(); err != nil {
		return Report{}, err
	}
	v.report.conclude()
	return v.report, nil
}

// run takes the steps in order. Without the package's own documents nothing further can be said; without a log the files are still
// compared with their digests.
func (v *verifier) run() error {
	for _, step := range []func() error{v.list, v.tags, v.documents} {
		if err := step(); errors.Is(err, errStop) {
			return nil
		} else if err != nil {
			return err
		}
	}
	for _, step := range []func() error{v.log, v.signer, v.custody} {
		if err := step(); errors.Is(err, errStop) {
			v.blind = true
			break
		} else if err != nil {
			return err
		}
	}
	if err := v.payload(); err != nil {
		return err
	}
	return v.items()
}

// errStop ends a verification that cannot go on; the report says why.
var errStop = errors.New("stop")

// verifier is one verification under way.
type verifier struct {
	ctx      context.Context
	src      Source
	report   Report
	known    seal.Verifiers // keys given from outside; nil if none
	progress func(done, total int64)
	total    int64
	hashed   map[string]hashedFile

	files      map[string]Listed
	seen       map[string]bool // documents that were read
	tagSums    sums            // of every document but signature and tag manifest
	dataSums   sums            // of everything below data/
	tagRaw     []byte          // tagmanifest-sha256.txt
	signature  []byte
	pkg        Package
	checkpoint seal.Checkpoint
	blind      bool               // there is no log to prove anything by
	entries    map[uint64]logBody // of custody.jsonl, proved, by index
	segments   map[custody.SegmentID]*provedSegment
}

func (v *verifier) fault(w Weight, code, file, format string, args ...any) {
	v.report.add(Finding{Weight: w, Code: code, File: file, Text: fmt.Sprintf(format, args...)})
}

func (v *verifier) note(format string, args ...any) {
	v.report.Notes = append(v.report.Notes, fmt.Sprintf(format, args...))
}

// list takes stock of the names, before any file is opened.
func (v *verifier) list() error {
	listed, err := v.src.List()
	if err != nil {
		return err
	}
	if len(listed) > MaxFiles {
		v.fault(Altered, "too-many-files", "", "The package holds more than %d files.", MaxFiles)
		return errStop
	}
	v.files = make(map[string]Listed, len(listed))
	folded := map[string]bool{}
	bad := false
	for _, l := range listed {
		fold := strings.ToLower(l.Path)
		switch {
		case CheckPath(l.Path) != nil:
			v.fault(Altered, "bad-name", "", "It holds a file whose name no file of a package may have: %q.", clip(l.Path, 120))
		case folded[fold]:
			v.fault(Altered, "double-name", l.Path, "Two files are called %s, upper and lower case being the same.", l.Path)
		case l.Strange != "":
			v.fault(Altered, "strange-file", l.Path, "%s is %s.", l.Path, l.Strange)
		default:
			folded[fold] = true
			v.files[l.Path] = l
			v.total += l.Size
			continue
		}
		bad = true
	}
	if bad {
		return errStop
	}
	return nil
}

// document reads one small file whole.
func (v *verifier) document(path string, limit int64) ([]byte, error) {
	l, ok := v.files[path]
	if !ok {
		v.fault(Missing, "missing-file", path, "%s is missing.", path)
		return nil, errStop
	}
	if l.Size > limit {
		v.fault(Altered, "too-large", path, "%s has %d bytes, more than any package needs.", path, l.Size)
		return nil, errStop
	}
	f, err := v.src.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.NewSectionReader(f, 0, limit+1))
	if err != nil {
		return nil, custody.Wrap(custody.Unavailable, err, "%s cannot be read", path)
	}
	if int64(len(b)) > limit {
		v.fault(Altered, "too-large", path, "%s has more than %d bytes.", path, limit)
		return nil, errStop
	}
	v.advance(int64(len(b)))
	return b, nil
}

func (v *verifier) advance(n int64) {
	v.report.Bytes += n
	if v.progress != nil {
		v.progress(v.report.Bytes, v.total)
	}
}

// tags reads the tag manifest and the payload manifest.
func (v *verifier) tags() error {
	var err error
	if v.tagRaw, err = v.document(fileTagManifest, MaxDocument); err != nil {
		return err
	}
	if v.tagSums, err = parseSums(v.tagRaw); err != nil {
		v.fault(Altered, "bad-document", fileTagManifest, "%s cannot be used: %s.", fileTagManifest, custody.PublicText(err))
		return errStop
	}
	if v.signature, err = v.document(fileSignature, maxSignature); err != nil {
		return err
	}
	bag, err := v.tagged(fileBagit, MaxDocument)
	if err != nil {
		return err
	}
	if string(bag) != bagit {
		v.fault(Altered, "bad-document", fileBagit, "%s does not describe a BagIt 1.0 bag.", fileBagit)
	}
	raw, err := v.tagged(fileManifest, MaxDocument)
	if err != nil {
		return err
	}
	if v.dataSums, err = parseSums(raw); err != nil {
		v.fault(Altered, "bad-document", fileManifest, "%s cannot be used: %s.", fileManifest, custody.PublicText(err))
		return errStop
	}
	return v.unlisted()
}

// unlisted names files that no manifest lists, and lines that stand in the wrong one.
func (v *verifier) unlisted() error {
	for path := range v.files {
		_, tag := v.tagSums[path]
		_, data := v.dataSums[path]
		if !tag && !data && path != fileTagManifest && path != fileSignature {
			v.fault(Altered, "unknown-file", path, "%s does not belong to the package: no manifest lists it.", path)
		}
	}
	for path := range v.dataSums {
		if !strings.HasPrefix(path, dirData) {
			v.fault(Altered, "bad-document", fileManifest, "%s lists %s, which is no footage.", fileManifest, path)
		}
	}
	for path := range v.tagSums {
		if strings.HasPrefix(path, dirData) || path == fileTagManifest || path == fileSignature || !knownDocument(path) {
			v.fault(Altered, "bad-document", fileTagManifest, "%s lists %s, which has no place there.", fileTagManifest, path)
		}
	}
	return nil
}

func knownDocument(path string) bool {
	switch path {
	case fileBagit, fileBagInfo, fileManifest, filePackage, fileCustody, fileCheckpoint, fileLogKey, fileSigningKey, filePage, fileCertificate:
		return true
	}
	id := strings.TrimPrefix(path, dirSegments)
	if id == path {
		return false
	}
	for _, suffix := range []string{".json", ".units"} {
		if stem, ok := strings.CutSuffix(id, suffix); ok {
			return custody.ValidID("seg_", stem)
		}
	}
	return false
}

// tagged reads a document that the tag manifest lists, and compares its digest.
func (v *verifier) tagged(path string, limit int64) ([]byte, error) {
	want, ok := v.tagSums[path]
	if !ok {
		v.fault(Missing, "missing-line", path, "%s does not list %s.", fileTagManifest, path)
		return nil, errStop
	}
	v.seen[path] = true
	b, err := v.document(path, limit)
	if err != nil {
		return nil, err
	}
	if sha(b) != want {
		v.fault(Altered, "altered-file", path, "%s is not what was signed: its digest is another one.", path)
		return b, nil
	}
	v.report.Documents++
	return b, nil
}

// documents reads package.json and checks the documents that nothing else reads.
func (v *verifier) documents() error {
	raw, err := v.tagged(filePackage, MaxDocument)
	if err != nil {
		return err
	}
	p, err := ParsePackage(raw)
	if err != nil {
		v.fault(Altered, "bad-document", filePackage, "%s cannot be used: %s.", filePackage, custody.PublicText(err))
		return errStop
	}
	v.pkg = p
	v.report.Package, v.report.Request, v.report.Site = p.ID, p.Request.Number, p.Site.Name
	for i := range p.Items {
		item := &p.Items[i]
		for _, g := range item.Gaps {
			if g.Span.In().Overlaps(item.Decided.In()) {
				v.report.GapList = append(v.report.GapList, g)
				v.report.Gaps = true
			}
		}
		for _, r := range item.Renditions {
			v.report.Files = append(v.report.Files, FileResult{Path: r.Path, Kind: r.Kind, Item: item.Number, Camera: item.Camera.Name, Span: r.Span, Gaps: item.gapsIn(r.Span)})
		}
	}
	for _, path := range []string{fileBagInfo, filePage} {
		if _, err := v.tagged(path, MaxDocument); err != nil && !errors.Is(err, errStop) {
			return err
		}
	}
	if _, ok := v.tagSums[fileCertificate]; ok {
		if _, err := v.tagged(fileCertificate, MaxDocument); err != nil && !errors.Is(err, errStop) {
			return err
		}
	}
	return v.info()
}

// info compares bag-info.txt with package.json, by which it is fixed but for the payload's size.
func (v *verifier) info() error {
	var octets int64
	for path := range v.dataSums {
		octets += v.files[path].Size
	}
	want := bagInfo(&v.pkg, len(v.dataSums), octets)
	f, ok := v.files[fileBagInfo]
	if !ok || f.Size > MaxProof {
		return nil // named already
	}
	got, err := v.src.Open(fileBagInfo)
	if err != nil {
		return err
	}
	defer got.Close()
	b, err := io.ReadAll(io.NewSectionReader(got, 0, MaxProof))
	if err != nil {
		return custody.Wrap(custody.Unavailable, err, "%s cannot be read", fileBagInfo)
	}
	if !bytes.Equal(b, want) && v.complete() {
		v.fault(Altered, "bad-document", fileBagInfo, "%s does not describe this package.", fileBagInfo)
	}
	return nil
}

// complete reports whether every payload file is there.
func (v *verifier) complete() bool {
	for path := range v.dataSums {
		if _, ok := v.files[path]; !ok {
			return false
		}
	}
	return true
}

func (item *Item) gapsIn(s Span) bool {
	for _, g := range item.Gaps {
		if g.Span.In().Overlaps(s.In()) {
			return true
		}
	}
	return false
}
