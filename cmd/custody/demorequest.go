package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/request"
	"github.com/footage-custody/custody/internal/door/api"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/identity"
)

// storyAfter is how long the demonstration records before an officer comes: the minute that they ask for is stored by then.
const storyAfter = 100 * time.Second

// tell lets a police officer come to the desk, once, when there is something to ask for: the clerk logs the request, calls back and proposes
// the last minute but one of the first camera. What is left to do is the newcomer's: to decide, to hand over, to verify. Everything goes through
// the rooms and the judge, as the accounts that were made a moment ago.
func (d *demo) tell(ctx context.Context, s *server) error {
	if len(d.staff) == 0 {
		return nil
	}
	if d.story == 0 {
		d.story = s.clock.Now().Add(storyAfter)
	}
	f := s.porter.now()
	if f == nil || s.clock.Now() < d.story {
		return nil
	}
	now := s.clock.Now()
	number, err := d.storyOf(ctx, s, f, custody.Span{Start: now.Add(-90 * time.Second), End: now.Add(-70 * time.Second)})
	for _, actor := range d.staff {
		err = errors.Join(err, f.register.SignOut(ctx, actor))
	}
	d.staff = nil
	if err == nil {
		fmt.Fprintf(d.term.out, "\n  request  an officer has asked for footage: sign in as director and decide %s under Requests\n\n", number)
	}
	return err
}

// storyOf has the clerk read the policy, if they did not yet, and then work: nobody learns before that when there is footage.
func (d *demo) storyOf(ctx context.Context, s *server, f *front, span custody.Span) (string, error) {
	settings, err := s.db.Facts().Settings(ctx)
	if err != nil {
		return "", err
	}
	director, clerk := d.staff[0], d.staff[1]
	a, err := f.register.Acknowledge(ctx, clerk, settings.PolicyVersion, "127.0.0.1")
	if err != nil {
		return "", err
	}
	return logStory(ctx, s, f.services, director, a.Actor, span)
}

// logStory does what a clerk does, and what the director did when the directory was filled.
func logStory(ctx context.Context, s *server, at api.Services, director, clerk identity.Actor, span custody.Span) (string, error) {
	may := func(who identity.Actor, action access.Action, subject string) (access.Grant, error) {
		return s.judge.Decide(ctx, who, access.Ask{Action: action, Subject: subject})
	}
	g, err := may(director, access.AgencyManage, "")
	if err != nil {
		return "", err
	}
	agency, err := at.Requests.PutAgency(ctx, g, request.Agency{Name: "Town Police Department", Phone: "+1 641 555 0100", Source: "the town's directory; made up for this demonstration"})
	if err != nil {
		return "", err
	}
	cams, err := s.registry.List(ctx)
	if err != nil {
		return "", err
	}
	if g, err = may(clerk, access.RequestLog, ""); err != nil {
		return "", err
	}
	logged, err := at.Requests.Log(ctx, g, request.In{Kind: access.LawEnforcement, Channel: request.InPerson, Oral: true, ReadBack: true,
		Text:    "A bicycle was taken from the rack at the entrance a minute ago. I need the video of it.",
		Officer: request.Officer{Agency: agency.Name, Name: "Sam Officer", Badge: "77", Case: "26-000123", Offence: "Theft of a bicycle", AtSite: true},
		Asked:   request.Asked{Cameras: []custody.CameraID{cams[0].ID}, Span: span}})
	if err != nil {
		return "", err
	}
	if g, err = may(clerk, access.RequestPrepare, string(logged.ID)); err != nil {
		return "", err
	}
	if _, err := at.Requests.CallBack(ctx, g, logged.ID, agency.ID, true, "the desk sergeant"); err != nil {
		return "", err
	}
	file, _, _, err := at.Requests.AddItem(ctx, g, logged.ID, cams[0].ID, span)
	if err != nil {
		return "", err
	}
	item := file.Items[0].ID
	if g, err = may(clerk, access.RequestPrepare, string(item)); err != nil {
		return "", err
	}
	_, err = at.Requests.Propose(ctx, g, item, request.Ruling{Outcome: access.Granted, Reason: "A crime at the library; nobody else is in the picture."})
	return logged.Number, err
}
