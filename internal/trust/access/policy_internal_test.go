package access

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/cedar-policy/cedar-go"
	"github.com/google/go-cmp/cmp"

	"github.com/footage-custody/custody/internal/trust/identity"
)

func TestThePolicyIsWhole(t *testing.T) {
	p := readPolicy(policyText)
	if p.broken != nil || len(p.clauses) < 20 {
		t.Fatalf("%d clauses (%v)", len(p.clauses), p.broken)
	}
	for name, text := range map[string]string{
		"no Cedar":              "permit (",
		"no name":               "permit (principal, action, resource);",
		"a name twice":          `@name("a") permit (principal, action, resource); @name("a") permit (principal, action, resource);`,
		"a refusal unexplained": `@name("a") forbid (principal, action, resource);`,
	} {
		broken := readPolicy([]byte(text))
		if a := broken.answer(anyone(identity.Custodian)); broken.broken == nil || a.allowed || a.says == "" {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

// TestAnErrorDenies: cedar-go skips a forbid whose evaluation fails, and would allow.
func TestAnErrorDenies(t *testing.T) {
	p := readPolicy([]byte(`@name("all") permit (principal, action, resource);
		@name("unless lucky") @says("no") @ask("nobody") forbid (principal, action, resource) when { principal.luck > 3 };`))
	q := anyone(identity.Custodian)
	things := pair{q.who, q.resource()}
	if d, _ := cedar.Authorize(p, things, cedar.Request{Principal: q.who.UID, Action: cedar.NewEntityUID("Action", "footage.read"), Resource: things[1].UID}); d != cedar.Allow {
		t.Fatal("cedar-go refuses by itself now: this test proves nothing")
	}
	if a := p.answer(q); a.allowed || !slices.Equal(a.clauses, []string{"unless lucky failed"}) {
		t.Errorf("%+v", a)
	}
}

// anyone asks to look at an ordinary camera with those roles.
func anyone(roles ...identity.Role) question {
	return question{who: person{id: "stf_any", roles: roles, enabled: true, signedIn: true, acknowledged: true}.entity(), action: FootageRead,
		camera: CameraFacts{ID: "cam_any", Class: PublicArea}, assigned: true, basis: Reason, staff: true}
}

// TestFewerRolesNeverAllowMore, and a role that nobody knows allows nothing.
func TestFewerRolesNeverAllowMore(t *testing.T) {
	p, r := readPolicy(policyText), rand.New(rand.NewPCG(1, 2))
	flip := func() bool { return r.IntN(2) == 0 }
	for range 5000 {
		q := question{action: Actions()[r.IntN(len(Actions()))], assigned: flip(), old: flip(), staff: true, listing: flip(),
			kinds: kinds(r.IntN(32)), matter: anyMatter(r), fresh: flip(), basis: []Basis{"", Incident, OnRequest, Reason}[r.IntN(4)]}
		if flip() {
			q.camera = CameraFacts{ID: "cam_any", Class: Classes()[r.IntN(3)], Removed: flip()}
		}
		m := person{id: "stf_any", enabled: flip(), signedIn: r.IntN(4) > 0, enrolling: r.IntN(4) == 0, acknowledged: r.IntN(4) > 0}
		for _, role := range identity.Roles() {
			if flip() {
				m.roles = append(m.roles, role)
			}
		}
		q.who = m.entity()
		more := p.answer(q)
		for i := range m.roles {
			fewer := m
			fewer.roles = slices.Delete(slices.Clone(m.roles), i, i+1)
			q.who = fewer.entity()
			if a := p.answer(q); a.allowed && !more.allowed {
				t.Fatalf("without %s of %v more is allowed: %+v", m.roles[i], m.roles, q)
			}
		}
		own := q.action == SelfManage || q.action == AuditOwn || q.action == RequestLog
		m.roles = []identity.Role{"director", ""}
		if q.who = m.entity(); !own && p.answer(q).allowed {
			t.Fatalf("an unknown role allows %+v", q)
		}
		q.who = nameless(identity.System())
		if packages := q.action == FootageExport && q.matter.outcome == Granted; p.answer(q).allowed && q.action != FootageDispose && !packages {
			t.Fatalf("the system may %s", q.action)
		}
	}
}

// TestTheHeadsLeaveNothingOut: what the clauses that concern a question answer is what all of them answer, word by word.
func TestTheHeadsLeaveNothingOut(t *testing.T) {
	p, r := readPolicy(policyText), rand.New(rand.NewPCG(3, 4))
	whole := p
	whole.concerning = nil
	flip := func() bool { return r.IntN(2) == 0 }
	var allowed, refused int
	for range 20000 {
		m := person{id: "stf_any", enabled: flip(), signedIn: r.IntN(4) > 0, enrolling: r.IntN(4) == 0, acknowledged: r.IntN(4) > 0}
		for _, role := range identity.Roles() {
			if flip() {
				m.roles = append(m.roles, role)
			}
		}
		who := []cedar.Entity{m.entity(), m.entity(), nameless(identity.System()), {UID: cedar.NewEntityUID(operatorType, "op")}}[r.IntN(4)]
		q := question{who: who, action: append(Actions(), "footage.invented")[r.IntN(len(Actions())+1)], assigned: flip(), old: flip(), staff: flip(),
			listing: flip(), kinds: kinds(r.IntN(32)), matter: anyMatter(r), fresh: flip(), basis: []Basis{"", Incident, OnRequest, Reason}[r.IntN(4)]}
		if flip() {
			q.camera = CameraFacts{ID: "cam_any", Class: Classes()[r.IntN(3)], Removed: flip()}
		}
		got, want := p.answer(q), whole.answer(q)
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(answer{})); diff != "" {
			t.Fatalf("%+v: %s", q, diff)
		}
		if got.allowed {
			allowed++
		} else {
			refused++
		}
	}
	if allowed < 500 || refused < 500 {
		t.Errorf("%d allowed and %d refused: the questions are not varied", allowed, refused)
	}
}

// TestAClauseAboutEverythingConcernsEverything, whatever way its head is written.
func TestAClauseAboutEverythingConcernsEverything(t *testing.T) {
	for text, want := range map[string][2]bool{ // does it concern staff who read, and an operator who exports
		`forbid (principal, action, resource);`:                                                                 {true, true},
		`forbid (principal is Staff, action, resource);`:                                                        {true, false},
		`forbid (principal, action == Action::"footage.read", resource);`:                                       {true, false},
		`forbid (principal, action in [Action::"audit.export", Action::"footage.list"], resource);`:             {false, true},
		`forbid (principal, action in Action::"everything", resource);`:                                         {true, true},
		`forbid (principal == Staff::"stf_any", action, resource);`:                                             {true, true},
		`forbid (principal is Operator in Group::"x", action, resource);`:                                       {false, true},
		`forbid (principal, action, resource) when { action == Action::"footage.read" && principal is Staff };`: {true, true},
	} {
		p := readPolicy([]byte(`@name("x") @says("no") @ask("nobody") ` + text))
		if p.broken != nil {
			t.Fatal(p.broken)
		}
		h := p.clauses[0].head
		if got := [2]bool{h.concerns(heading{staffType, FootageRead}), h.concerns(heading{operatorType, AuditExport})}; got != want {
			t.Errorf("%s: concerns %v, want %v", text, got, want)
		}
	}
}

func BenchmarkPolicy(b *testing.B) {
	p, q := readPolicy(policyText), anyone(identity.Viewer, identity.Preparer)
	for b.Loop() {
		if !p.answer(q).allowed {
			b.Fatal("refused")
		}
	}
}

// anyMatter is any of what a question may say about a request.
func anyMatter(r *rand.Rand) matter {
	flip := func() bool { return r.IntN(2) == 0 }
	return matter{known: []string{"none", "unknown", "open", "closed"}[r.IntN(4)], kind: []RequestKind{"", OpenRecords, LawEnforcement}[r.IntN(3)],
		stage: []Stage{"", Scoped, Proposed, Decided, Ended}[r.IntN(5)], outcome: append(Outcomes(), "")[r.IntN(5)],
		concerned: flip(), proposer: flip(), calledBack: flip(), ready: flip(), other: flip(), shows: kinds(r.IntN(1 << len(closingKinds())))}
}
