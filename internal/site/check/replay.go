package check

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/audit"
)

// replay reads the log from its beginning and derives from it what the tables must hold. Things that never change
// again are emitted as they become final; the state of cameras, keys and open gaps is kept.
type replay struct {
	log   audit.Store
	epoch uint32
	next  uint64 // index in epoch of the first entry not yet replayed

	emit func(record, audit.Entry)
	// wrong is told of entries that cannot be understood; nil to pass over them.
	wrong func(e audit.Entry, what string)
	// found is told of entries that contradict those before them; it never is nil.
	found func(Finding)

	open    map[custody.StreamID]*record // the open gap of a stream
	cameras map[string]*cameraState
	keys    map[string]*record
	persons *persons
	sights  *sights
	out     *out
	rulings rulings
	kept    *kept
	files   *files
	entries uint64
}

func newReplay(log audit.Store, emit func(record, audit.Entry)) *replay {
	return &replay{log: log, epoch: 1, emit: emit, found: func(Finding) {}, open: map[custody.StreamID]*record{},
		cameras: map[string]*cameraState{}, keys: map[string]*record{}, persons: newPersons(), sights: newSights(), out: newOut(), files: newFiles(), kept: newKept(), rulings: rulings{}}
}

// maxHoles is how many missing entries are passed over in one epoch; audit.Verify names them.
const maxHoles = 100

// to replays up to a head.
func (r *replay) to(ctx context.Context, head audit.Head) error {
	for ; r.epoch < head.Epoch; r.epoch, r.next = r.epoch+1, 0 {
		if err := r.through(ctx, 1<<62); err != nil {
			return err
		}
	}
	return r.through(ctx, head.Size)
}

func (r *replay) through(ctx context.Context, end uint64) error {
	for holes := 0; r.next < end && holes < maxHoles; holes++ {
		from := r.next
		for e, err := range r.log.Entries(ctx, r.epoch, r.next, end) {
			if err != nil && custody.KindOf(err) == custody.Corrupt {
				r.next++ // the entry that is missing or cannot be read
				break
			}
			if err != nil {
				return err
			}
			r.entry(e)
			r.next = e.Index + 1
		}
		if r.next == from {
			return nil // the end of an older epoch
		}
	}
	return nil
}

// said is an event's body.
type said struct {
	At      string          `json:"at"`
	Actor   string          `json:"actor"`
	Camera  string          `json:"camera"`
	Subject string          `json:"subject"`
	Detail  json.RawMessage `json:"detail"`
}

func (r *replay) entry(e audit.Entry) {
	r.entries++
	if e.Event.Body == nil {
		r.complain(e, "its text is gone, and nothing disposes of texts yet")
		return
	}
	var s said
	err := json.Unmarshal(e.Event.Body, &s)
	if err == nil {
		err = r.apply(e, s)
	}
	if err != nil {
		r.complain(e, "its text cannot be understood: "+custody.PublicText(err))
	}
}

func (r *replay) complain(e audit.Entry, what string) {
	if r.wrong != nil {
		r.wrong(e, what)
	}
}

func (r *replay) apply(e audit.Entry, s said) error {
	switch e.Event.Type {
	case custody.EventSegmentSealed:
		return r.sealed(e, s)
	case custody.EventRunStarted:
		return r.started(e, s)
	case custody.EventGapOpened:
		return r.gapOpened(e, s)
	case custody.EventGapClosed:
		return r.gapClosed(e, s)
	case custody.EventObjectQuarantined:
		rec := quarantineRecord(s.Subject)
		rec.entry = entryName(e)
		r.emit(rec, e)
		return nil
	case custody.EventCameraAdded, custody.EventCameraChanged, custody.EventCameraRemoved:
		return r.camera(e, s)
	case custody.EventKeyCreated, custody.EventKeyRotated:
		return r.key(e, s)
	case custody.EventLogEpoch:
		r.persons.restored()
		return nil
	}
	if err := r.applyKept(e, s); err != nil {
		return err
	}
	return r.applyPerson(e, s)
}

// applyPerson applies what is about people.
func (r *replay) applyPerson(e audit.Entry, s said) error {
	r.ruled(s)
	switch e.Event.Type {
	case custody.EventStaffAdded, custody.EventStaffChanged, custody.EventPolicyAcknowledged:
		return r.person(e, s)
	case custody.EventStaffInvited, custody.EventInvitationUsed:
		return r.invited(e, s)
	case custody.EventCredentialChanged:
		return r.credential(e, s)
	case custody.EventRoleGranted, custody.EventRoleRevoked:
		return r.role(e, s)
	case custody.EventRestrictionPlaced, custody.EventRestrictionLifted:
		return r.restriction(e, s)
	case custody.EventSettingChanged:
		return r.setting(e, s)
	case custody.EventSessionOpened, custody.EventSessionConfirmed, custody.EventSessionClosed:
		return r.session(e, s)
	case custody.EventFootageRead:
		return r.decided(s)
	case custody.EventViewingOpened, custody.EventFootageServed, custody.EventViewingClosed:
		return r.watched(e, s)
	case custody.EventPackageMade:
		return r.packaged(e, s)
	case custody.EventPackageHandedOver, custody.EventPackageReceipted:
		return r.left(e, s)
	case custody.EventPackageRecalled:
		return r.withdrawn(e, s)
	}
	if e.Event.Type == custody.EventAgencyChanged {
		return r.agency(e, s)
	}
	if isRequest(e.Event.Type) {
		return r.request(e, s)
	}
	return nil
}

