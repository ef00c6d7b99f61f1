package vault

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// Recover looks at everything that lay in the spool directory when the vault was opened and puts each spool file back on
// the settle path, ordered by time. It may run while Begin and Append go on, and repeated it finds the same again, except
// for what this process has taken over already.
//
// A file with a valid index and footer is kept as it is, so that settling it again yields the same digest. Any other is cut
// behind its last whole fragment and unit table; a damaged, complete record in what is cut is no torn tail, and
// is copied to quarantine first. What has no key or cannot be explained moves to quarantine. An error means that the
// disk or the catalog failed for some files; the others are returned with it, and another call tries the failed again.
func (v *Vault) Recover(ctx context.Context) ([]Pending, RecoveryReport, error) {
	var found []*pending
	var report RecoveryReport
	if err := v.recording(); err != nil {
		return nil, report, err
	}
	err := v.recoverAll(ctx, &report, func(p *pending) { found = append(found, p) })
	slices.SortStableFunc(found, func(a, b *pending) int { return cmp.Compare(a.Span().Start, b.Span().Start) })
	out := make([]Pending, len(found))
	for i, p := range found {
		out[i] = p
	}
	report.Segments = len(out)
	return out, report, err
}

func (v *Vault) recoverAll(ctx context.Context, report *RecoveryReport, add func(*pending)) error {
	v.mu.Lock()
	names := v.leftovers
	v.mu.Unlock()
	var failed error
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return errors.Join(failed, custody.Wrap(custody.Unavailable, err, "recovery was interrupted"))
		}
		id, suffix := splitName(name)
		var err error
		switch {
		case name == lockName || id != "" && v.spooledSegment(id) != nil:
		case suffix == spoolSuffix:
			var p *pending
			if p, err = v.recoverSegment(ctx, id, report); p != nil {
				p.s.close(p.s.infos, p.end)
				v.register(p.s)
				add(p)
			}
		case suffix == sidecarSuffix:
			err = v.recoverSidecar(ctx, id, names, report)
		case id != "": // a temporary file of ours: never renamed, so never needed
			err = v.remove(name, report)
		default:
			err = v.quarantine(name, report)
		}
		if err != nil {
			failed = errors.Join(failed, spoolError(err, "%s in the spool directory could not be recovered", name))
		}
	}
	return failed
}

// recoverSegment returns nil without an error if nothing is left to settle.
func (v *Vault) recoverSegment(ctx context.Context, id custody.SegmentID, report *RecoveryReport) (*pending, error) {
	name := string(id) + spoolSuffix
	f, err := v.disk.Open(v.path(id, spoolSuffix))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // dropped since the directory was listed
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	size, links, err := f.Stat()
	if err != nil {
		return nil, err
	}
	side, err := v.findKey(ctx, id)
	if kindOf(err) == custody.NotFound && size == 0 {
		return nil, v.remove(name, report) // Begin came no further than its first step
	}
	if unreadable(err) {
		return nil, v.quarantineSegment(id, report)
	}
	if err != nil {
		return nil, err
	}
	s := &spooled{id: id, keyID: side.Key, wrapped: side.Wrapped, path: v.path(id, spoolSuffix)}
	p := &pending{v: v, s: s, recovered: true, size: size}
	key, err := v.keys.UnwrapSegment(id, side.Key, side.Wrapped)
	if err == nil {
		s.box, err = newBox(id, key)
	}
	if err == nil {
		err = p.load(f, links, report)
	}
	switch {
	case errors.Is(err, errTorn) && links == 1:
		report.TornBytes += size
		report.Removed = append(report.Removed, name)
		return nil, v.discard(id)
	case unreadable(err):
		return nil, v.quarantineSegment(id, report)
	case err != nil:
		return nil, err
	}
	return p, nil
}

// maxTorn is the most that one cut write can leave. More than that behind a record that seems torn is rather a
// damaged length with whole fragments behind it, and is kept.
const maxTorn = media.FragmentMaxBytes + maxUnits

// load reads a spool file's head and fragment table: from its index if it is sealed, else record by record. errTorn
// says that not one whole fragment is there.
func (p *pending) load(f File, links uint64, report *RecoveryReport) error {
	s := &scanner{box: p.s.box, r: f, size: p.size, sum: sha256.New()}
	head, err := s.head(p.s.id)
	if err != nil {
		return err
	}
	p.s.head = head
	x, infos, err := readIndex(p.s.box, f, p.size)
	if err == nil {
		p.s.infos, p.sealed, p.end = infos, true, x.end
		return nil
	}
	if kindOf(err) != custody.Corrupt || links > 1 {
		return err // the object store shares this file: it was sealed once and must not be cut
	}
	for {
		var t UnitTable
		if t, _, _, err = s.pair(); err != nil {
			break
		}
		p.s.infos = append(p.s.infos, t.Fragment)
	}
	if kindOf(err) != custody.Corrupt {
		return err
	}
	torn := errors.Is(err, errTorn) && p.size-s.off <= maxTorn
	switch {
	case s.next == 0 && torn:
		return errTorn
	case s.next == 0:
		return custody.Errorf(custody.Corrupt, "segment %s: its first fragment is damaged", p.s.id)
	case !torn:
		if err := p.keepTail(f, s.off, report); err != nil {
			return err
		}
	}
	return p.cut(s, report)
}

