package custody

import (
	"crypto/rand"
	"encoding/base32"
	"strings"
)

// Typed ids: a prefix that says what it names, and 128 random bits in lower-case base32 without
// padding (26 characters). An id says nothing about a camera's name, a date or a person, so it may
// be used as an object key (CONTRACTS 2).
type (
	CameraID  string // cam_: one physical camera
	StreamID  string // str_: one stream of a camera, main or sub
	RunID     string // run_: one unbroken session of one stream with one set of parameters
	SegmentID string // seg_: one sealed object; also its key in the object store
	GapID     string // gap_: one recorded absence of footage
	EventID   string // evt_: one entry of the diary
	KeyID     string // key_: one purpose key
	GrantID   string // grt_: one decision to allow an act

	StaffID       string // stf_: one member of staff
	SessionID     string // ses_: one signed-in session of a member of staff
	RoleGrantID   string // rol_: one role given to one member of staff for a time
	InvitationID  string // inv_: one link by which a member of staff sets a password
	ViewingID     string // viw_: one viewing session with a purpose
	RestrictionID string // rst_: one span of a camera that is closed to ordinary viewing

	RequestID     string // req_: one logged request for footage
	ItemID        string // itm_: one camera and one span of a request, decided alone
	AttachmentID  string // att_: one paper that came with a request
	AgencyID      string // agy_: one entry of the directory of agencies that are called back
	HoldID        string // hld_: one order to keep footage
	DispositionID string // dsp_: one act of disposal: some segments of one camera
	PackageID     string // pkg_: one package of released footage; also its key in the object store
	DeliveryID    string // dlv_: one hand-over of a package
)

var idEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

func newID(prefix string) string {
	var b [16]byte
	rand.Read(b[:]) // never fails (crypto/rand, Go 1.24)
	return prefix + idEncoding.EncodeToString(b[:])
}

// NewCameraID and its sisters draw a fresh random id.
func NewCameraID() CameraID   { return CameraID(newID("cam_")) }
func NewStreamID() StreamID   { return StreamID(newID("str_")) }
func NewRunID() RunID         { return RunID(newID("run_")) }
func NewSegmentID() SegmentID { return SegmentID(newID("seg_")) }
func NewGapID() GapID         { return GapID(newID("gap_")) }
func NewEventID() EventID     { return EventID(newID("evt_")) }
func NewKeyID() KeyID         { return KeyID(newID("key_")) }
func NewGrantID() GrantID     { return GrantID(newID("grt_")) }

func NewStaffID() StaffID             { return StaffID(newID("stf_")) }
func NewSessionID() SessionID         { return SessionID(newID("ses_")) }
func NewRoleGrantID() RoleGrantID     { return RoleGrantID(newID("rol_")) }
func NewInvitationID() InvitationID   { return InvitationID(newID("inv_")) }
func NewViewingID() ViewingID         { return ViewingID(newID("viw_")) }
func NewRestrictionID() RestrictionID { return RestrictionID(newID("rst_")) }

func NewRequestID() RequestID         { return RequestID(newID("req_")) }
func NewItemID() ItemID               { return ItemID(newID("itm_")) }
func NewAttachmentID() AttachmentID   { return AttachmentID(newID("att_")) }
func NewAgencyID() AgencyID           { return AgencyID(newID("agy_")) }
func NewHoldID() HoldID               { return HoldID(newID("hld_")) }
func NewDispositionID() DispositionID { return DispositionID(newID("dsp_")) }
func NewPackageID() PackageID         { return PackageID(newID("pkg_")) }
func NewDeliveryID() DeliveryID       { return DeliveryID(newID("dlv_")) }

// Bytes returns the 16 random bytes behind the id. It fails with Invalid unless the id has the
// expected prefix and exactly 26 canonical base32 characters.
func (id SegmentID) Bytes() ([16]byte, error) { return idBytes("seg_", string(id)) }

// Bytes returns the 16 random bytes behind the id, like SegmentID.Bytes.
func (id PackageID) Bytes() ([16]byte, error) { return idBytes("pkg_", string(id)) }

// SegmentIDOf is the inverse of SegmentID.Bytes.
func SegmentIDOf(b [16]byte) SegmentID { return SegmentID("seg_" + idEncoding.EncodeToString(b[:])) }

// ValidID reports whether s is a well-formed id with that prefix (for example "cam_").
func ValidID(prefix, s string) bool { _, err := idBytes(prefix, s); return err == nil }

func idBytes(prefix, s string) (out [16]byte, err error) {
	rest, ok := strings.CutPrefix(s, prefix)
	if !ok || len(rest) != 26 {
		return out, Errorf(Invalid, "%q is not an id of the form %s followed by 26 characters", s, prefix)
	}
	b, err := idEncoding.DecodeString(rest)
	if err != nil || idEncoding.EncodeToString(b) != rest {
		return out, Errorf(Invalid, "%q is not a well-formed id", s)
	}
	copy(out[:], b)
	return out, nil
}
