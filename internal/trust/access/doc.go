// Package access is the judge: whoever wants footage, or to change the site, asks here, and nothing else says yes.
//
// Owns: the rules (policy.cedar, one file that a lawyer can read), the Ask, the Grant, the Scope, the rules' own parameters (Rules), and the
// order of things - decide, write the diary, then hand out the Grant.
//
// Trusts: trust/identity, that an Actor is who it says; the diary, that Append returns nil only when the event is durable;
// the station clock. Of Facts it believes what is said; what cannot be read is closed.
//
// Invariants: A1 - no Grant before its event is committed; no durable record, no Grant; no Grant, no byte. A refusal of somebody known is
// written down too, the same one at most once a minute. Nothing is allowed unless a rule allows it; a rule that cannot be evaluated refuses. A
// Grant has unexported fields only; the zero Grant opens nothing. A camera is the unit of permission: its main and sub stream
// show the same scene. What one may not know about reads like what does not exist (CONTRACTS 16).
//
// The whole rule of a Grant of footage. Permits(action, camera, span, now) is nil exactly if
//
//  1. action and camera are the Grant's;
//  2. span is not empty, begins inside the Grant's span, and ends at most five minutes beyond it;
//  3. issued <= now, and the later of now and the latest instant the judge ever saw is before the expiry;
//  4. no part of span lies under restrictions that the rules do not let the actor pass, and no part that is older than
//     Settings.ViewerAgeDays before that instant does so for an actor whom the rules do not let see old footage;
//  5. the decision stands: it has never turned to no since it was made.
//
// The Grant's span is what was asked for, widened to whole minutes for a look (read, still, live), exact otherwise. The vault asks with
// the whole span of a fragment; Standing, not Permits with the Grant's whole span, says whether there is any use in asking.
//
// A decision stands as long as the site's generation is the one it was judged under and no instant has come at which roles, the
// acknowledgement or the session change by themselves; else the rules are asked again. The generation is read at most once a second,
// so a change closes footage after at most three seconds; unreadable for three seconds, it closes too, until it can be read. A no is final.
//
// Memory: a Grant carries the last word about it, so nothing is cached elsewhere; the flood guard keeps at most 4096 refusals.
// Locks: watch.mu, standing.mu and flood.mu are never held together, but standing.mu while the generation is read. At most 1000
// restrictions of one camera in one span are judged.
//
// Does not: touch footage, start a goroutine, keep facts.
package access
