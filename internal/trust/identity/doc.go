// Package identity says who acts.
//
// Owns: Actor, a value that no other room can make or change. Today there are two: the operator, who sits at the
// machine's command line and has opened the site key, and the recorder's own hand, system. Staff come with their
// credentials and sessions in a later storey.
//
// Trusts: trust/keys, that an open Ring exists only where the site key was read.
//
// Invariants: an Actor has unexported fields only; the zero Actor is nobody and is refused everywhere.
//
// Does not: decide what an actor may do (trust/access does), keep sessions, perform I/O.
package identity
