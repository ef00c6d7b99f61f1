// Package office runs the site's own affairs: its staff and their roles, its cameras, its settings and restrictions.
//
// Owns: the acts by which people change them, each under a decision of the judge. It exists because the room that keeps people knows no
// judge: the judge leans on trust/identity to know who acts, so identity cannot lean on the judge, and whoever may import it could make
// anybody an administrator. Here every change takes an access.Grant and asks it first, every list takes an access.Scope, and nothing in
// the house but this room and the command line calls identity's changing methods. Cameras and rules ask the Grant themselves; they are here
// so that the door finds the site's affairs in one place.
//
// Trusts: that a Grant or a Scope is the judge's answer and that its action, camera, subject and version are what was judged; the
// rooms below to check names, spans, addresses and the rest of what people enter.
//
// Invariants: the zero Grant changes nothing and the zero Scope lists nothing. A Grant about one camera or one member changes no
// other. What was judged is what is changed: a change carries the version that the caller read, and the store compares and
// swaps (CONTRACTS 11). What is recorded names the Grant's actor. No password, invitation or camera credential is in an event, an
// error or a String.
//
// Does not: decide, keep anything in memory, start a goroutine, connect to a camera (the Prober does).
package office
