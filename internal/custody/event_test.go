package custody

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestEventBodyHoldsWhatIsIndexed(t *testing.T) {
	cam := NewCameraID()
	e, err := NewEvent(EventGapOpened, 1_000_000, "system", cam, "gap_x", map[string]any{"cause": "crash"})
	if err != nil {
		t.Fatal(err)
	}
	var body struct {
		ID      EventID        `json:"id"`
		Type    EventType      `json:"type"`
		At      string         `json:"at"`
		Actor   string         `json:"actor"`
		Camera  CameraID       `json:"camera"`
		Subject string         `json:"subject"`
		Detail  map[string]any `json:"detail"`
	}
	if err := json.Unmarshal(e.Body, &body); err != nil {
		t.Fatal(err)
	}
	if body.ID != e.ID || body.Type != e.Type || body.At != e.At.String() || body.Actor != "system" || body.Camera != cam || body.Subject != "gap_x" || body.Detail["cause"] != "crash" {
		t.Errorf("body %s does not say what the event says: %+v", e.Body, e)
	}
	if !ValidID("evt_", string(e.ID)) {
		t.Errorf("id %s", e.ID)
	}
}

func TestEventLeavesOutWhatIsEmpty(t *testing.T) {
	e, err := NewEvent(EventSiteInitialised, 1, "operator", "", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"camera", "subject", "detail"} {
		if strings.Contains(string(e.Body), `"`+key+`"`) {
			t.Errorf("%s stands in %s", key, e.Body)
		}
	}
	if _, err := NewEvent(EventAlarmRaised, 1, "system", "", "", func() {}); KindOf(err) != Internal || err == nil {
		t.Errorf("NewEvent of what JSON cannot say = %v, want Internal", err)
	}
}

func TestEventTypeForm(t *testing.T) {
	for _, good := range []EventType{
		EventSiteInitialised, EventLogEpoch, EventKeyCreated, EventKeyRotated, EventCameraAdded, EventCameraChanged,
		EventCameraRemoved, EventRunStarted, EventSegmentSealed, EventGapOpened, EventGapClosed, EventFootageRead,
		EventFootageRefused, EventBackupMade, EventSiteRestored, EventRecordingStarted, EventRecordingStopped,
		EventAlarmRaised, EventAlarmCleared, EventObjectQuarantined, "a-1.b-2",
	} {
		if !good.Valid() {
			t.Errorf("%s is refused", good)
		}
	}
	for _, bad := range []EventType{"", "segment", ".sealed", "segment.", "segment.sealed.twice", "Segment.sealed", "segment sealed", "segment.sealed\n", "sägment.sealed", EventType("a." + strings.Repeat("b", 63))} {
		if bad.Valid() {
			t.Errorf("%q is accepted", bad)
		}
	}
}
