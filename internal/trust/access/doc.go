// Package access is the judge: whoever wants footage asks here, and nothing else says yes.
//
// Owns: the Ask, the rule, the Grant, and the order of things - decide, write the diary, then hand out the Grant.
// One rule stands today: the operator may read footage until the first staff account exists.
//
// Trusts: trust/identity, that an Actor is who it says; the diary, that Append returns nil only when the event is durable;
// the station clock. Of Facts it believes what is said and treats an error as a no.
//
// Invariants: A1 - no Grant before its event is committed; no durable record, no Grant; no Grant, no byte. A
// refusal of somebody known is written down too. A Grant has unexported fields only; the zero Grant opens nothing; it is bound to one
// action, one camera, one span and an expiry by the station clock, and the vault asks Permits again at every use.
// A camera is the unit of permission: its main and sub stream show the same scene.
//
// Does not: touch footage, know whether a camera exists (who may ask about any camera learns nothing from a
// Grant for one that does not), cache decisions, start a goroutine.
package access
