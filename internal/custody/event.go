package custody

import (
	"encoding/json"
	"strings"
)

// EventType names an act, as "noun.verb-past": "segment.sealed". It is part of the log leaf and stays
// in the log for ever, so it carries no personal data.
type EventType string

// The events of this storey. Later rooms add theirs here.
const (
	EventSiteInitialised   EventType = "site.initialised"
	EventLogEpoch          EventType = "log.epoch" // first entry of a log after a restore; names the checkpoint it follows
	EventKeyCreated        EventType = "key.created"
	EventKeyRotated        EventType = "key.rotated"
	EventCameraAdded       EventType = "camera.added"
	EventCameraChanged     EventType = "camera.changed"
	EventCameraRemoved     EventType = "camera.removed"
	EventRunStarted        EventType = "run.started"
	EventSegmentSealed     EventType = "segment.sealed"
	EventGapOpened         EventType = "gap.opened"
	EventGapClosed         EventType = "gap.closed"
	EventFootageRead       EventType = "footage.read" // committed before the first byte
	EventFootageRefused    EventType = "footage.refused"
	EventBackupMade        EventType = "backup.made"
	EventSiteRestored      EventType = "site.restored"
	EventRecordingStarted  EventType = "recording.started"
	EventRecordingStopped  EventType = "recording.stopped"
	EventAlarmRaised       EventType = "alarm.raised"
	EventAlarmCleared      EventType = "alarm.cleared"
	EventObjectQuarantined EventType = "object.quarantined"
)

// The events of people: who may, who came, who looked.
const (
	EventStaffAdded         EventType = "staff.added"
	EventStaffChanged       EventType = "staff.changed" // name, enabled, assignments
	EventStaffInvited       EventType = "staff.invited" // a link to set a password was made
	EventInvitationUsed     EventType = "invitation.used"
	EventCredentialChanged  EventType = "credential.changed" // password, second factor, passkey or recovery codes; never their content
	EventPolicyAcknowledged EventType = "policy.acknowledged"
	EventRoleGranted        EventType = "role.granted"
	EventRoleRevoked        EventType = "role.revoked"
	EventSessionOpened      EventType = "session.opened"
	EventSessionClosed      EventType = "session.closed"
	EventSessionConfirmed   EventType = "session.confirmed" // signed in again within a session
	EventSignInRefused      EventType = "sign-in.refused"
	EventActAllowed         EventType = "act.allowed" // a decision about something other than footage
	EventActRefused         EventType = "act.refused"
	EventSettingChanged     EventType = "setting.changed"
	EventRestrictionPlaced  EventType = "restriction.placed"
	EventRestrictionLifted  EventType = "restriction.lifted"
	EventViewingOpened      EventType = "viewing.opened"
	EventViewingClosed      EventType = "viewing.closed"
	EventFootageServed      EventType = "footage.served"  // the lease of one camera-minute, committed before its bytes (CONTRACTS 7)
	EventFootageRevoked     EventType = "footage.revoked" // a standing decision stopped being good before its end
	EventAuditExported      EventType = "audit.exported"
)

// The events of requests, holds, disposal and release. The subject is the request's id where there is a request, so that a request's whole
// story is found by it; the detail repeats the state that the act left behind.
const (
	EventRequestLogged     EventType = "request.logged"
	EventRequestChanged    EventType = "request.changed"  // facts of it: who asks, what is asked, who is concerned
	EventRequestMoved      EventType = "request.moved"    // from one state to another
	EventRequestAttached   EventType = "request.attached" // a paper was added; its name, size and digest
	EventRequestNoted      EventType = "request.noted"    // a note of staff, for the file
	EventCallBackMade      EventType = "call-back.made"   // reached or not, on which number of the directory
	EventItemScoped        EventType = "item.scoped"      // added, or its camera or span changed: what was decided is void
	EventItemProposed      EventType = "item.proposed"
	EventItemDecided       EventType = "item.decided"
	EventItemWithdrawn     EventType = "item.withdrawn"
	EventRequestClosed     EventType = "request.closed"
	EventRequestReopened   EventType = "request.reopened"
	EventDisposalProposed  EventType = "request.disposal-proposed"
	EventRequestDisposed   EventType = "request.disposed" // its file was disposed of on schedule; number, dates, outcome and digests stay
	EventAgencyChanged     EventType = "agency.changed"   // the directory of agencies
	EventHoldPlaced        EventType = "hold.placed"
	EventHoldVerified      EventType = "hold.verified" // what it covers was looked at object by object; what was lost already is named
	EventHoldReviewed      EventType = "hold.reviewed"
	EventHoldLiftProposed  EventType = "hold.lift-proposed"
	EventHoldLifted        EventType = "hold.lifted"
	EventScheduleChanged   EventType = "schedule.changed"
	EventFootageDisposed   EventType = "footage.disposed" // keys destroyed: the tombstone
	EventFootagePurged     EventType = "footage.purged"   // objects removed
	EventPackageMade       EventType = "package.made"     // built, verified and stored; digests of its files
	EventPackageFailed     EventType = "package.failed"   // it could not be made, or somebody stopped it
	EventPackageRetried    EventType = "package.retried"  // somebody has one that failed made again
	EventPackageRead       EventType = "package.read"     // committed before the first byte leaves
	EventPackageHandedOver EventType = "package.handed-over"
	EventPackageReceipted  EventType = "package.receipted"
	EventPackageRecalled   EventType = "package.recalled"
)

// Event is one entry of the diary. Body is the exact bytes that are stored and hashed (CONTRACTS 9);
// ID, At, Actor, Camera and Subject are copies of fields inside Body that the database indexes.
type Event struct {
	ID      EventID
	Type    EventType
	At      Instant
	Actor   string // "system", "operator", or a staff id
	Camera  CameraID
	Subject string // id of what it is about; may be empty
	Body    []byte
}

type eventBody struct {
	ID      EventID   `json:"id"`
	Type    EventType `json:"type"`
	At      string    `json:"at"`
	Actor   string    `json:"actor"`
	Camera  CameraID  `json:"camera,omitempty"`
	Subject string    `json:"subject,omitempty"`
	Detail  any       `json:"detail,omitempty"`
}

// NewEvent makes an event with a fresh id. detail is marshalled as JSON into the body; it must hold
// no secret. It fails with Internal only if detail cannot be marshalled.
func NewEvent(t EventType, at Instant, actor string, camera CameraID, subject string, detail any) (Event, error) {
	e := Event{ID: NewEventID(), Type: t, At: at, Actor: actor, Camera: camera, Subject: subject}
	b, err := json.Marshal(eventBody{e.ID, t, at.String(), actor, camera, subject, detail})
	if err != nil {
		return Event{}, Wrap(Internal, err, "the event %s could not be written", t)
	}
	e.Body = b
	return e, nil
}

// Valid reports whether t has the form noun.verb in lower-case letters, digits and hyphens, at most 64 bytes.
func (t EventType) Valid() bool {
	noun, verb, ok := strings.Cut(string(t), ".")
	return ok && len(t) <= 64 && isName(noun) && isName(verb)
}

func isName(s string) bool {
	for _, c := range s {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return s != ""
}
