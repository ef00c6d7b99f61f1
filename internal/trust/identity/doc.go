// Package identity says who acts.
//
// Owns: Actor, a value that no other room can make or change: the operator, who sits at the machine's command line and has
// opened the site key; the recorder's own hand, system; and members of staff in a session. The Register of staff: accounts and
// their roles, invitations, passwords, one-time codes, recovery codes, passkeys, sessions, and the tokens that name them.
//
// Trusts: trust/keys, that an open Ring exists only where the site key was read; the Store to keep what it was given, and to
// commit a change with its events or not at all; the station clock, which never goes back, so what is over stays over; the caller
// of administrative methods to have asked the judge. It trusts no byte of a token, a code, or a browser's answer.
//
// Invariants: an Actor has unexported fields only, and the zero Actor is nobody, refused everywhere. A staff Actor exists only for a
// session whose row stood a moment ago: Authenticate reads it every time. A token says whose session it is and nothing about what
// its holder may do; it is verified as one of exactly the form that issue writes (RFC 8725), so a header or a claim more is
// a refusal. Every wrong sign-in has one answer after one same work. A code, a recovery code, an invitation, a ceremony's ticket is
// good once, also when it is given twice at the same moment. A session id is new at each sign-in; changing the password ends the
// others; what opened while credentials changed does not stay open. At least one enabled administrator who can sign in is
// left by every act of this process; two nodes that disable each other's administrator at one instant are stopped by nobody but the
// operator's command line. No type that carries a secret shows it (Secret).
//
// Order of a sign-in: count the attempt (throttle), hash, look at the second factor and use it up, take the count back, open the
// session with its event in one transaction, look at the credentials once more, sign the token.
//
// Memory: two hashes of 64 MiB at a time and 32 callers in line, more get Unavailable; 2000 passkey ceremonies of five minutes, 1000
// set-ups of one-time codes of ten, the oldest goes; 4097 tallies of refusals, so the diary gets at most one event a minute for
// each account and address. Throttling rows are kept for a day, and there are no more of them than attempts that were hashed.
// A token is at most 2 KiB, a browser's answer 64 KiB.
//
// Lock order: Register.changing and Register.opening are each held alone across Store calls, as is the throttle's; the shelves' and
// the refusals' are held for memory only.
//
// Does not: decide what an actor may do (trust/access does), know HTTP, start a goroutine, send anything to anybody. A throttled
// account is throttled for its owner too, at most 15 minutes after the last wrong guess; a passkey is not, because nobody guesses one.
package identity
