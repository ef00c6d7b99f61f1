package access

import (
	_ "embed"
	"iter"
	"slices"
	"strings"

	"github.com/cedar-policy/cedar-go"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/identity"
)

//go:embed policy.cedar
var policyText []byte

// policy is the rules of policy.cedar in their order. One that could not be read has no clause and allows nothing.
type policy struct {
	clauses []clause
	broken  error
	// concerning are the clauses whose head does not rule a question out by who asks and for what, found once: the others cannot
	// apply to it, nor fail in it.
	concerning map[heading]*policy
}

// heading is what the head of a clause is about.
type heading struct {
	who    cedar.EntityType
	action Action
}

// clause is one rule with its name, and for a forbid the words of a refusal.
type clause struct {
	name      cedar.PolicyID
	says, ask string
	rule      *cedar.Policy
	head      head
	concerned *cedar.Policy // the rule for questions that its head concerns
}

// readPolicy names every clause by its annotation: the position in a file is no name, and @id names nothing in cedar-go.
func readPolicy(text []byte) policy {
	list, err := cedar.NewPolicyListFromBytes("policy.cedar", text)
	if err != nil {
		return policy{broken: custody.Wrap(custody.Internal, err, "the access rules cannot be read")}
	}
	var p policy
	for _, rule := range list {
		notes := rule.Annotations()
		c := clause{name: cedar.PolicyID(notes["name"]), says: string(notes["says"]), ask: string(notes["ask"]), rule: rule}
		known := slices.ContainsFunc(p.clauses, func(o clause) bool { return o.name == c.name })
		if c.name == "" || known || rule.Effect() == cedar.Forbid && (c.says == "" || c.ask == "") {
			return policy{broken: custody.Errorf(custody.Internal, "the access rule %q lacks a name of its own or the words of a refusal", c.name)}
		}
		if err := c.readHead(); err != nil {
			return policy{broken: err}
		}
		p.clauses = append(p.clauses, c)
	}
	p.sort()
	return p
}

// All implements cedar.PolicyIterator, in the file's order.
func (p policy) All() iter.Seq2[cedar.PolicyID, *cedar.Policy] {
	return func(yield func(cedar.PolicyID, *cedar.Policy) bool) {
		for _, c := range p.clauses {
			if !yield(c.name, c.rule) {
				return
			}
		}
	}
}

// question is one question to the policy: who, what, about which camera, under which circumstances.
type question struct {
	who      cedar.Entity
	action   Action
	camera   CameraFacts // none if its ID is empty: the act is about the site
	assigned bool
	basis    Basis
	kinds    kinds
	old      bool
	staff    bool // a staff account was ever made
	listing  bool
	fresh    bool
	matter   matter
}

// answer is the policy's. The clauses decided: permits if allowed; if not, forbids, or none if no permit applies.
type answer struct {
	allowed bool
	clauses []string
	says    string
	ask     string
	unknown bool // nothing has the id that the question is about
}

// answer asks the policy. Whatever cannot be evaluated is refused: cedar-go itself would skip a forbid that fails (CONTRACTS 16).
func (p policy) answer(q question) answer {
	if p.broken != nil {
		return answer{says: "the access rules cannot be read", ask: "the operator"}
	}
	rules := p.about(q)
	things := pair{q.who, q.resource()}
	decision, d := cedar.Authorize(rules, things, cedar.Request{
		Principal: q.who.UID, Action: cedar.NewEntityUID("Action", cedar.String(q.action)), Resource: things[1].UID, Context: q.context(),
	})
	if len(d.Errors) > 0 {
		a := answer{says: "the access rules could not be evaluated", ask: "the operator"}
		for _, e := range d.Errors {
			a.clauses = append(a.clauses, string(e.PolicyID)+" failed")
		}
		return a
	}
	a := answer{allowed: decision == cedar.Allow, unknown: q.matter.known == "unknown"}
	for _, r := range d.Reasons {
		a.clauses = append(a.clauses, string(r.PolicyID))
	}
	if !a.allowed && len(a.clauses) > 0 {
		i := slices.IndexFunc(p.clauses, func(c clause) bool { return string(c.name) == a.clauses[0] })
		a.says, a.ask = p.clauses[i].says, p.clauses[i].ask
	}
	return a
}

// pair is the two entities of a question.
type pair [2]cedar.Entity

// Get implements the getter of entities.
func (p pair) Get(id cedar.EntityUID) (cedar.Entity, bool) {
	for _, e := range p {
		if e.UID == id {
			return e, true
		}
	}
	return cedar.Entity{}, false
}

