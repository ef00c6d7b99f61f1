package access

import (
	"encoding/json"
	"slices"

	"github.com/cedar-policy/cedar-go"

	"github.com/footage-custody/custody/internal/custody"
)

// head is what a clause says of principal and action before its conditions, as Cedar's JSON form has it. It serves to leave out clauses
// that cannot apply, and to ask the others no more for what action they are; what of it is not understood rules nothing out.
type head struct {
	Principal headPart `json:"principal"`
	Action    headPart `json:"action"`
}

// named are the actions that the head names one by one; ok if it says nothing else about the action.
func (h head) named() (actions []headEntity, ok bool) {
	switch a := h.Action; {
	case a.Op == "==" && a.Entity != nil:
		return []headEntity{*a.Entity}, true
	case a.Op == "in" && a.Entity == nil && a.Entities != nil: // no action of ours lies in another
		return a.Entities, true
	}
	return nil, false
}

type headPart struct {
	Op       string           `json:"op"`
	Type     cedar.EntityType `json:"entity_type"`
	Entity   *headEntity      `json:"entity"`
	Entities []headEntity     `json:"entities"`
}

type headEntity struct {
	Type cedar.EntityType `json:"type"`
	ID   string           `json:"id"`
}

// readHead also writes the rule anew without the actions that its head names: for the questions that are about one of them. To look for
// one action among many takes cedar-go longer than all the rest.
func (c *clause) readHead() error {
	text, err := c.rule.MarshalJSON()
	if err == nil {
		err = json.Unmarshal(text, &c.head)
	}
	c.concerned = c.rule
	if _, ok := c.head.named(); err == nil && ok {
		c.concerned, err = anyAction(text)
	}
	return custody.Wrap(custody.Internal, err, "the head of the access rule %q cannot be read", c.name)
}

// anyAction is the rule of a JSON text for every action.
func anyAction(text []byte) (*cedar.Policy, error) {
	var parts map[string]json.RawMessage
	if err := json.Unmarshal(text, &parts); err != nil {
		return nil, err
	}
	parts["action"] = json.RawMessage(`{"op":"All"}`)
	text, err := json.Marshal(parts)
	if err != nil {
		return nil, err
	}
	out := &cedar.Policy{}
	return out, out.UnmarshalJSON(text)
}

// concerns reports whether the clause may apply to that kind of principal and that action.
func (h head) concerns(about heading) bool {
	if h.Principal.Op == "is" && h.Principal.Type != about.who {
		return false
	}
	actions, ok := h.named()
	return !ok || slices.Contains(actions, headEntity{"Action", string(about.action)})
}

// sort finds the clauses that concern each question that the house asks.
func (p *policy) sort() {
	p.concerning = map[heading]*policy{}
	for _, who := range []cedar.EntityType{staffType, operatorType, systemType} {
		for _, action := range Actions() {
			about, part := heading{who, action}, &policy{}
			for _, c := range p.clauses {
				if c.head.concerns(about) {
					c.rule = c.concerned
					part.clauses = append(part.clauses, c)
				}
			}
			p.concerning[about] = part
		}
	}
}

// about is the policy as far as it concerns a question.
func (p policy) about(q question) policy {
	if part := p.concerning[heading{q.who.UID.Type, q.action}]; part != nil {
		return *part
	}
	return p
}
