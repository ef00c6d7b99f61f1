package access

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/identity"
)

// refusal is a no in plain words.
type refusal struct {
	hidden    bool // the camera does not exist for this actor
	says, ask string
	confirm   bool // nothing but a fresh sign-in is missing
}

// err is the refusal as the asker gets it. What one may not know about reads the same for everybody (CONTRACTS 16).
func (r *refusal) err(ask Ask) error {
	if r.hidden && ask.Camera == "" {
		return custody.Errorf(custody.NotFound, "there is nothing of that id")
	}
	if r.hidden {
		return custody.Errorf(custody.NotFound, "there is no such camera")
	}
	var cause error = &whoCan{ask.Action, r.ask}
	if r.confirm {
		cause = identity.Stale(cause)
	}
	return &custody.Error{Kind: custody.Denied, Public: r.says + " (who can: " + r.ask + ")", Cause: cause}
}

// whoCan travels in a refusal for pages that show it apart.
type whoCan struct {
	action Action
	who    string
}

// Error implements error.
func (w *whoCan) Error() string { return string(w.action) + " was refused" }

// WhoCan says who can do what was refused, in words; empty if err is no refusal of the judge.
func WhoCan(err error) string {
	if w, ok := errors.AsType[*whoCan](err); ok {
		return w.who
	}
	return ""
}

// refuse is nil if the answer allows the act. It always asks the same questions, so that a camera that does not exist takes as long as
// one that is not the actor's.
func (s *scene) refuse(ask Ask, c CameraFacts, exists bool, a answer) *refusal {
	if a.allowed && isMatter(ask.Subject) && a.unknown {
		return &refusal{hidden: true}
	}
	_, sees := s.allows(CameraView, c, false)
	known := exists && (sees || s.member.ID == "" || s.assigned(c.ID) && !c.Removed)
	switch {
	case c.ID != "" && !(known || exists && a.allowed):
		return &refusal{hidden: true}
	case a.allowed:
		return nil
	}
	return s.explain(ask, c, a)
}

// explain puts a no into words.
func (s *scene) explain(ask Ask, c CameraFacts, a answer) *refusal {
	switch {
	case a.says != "":
		return &refusal{says: a.says, ask: a.ask, confirm: slices.Equal(a.clauses, []string{signedFor})}
	case ask.Action.footage() && s.member.ID != "" && !s.assigned(c.ID):
		return &refusal{says: "this camera is not assigned to you", ask: "somebody to whom it is assigned; an administrator assigns cameras"}
	}
	return &refusal{says: "your roles do not allow " + string(ask.Action), ask: s.judge.whoMay(ask.Action)}
}

// whoMay names the roles that may do an act, out of the policy.
func (j *Judge) whoMay(action Action) string {
	var roles []string
	for _, p := range j.powers() {
		if p.Action == action {
			roles = append(roles, string(p.Role))
		}
	}
	if len(roles) == 0 {
		return "nobody"
	}
	return strings.Join(roles, ", ") + "; an administrator gives roles"
}

func (j *Judge) recordRefusal(ctx context.Context, s scene, ask Ask, v *verdict) error {
	t, camera, d := custody.EventActRefused, ask.Camera, detailOf(s.actor, ask)
	if ask.Action.opens() {
		t = custody.EventFootageRefused
	}
	if d.Reason, d.Rules = v.refusal.says, v.clauses; v.refusal.hidden {
		d.Reason, d.Camera, camera = "there is no such camera for this asker", ask.Camera, ""
	}
	again, due := j.flood.due(echo{s.actor, ask.Action, camera, d.Reason}, s.now)
	if d.Again = again; due {
		if err := j.record(ctx, t, s.now, s.actor, camera, ask.Subject, d); err != nil {
			return err
		}
	}
	return v.refusal.err(ask)
}

// flood keeps one asker from filling the diary: the same refusal is recorded at most once a minute, and the next record says how often
// it came. It remembers at most maxEchoes; when that is full of the last minute's, all others together are recorded once a minute.
type flood struct {
	mu   sync.Mutex
	told map[echo]*told
}

const (
	maxEchoes  = 4096
	echoMinute = time.Minute
)

type echo struct {
	actor  Actor
	action Action
	camera custody.CameraID
	reason string
}

type told struct {
	at    custody.Instant
	again int
}

// due reports whether to record it, and how often it came unrecorded.
func (f *flood) due(e echo, now custody.Instant) (again int, due bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.told == nil {
		f.told = map[echo]*told{}
	}
	t := f.told[e]
	if t == nil && len(f.told) >= maxEchoes {
		f.forget(now)
		if len(f.told) >= maxEchoes {
			e = echo{}
			t = f.told[e]
		}
	}
	if t == nil {
		t = &told{}
		f.told[e] = t
	} else if now < t.at.Add(echoMinute) {
		t.again++
		return 0, false
	}
	again, t.at, t.again = t.again, now, 0
	return again, true
}

// forget drops what would be recorded again anyway; its counts are lost.
func (f *flood) forget(now custody.Instant) {
	maps.DeleteFunc(f.told, func(_ echo, t *told) bool { return now >= t.at.Add(echoMinute) })
}
