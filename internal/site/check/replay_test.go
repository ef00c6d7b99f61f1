package check

import (
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/audit"
)

// FuzzReplay feeds the replay what somebody may have written into the log's bodies: it complains, and never panics.
func FuzzReplay(f *testing.F) {
	for _, typ := range []custody.EventType{custody.EventSegmentSealed, custody.EventRunStarted, custody.EventGapOpened, custody.EventGapClosed,
		custody.EventCameraAdded, custody.EventCameraChanged, custody.EventCameraRemoved, custody.EventKeyCreated, custody.EventKeyRotated} {
		for _, body := range []string{`{}`, `{"detail":null}`, `{"detail":[]}`, `{"subject":"a","detail":{"stream":"s","start":"1","end":"2","streams":[{}],"retires":"a"}}`,
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
		for range 3 { // an event may meet what an earlier one left
			r.entry(audit.Entry{Event: custody.Event{Type: custody.EventType(typ), Body: body}})
		}
		if emitted > 3 {
			t.Errorf("%d records from three events", emitted)
		}
	})
}
