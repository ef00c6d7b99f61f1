package request_test

import (
	"context"
	"strings"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/request"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/identity"
)

// assign leaves a member of staff those cameras and no other.
func (l *library) assign(who access.Actor, cameras ...custody.CameraID) {
	l.t.Helper()
	s, err := l.db.StaffByID(context.Background(), who.Staff())
	l.must(err)
	s.AllCameras, s.Cameras = false, cameras
	l.must(l.db.UpdateStaff(context.Background(), s))
}

// TestARefusalTellsNothingOfCamerasThatAreNotAssigned: whether there is footage, when, and what is closed of it is told nobody who may not know;
// no outcome tells it by being accepted either, and the words are the same whatever there is.
func TestARefusalTellsNothingOfCamerasThatAreNotAssigned(t *testing.T) {
	l := newLibrary(t)
	outsider := l.person("outsider", identity.Preparer)
	l.assign(outsider, l.hall)
	l.assign(l.director, l.hall)
	r := l.log(request.In{Kind: access.OpenRecords, Channel: request.Other, Text: "x"})
	it := l.add(r.ID, l.yard, theft)
	part := custody.Span{Start: theft.Start, End: theft.Start.Add(theft.Duration() / 2)}
	rulings := []request.Ruling{grant, {Outcome: access.InspectOnly, Citation: "Iowa Code 22.7(50)"}, {Outcome: access.NoRecord, Citation: "The retention schedule"}}
	told := map[string]bool{}
	for _, inv := range []request.Inventory{{Class: access.PublicArea}, {Class: access.PublicArea, Recorded: []custody.Span{part}}, {Class: access.LibraryRecord, Recorded: []custody.Span{theft}},
		{Class: access.PublicArea, Recorded: []custody.Span{theft}, Restricted: []access.Restriction{{Span: part, Kind: access.RestrictSealed}}}} {
		l.footage[l.yard] = inv
		for _, in := range rulings {
			err := l.propose(outsider, it.ID, in)
			l.wants(err, custody.Denied, "not assigned to you")
			told[err.Error()] = true
		}
	}
	if len(told) != 1 {
		t.Errorf("it is told in many words: %v", told)
	}
	l.must(l.propose(outsider, it.ID, deny))
	l.must(l.propose(l.clerk, it.ID, deny))
	l.footage[l.yard] = request.Inventory{Class: access.PublicArea, Recorded: []custody.Span{part}}
	record := rulings[2]
	record.Reason = "nothing is there"
	err := l.decide(l.director, it.ID, record)
	if l.wants(err, custody.Denied, "why is not told"); err == nil || strings.Contains(err.Error(), "2026") {
		t.Errorf("who decides is told %v", err)
	}
	l.wants(l.decide(l.deputy, it.ID, record), custody.Denied, "there is a record")
	l.must(l.decide(l.director, it.ID, deny))
	own := l.add(r.ID, l.hall, theft)
	l.wants(l.propose(outsider, own.ID, record), custody.Denied, "there is a record")
}
