package vault

import (
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// Durability says when appended footage survives a power cut.
type Durability string

const (
	PerSegment  Durability = "segment"  // once the segment is settled; kill -9 still loses nothing appended
	PerFragment Durability = "fragment" // once Append has returned
)

// Options are what a Vault is made of. All fields but Disk are required.
type Options struct {
	Dir        string // the spool directory; made if absent
	Disk       Disk   // nil means OSDisk
	Keys       Keys
	Objects    Objects
	Catalog    Catalog
	Clock      custody.Clock
	Durability Durability
	// Record takes the spool directory's lock: one process records. Without it Begin and Recover are
	// refused and Read knows settled segments only, so that a check can run beside the recorder.
	Record bool
	// ThumbDir is where pictures made of footage are kept, encrypted under their segment's key; empty keeps none. The directory
	// is this vault's alone and may be removed at any time: what is in it can be made again.
	ThumbDir string
	// ThumbBytes bounds what is kept there; 0 means 1 GiB.
	ThumbBytes int64
}

// Vault is the strongroom. All its methods are safe for concurrent use.
type Vault struct {
	dir        string
	disk       Disk
	keys       Keys
	objects    Objects
	catalog    Catalog
	clock      custody.Clock
	durability Durability
	lock       io.Closer // nil unless recording
	opened     *openedSegments
	reads      *readers
	taps       *taps
	thumbs     *thumbs

	mu        sync.Mutex
	spooled   map[custody.SegmentID]*spooled
	leftovers []string // names found in the spool directory before this process wrote its first; Recover takes them
}

const (
	spoolSuffix   = ".spool"
	sidecarSuffix = ".key"
	tempSuffix    = ".tmp"
	lockName      = "spool.lock"
	quarantineDir = "quarantine"
)

// Open opens the vault. With Options.Record it fails with Conflict if another process records into the same spool
// directory. Call Recover before or while recording goes on; a spooled segment of an earlier process can be
// read once Recover has found it.
func Open(o Options) (*Vault, error) {
	if o.Disk == nil {
		o.Disk = OSDisk{}
	}
	if o.Dir == "" || o.Keys == nil || o.Objects == nil || o.Catalog == nil || o.Clock == nil {
		return nil, custody.Errorf(custody.Internal, "the vault was not given all its parts")
	}
	if o.Durability != PerSegment && o.Durability != PerFragment {
		return nil, custody.Errorf(custody.Invalid, "durability: %q is neither segment nor fragment", string(o.Durability))
	}
	v := &Vault{
		dir: o.Dir, disk: o.Disk, keys: o.Keys, objects: o.Objects, catalog: o.Catalog, clock: o.Clock,
		durability: o.Durability, opened: newOpenedSegments(), reads: newReaders(),
		taps: newTaps(), thumbs: newThumbs(o.ThumbDir, o.ThumbBytes), spooled: map[custody.SegmentID]*spooled{},
	}
	if err := v.disk.MakeDir(v.dir); err != nil {
		return nil, diskError(err, "the spool directory could not be made")
	}
	if !o.Record {
		return v, nil
	}
	lock, err := v.disk.Lock(filepath.Join(v.dir, lockName))
	if err != nil {
		return nil, spoolError(err, "the spool directory could not be locked")
	}
	v.lock = lock
	if v.leftovers, err = v.disk.List(v.dir); err != nil {
		return nil, errors.Join(diskError(err, "the spool directory could not be listed"), lock.Close())
	}
	return v, nil
}

// Close gives the spool directory's lock back. Writers must be closed and no method may be in progress.
func (v *Vault) Close() error {
	v.mu.Lock()
	lock := v.lock
	v.lock = nil
	v.mu.Unlock()
	if lock == nil {
		return nil
	}
	return lock.Close()
}

// SpoolSegments lists the segments that have a file in the spool directory: live, waiting to be settled, or left by a crash and
// not yet recovered (I2). Files in quarantine are not among them.
func (v *Vault) SpoolSegments() ([]custody.SegmentID, error) {
	names, err := v.disk.List(v.dir)
	if err != nil {
		return nil, diskError(err, "the spool directory could not be listed")
	}
	var ids []custody.SegmentID
	for _, name := range names {
		if id, suffix := splitName(name); suffix == spoolSuffix {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

func (v *Vault) path(id custody.SegmentID, suffix string) string {
	return filepath.Join(v.dir, string(id)+suffix)
}

// splitName takes a file's name apart; the suffix is empty unless the name is one that this room writes.
func splitName(name string) (custody.SegmentID, string) {
	id, suffix, _ := strings.Cut(name, ".")
	suffix = "." + suffix
	switch suffix {
	case spoolSuffix, sidecarSuffix, spoolSuffix + tempSuffix, sidecarSuffix + tempSuffix:
		if custody.ValidID("seg_", id) {
			return custody.SegmentID(id), suffix
		}
	}
	return "", ""
}

// recording fails with Conflict unless this vault holds the spool's lock.
func (v *Vault) recording() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.lock == nil {
		return custody.Errorf(custody.Conflict, "this process does not hold the spool directory's lock and may not record")
	}
	return nil
}

func (v *Vault) register(s *spooled) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.spooled[s.id] = s
}

func (v *Vault) unregister(id custody.SegmentID) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.spooled, id)
}

func (v *Vault) spooledSegment(id custody.SegmentID) *spooled {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.spooled[id]
}

// spooled is a segment whose bytes lie in the spool: being written, or waiting to be settled.
type spooled struct {
	id      custody.SegmentID
	head    headRecord
	box     *box
	keyID   custody.KeyID
	wrapped []byte
	path    string

	mu     sync.RWMutex
	infos  []media.FragmentInfo // of the whole fragments, in order
	closed bool                 // no fragment will follow
	end    SegmentEnd           // once closed
}

// publish makes one more fragment readable.
func (s *spooled) publish(f media.FragmentInfo) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.infos); n > 0 {
		s.infos[n-1].WallEnd = f.WallStart
	}
	s.infos = append(s.infos, f)
}

// fragments is a copy of the fragment table so far.
func (s *spooled) fragments() []media.FragmentInfo {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return append([]media.FragmentInfo(nil), s.infos...)
}

// close replaces the table when the segment is closed.
func (s *spooled) close(infos []media.FragmentInfo, end SegmentEnd) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.infos, s.closed, s.end = infos, true, end
}

// piece is what there is of the segment so far.
func (s *spooled) piece() Piece {
	s.mu.RLock()
	defer s.mu.RUnlock()
	run := &s.head.Run
	return Piece{Segment: s.id, Stream: run.Stream, Run: run.Run, Number: s.head.Number, Continuation: s.end.Continuation,
		Growing: !s.closed, Fragments: slices.Clone(s.infos)}
}

// spoolError keeps an error that is already ours and classifies the others as the disk's.
func spoolError(err error, format string, args ...any) error {
	var ours *custody.Error
	if err == nil || errors.As(err, &ours) {
		return err
	}
	return diskError(err, format, args...)
}