func (q question) resource() cedar.Entity {
	if q.camera.ID == "" {
		return cedar.Entity{UID: cedar.NewEntityUID("Site", "site")}
	}
	return cedar.Entity{UID: cedar.NewEntityUID("Camera", cedar.String(q.camera.ID)), Attributes: cedar.NewRecord(cedar.RecordMap{
		"class": cedar.String(q.camera.Class), "assigned": cedar.Boolean(q.assigned), "removed": cedar.Boolean(q.camera.Removed),
	})}
}

func (q question) context() cedar.Record {
	return cedar.NewRecord(cedar.RecordMap{
		"basis": cedar.String(q.basis), "restrictions": q.kinds.set(), "old": cedar.Boolean(q.old),
		"staff_exist": cedar.Boolean(q.staff), "listing": cedar.Boolean(q.listing), "fresh": cedar.Boolean(q.fresh),
		"request": cedar.String(q.matter.known), "kind": cedar.String(q.matter.kind), "stage": cedar.String(q.matter.stage),
		"outcome": cedar.String(q.matter.outcome), "concerned": cedar.Boolean(q.matter.concerned), "proposer": cedar.Boolean(q.matter.proposer),
		"called_back": cedar.Boolean(q.matter.calledBack), "ready": cedar.Boolean(q.matter.ready), "other": cedar.Boolean(q.matter.other),
		"shows": q.matter.shows.set(),
	})
}

// Kinds of principals.
// signedFor is the rule that asks for a fresh sign-in; pages then ask for credentials and try again.
const signedFor = "decisions-are-signed-for"

const (
	staffType    = "Staff"
	operatorType = "Operator"
	systemType   = "System"
)

// person is what the policy knows of a member of staff.
type person struct {
	id                                                   custody.StaffID
	roles                                                []identity.Role
	enabled, signedIn, enrolling, acknowledged, delegate bool
}

func (m person) entity() cedar.Entity {
	var roles []cedar.Value
	for _, r := range m.roles {
		roles = append(roles, cedar.String(r))
	}
	return cedar.Entity{UID: cedar.NewEntityUID(staffType, cedar.String(m.id)), Attributes: cedar.NewRecord(cedar.RecordMap{
		"roles": cedar.NewSet(roles...), "enabled": cedar.Boolean(m.enabled), "signed_in": cedar.Boolean(m.signedIn),
		"enrolling": cedar.Boolean(m.enrolling), "acknowledged": cedar.Boolean(m.acknowledged), "delegate": cedar.Boolean(m.delegate),
	})}
}

// nameless is the entity of an actor who is no member of staff.
func nameless(a Actor) cedar.Entity {
	kind := cedar.EntityType(systemType)
	if a.IsOperator() {
		kind = operatorType
	}
	return cedar.Entity{UID: cedar.NewEntityUID(kind, cedar.String(a.String()))}
}

// kinds is a set of restriction kinds.
type kinds uint8

// kindOf is the set of one kind. One that this program does not know counts as all of them.
func kindOf(k RestrictionKind) kinds {
	if i := slices.Index(closingKinds(), k); i >= 0 {
		return 1 << i
	}
	return 1<<len(closingKinds()) - 1
}

// What closes footage to disposal is judged like a restriction.
const (
	keptHeld  RestrictionKind = "held" // under a hold
	keptYoung RestrictionKind = "kept" // younger than the schedule keeps it at least
)

func closingKinds() []RestrictionKind { return append(restrictionKinds(), keptHeld, keptYoung) }

func restrictionKinds() []RestrictionKind {
	return []RestrictionKind{RestrictLibraryRecord, RestrictSealed, RestrictHold}
}

func (k kinds) set() cedar.Set {
	var out []cedar.Value
	for i, kind := range closingKinds() {
		if k&(1<<i) != 0 {
			out = append(out, cedar.String(kind))
		}
	}
	return cedar.NewSet(out...)
}

// looks reports whether the action yields pictures.
func (a Action) looks() bool {
	return a == FootageRead || a == FootageStill || a == FootageLive || a == FootageExport
}

// opens reports whether a decision about it lets footage be seen, in pictures or as a list of times.
func (a Action) opens() bool { return a.footage() && a != FootageDispose }

// footage reports whether the action is about footage.
func (a Action) footage() bool { return strings.HasPrefix(string(a), "footage.") }
