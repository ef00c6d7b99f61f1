package check

import (
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/audit"
)

// FuzzReplay feeds the replay what somebody may have written into the log's bodies: it complains, and never panics.
func FuzzReplay(f *testing.F) {
	for _, typ := range []custody.EventType{custody.EventSegmentSealed, custody.EventRunStarted, custody.EventGapOpened, custody.EventGapClosed,
		custody.EventCameraAdded, custody.EventCameraChanged, custody.EventCameraRemoved, custody.EventKeyCreated, custody.EventKeyRotated,
		custody.EventStaffAdded, custody.EventStaffChanged, custody.EventStaffInvited, custody.EventInvitationUsed, custody.EventCredentialChanged,
		custody.EventRoleGranted, custody.EventRoleRevoked, custody.EventSessionOpened, custody.EventSessionConfirmed, custody.EventSessionClosed,
		custody.EventSettingChanged, custody.EventRestrictionPlaced, custody.EventRestrictionLifted, custody.EventFootageRead,
		custody.EventViewingOpened, custody.EventFootageServed, custody.EventViewingClosed, custody.EventLogEpoch} {
		for _, body := range []string{`{"at":"2026-11-03T12:00:00Z","subject":"a","actor":"b","camera":"c","detail":{"grants":[{}],"cameras":[],"enabled":false,"secrets":{},
			"passkey":{},"viewing":"a","granted":"2026-11-03T12:00:00Z/2026-11-03T13:00:00Z","minute":"2026-11-03T12:01:00Z","kind":"still","action":"footage.still",
			"unserved":[{"from":"2026-11-03T12:00:00Z","until":"9999-11-03T12:09:00Z"}],"set_up":"x","fresh":"","policy_text_sha256":""}}`,
			`{}`, `{"detail":null}`, `{"detail":[]}`, `{"subject":"a","detail":{"stream":"s","start":"1","end":"2","streams":[{}],"retires":"a"}}`,
			`{"subject":"a","detail":{"purpose":"p","public":"!"}}`, `{"detail":{"number":-1}}`, `{"detail":{"gap":"g","detail":"\u0000"}}`, `x`} {
			f.Add(string(typ), []byte(body))
		}
	}
	f.Fuzz(func(t *testing.T, typ string, body []byte) {
		emitted := 0
		r := newReplay(nil, func(rec record, _ audit.Entry) {
			emitted++
			if rec.kind == "" || len(rec.fields) == 0 {
				t.Errorf("an empty record from %q", body)
			}
		})
		r.wrong = func(audit.Entry, string) {}
		for range 3 { // an event may meet what an earlier one left
			r.entry(audit.Entry{Event: custody.Event{Type: custody.EventType(typ), Body: body}})
		}
		if emitted > 3*(2+maxUnserved+len(body)) { // a closing's unserved minutes, an addition's roles
			t.Errorf("%d records from three events", emitted)
		}
	})
}