// cut ends the file behind its last whole pair. Seal makes that durable.
func (p *pending) cut(s *scanner, report *RecoveryReport) error {
	if s.off < p.size {
		f, err := p.v.disk.OpenWrite(p.s.path)
		if err != nil {
			return err
		}
		if err := errors.Join(f.Truncate(s.off), f.Close()); err != nil {
			return err
		}
		report.TornBytes += p.size - s.off
	}
	p.size, p.sum = s.off, s.sum
	endsOf(p.s.infos, p.s.head.timescale())
	return nil
}

// keepTail copies the bytes from off to quarantine before they are cut.
func (p *pending) keepTail(f File, off int64, report *RecoveryReport) error {
	v, name := p.v, string(p.s.id)+".tail"
	dir := filepath.Join(v.dir, quarantineDir)
	if err := v.disk.MakeDir(dir); err != nil {
		return err
	}
	path := filepath.Join(dir, name)
	if err := absentIsFine(v.disk.Remove(path)); err != nil {
		return err
	}
	out, err := v.disk.Create(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.NewOffsetWriter(out, 0), io.NewSectionReader(f, off, p.size-off))
	if err == nil {
		err = out.Sync()
	}
	if err = errors.Join(err, out.Close()); err == nil {
		err = v.disk.SyncDir(dir)
	}
	report.Quarantined = append(report.Quarantined, name)
	return err
}

// findKey looks for a segment's wrapped key: in its sidecar, else in its committed row (a crash in the midst
// of Drop). NotFound if neither is there.
func (v *Vault) findKey(ctx context.Context, id custody.SegmentID) (sidecar, error) {
	s, err := v.readSidecar(id)
	if !errors.Is(err, fs.ErrNotExist) {
		return s, err
	}
	row, err := v.catalog.Segment(ctx, id)
	if err != nil {
		return sidecar{}, err
	}
	return sidecar{Segment: id, Key: row.KeyID, Wrapped: row.WrappedKey}, nil
}

// recoverSidecar deals with a sidecar: with its spool file, nothing; without, it is removed if the row is
// committed and so keeps the key, and kept aside otherwise.
func (v *Vault) recoverSidecar(ctx context.Context, id custody.SegmentID, names []string, report *RecoveryReport) error {
	if slices.Contains(names, string(id)+spoolSuffix) {
		return nil
	}
	_, err := v.catalog.Segment(ctx, id)
	switch {
	case err == nil:
		return v.remove(string(id)+sidecarSuffix, report)
	case kindOf(err) == custody.NotFound:
		return v.quarantine(string(id)+sidecarSuffix, report)
	}
	return err
}

// remove removes a leftover of ours.
func (v *Vault) remove(name string, report *RecoveryReport) error {
	err := v.disk.Remove(filepath.Join(v.dir, name))
	if err == nil {
		report.Removed = append(report.Removed, name)
	}
	return absentIsFine(err)
}

// quarantineSegment moves a spool file and its sidecar aside together.
func (v *Vault) quarantineSegment(id custody.SegmentID, report *RecoveryReport) error {
	err := v.quarantine(string(id)+spoolSuffix, report)
	if err == nil {
		err = v.quarantine(string(id)+sidecarSuffix, report)
	}
	return err
}

// quarantine moves a file aside; it is never deleted.
func (v *Vault) quarantine(name string, report *RecoveryReport) error {
	dir := filepath.Join(v.dir, quarantineDir)
	if err := v.disk.MakeDir(dir); err != nil {
		return err
	}
	err := v.disk.Rename(filepath.Join(v.dir, name), filepath.Join(dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	report.Quarantined = append(report.Quarantined, name)
	return errors.Join(v.disk.SyncDir(dir), v.disk.SyncDir(v.dir))
}

// kindOf is custody.KindOf that tells an error of the disk, which is not yet classified, from one of ours.
func kindOf(err error) custody.Kind {
	var ours *custody.Error
	if err != nil && !errors.As(err, &ours) {
		return custody.Unavailable
	}
	return custody.KindOf(err)
}

// unreadable reports whether err condemns the file rather than the moment: its key or its bytes are not what they were.
func unreadable(err error) bool {
	return err != nil && (kindOf(err) == custody.Corrupt || kindOf(err) == custody.NotFound)
}