func entryName(e audit.Entry) string { return fmt.Sprintf("epoch %d, entry %d", e.Epoch, e.Index) }

// sealedDetail is what the recorder writes into segment.sealed.
type sealedDetail struct {
	Stream       string          `json:"stream"`
	Run          string          `json:"run"`
	Number       uint32          `json:"number"`
	Continuation bool            `json:"continuation"`
	StartMicros  custody.Instant `json:"start_us"`
	EndMicros    custody.Instant `json:"end_us"`
	MediaTicks   int64           `json:"media_ticks"`
	Timescale    uint32          `json:"timescale"`
	Units        uint64          `json:"units"`
	Damaged      uint64          `json:"damaged"`
	Leaves       uint64          `json:"leaves"`
	Root         string          `json:"root"`
	ObjectSize   int64           `json:"object_size"`
	ObjectDigest string          `json:"object_sha256"`
	Key          string          `json:"key"`
	CameraOffset *int64          `json:"camera_offset_us"`
	Recovered    bool            `json:"recovered"`
}

func (r *replay) sealed(e audit.Entry, s said) error {
	var d sealedDetail
	if err := json.Unmarshal(s.Detail, &d); err != nil {
		return err
	}
	r.emit(record{kind: "segment", id: s.Subject, entry: entryName(e), fields: []field{
		{"camera_id", s.Camera}, {"stream_id", d.Stream}, {"run_id", d.Run},
		{"number", strconv.FormatUint(uint64(d.Number), 10)}, {"continuation", strconv.FormatBool(d.Continuation)},
		{"start_at", d.StartMicros.String()}, {"end_at", d.EndMicros.String()},
		{"media_ticks", strconv.FormatInt(d.MediaTicks, 10)}, {"timescale", strconv.FormatUint(uint64(d.Timescale), 10)},
		{"units", strconv.FormatUint(d.Units, 10)}, {"damaged", strconv.FormatUint(d.Damaged, 10)},
		{"root", d.Root}, {"leaves", strconv.FormatUint(d.Leaves, 10)},
		{"object_size", strconv.FormatInt(d.ObjectSize, 10)}, {"object_digest", d.ObjectDigest},
		{"key_id", d.Key}, {"camera_offset", optional(d.CameraOffset)},
		{"recovered", strconv.FormatBool(d.Recovered)}, {"sealed_at", s.At},
	}}, e)
	return nil
}

func (r *replay) started(e audit.Entry, s said) error {
	var d struct {
		Stream string `json:"stream"`
		Header string `json:"header_sha256"`
	}
	if err := json.Unmarshal(s.Detail, &d); err != nil {
		return err
	}
	r.emit(record{kind: "run", id: s.Subject, entry: entryName(e), fields: []field{
		{"camera_id", s.Camera}, {"stream_id", d.Stream}, {"started_at", s.At}, {"header", d.Header},
	}}, e)
	return nil
}

// gapDetail is what the recorder writes into gap.opened and gap.closed.
type gapDetail struct {
	Gap    custody.GapID    `json:"gap"`
	Stream custody.StreamID `json:"stream"`
	Start  string           `json:"start"`
	End    string           `json:"end"`
	Cause  media.GapCause   `json:"cause"`
	Detail string           `json:"detail"`
}

func (d gapDetail) record(e audit.Entry, camera string) record {
	none := func(s string) string {
		if s == "" {
			return "none"
		}
		return s
	}
	return record{kind: "gap", id: string(d.Gap), entry: entryName(e), fields: []field{
		{"camera_id", camera}, {"stream_id", string(d.Stream)}, {"start_at", none(d.Start)}, {"end_at", none(d.End)},
		{"cause", string(d.Cause)}, {"detail", shortDetail(d.Detail)},
	}}
}

const gapStart, gapEnd = 2, 3 // of a gap record's fields

// gapOpened mirrors recorder.Index.SetGap: an open gap ends where the next begins.
func (r *replay) gapOpened(e audit.Entry, s said) error {
	var d gapDetail
	if err := json.Unmarshal(s.Detail, &d); err != nil {
		return err
	}
	r.endGap(d.Stream, d.Start, e)
	g := d.record(e, s.Camera)
	r.open[d.Stream] = &g
	return nil
}

// gapClosed mirrors CloseGap, which names no gap, and AddGap, which does.
func (r *replay) gapClosed(e audit.Entry, s said) error {
	var d gapDetail
	if err := json.Unmarshal(s.Detail, &d); err != nil {
		return err
	}
	if d.Gap == "" {
		r.endGap(d.Stream, d.End, e)
		return nil
	}
	r.emit(d.record(e, s.Camera), e)
	return nil
}

// endGap closes the open gap of a stream; one that would be empty never was.
func (r *replay) endGap(stream custody.StreamID, at string, e audit.Entry) {
	g := r.open[stream]
	if g == nil {
		return
	}
	delete(r.open, stream)
	if at > g.fields[gapStart].value { // instants are written as they sort
		g.fields[gapEnd].value = at
		r.emit(*g, e)
	}
}
