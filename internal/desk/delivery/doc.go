// Package delivery hands packages over: who took which package, who signed for it, and who has to give it back.
//
// Owns: deliveries, one for each hand-over of a package; the rules about who may take one; receipts; recalls.
//
// Trusts: that a Grant is the judge's answer about exactly this package, which says that it is ready, that its request is open and that
// the clerk is not concerned by it; that release's package is what it was when it was made; that the store moves the request as
// desk/request's table says.
//
// Invariants: nothing is recorded as handed over unless its package was ready at the moment of the commit, so no hand-over follows a
// recall, whoever was first to click. What law enforcement receives goes to a named person of the agency that asked, with a badge; what a
// requester receives goes to them by name, or to whoever brings the pick-up code. A wrong code opens nothing and is in the diary.
// Every hand-over is its own record: a second one of the same package has the same digest (REQUESTS.md, situation 30). A receipt is
// recorded once. A recall ends the package for good and marks every delivery of it, and what was handed over before stays on record.
//
// The receipt closes the request: when nothing granted is still in the house and nothing handed over is unsigned, the store closes it in
// the same transaction, as the system.
//
// Memory: nothing is kept. Locks: none; the store's transaction decides every race.
//
// Does not: read a byte of a package (release does, under the same Grant), write letters (desk/letter does, from what is here), decide.
package delivery
