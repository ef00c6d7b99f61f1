// Package api is the programming interface of the site: a table of lines, each with a method, a path, an action and a handler.
//
// Owns: the table, the shapes of what is read and answered, and the OpenAPI document that follows from both.
//
// Trusts: door/gate, that a handler runs only after the caller was authenticated, the line's mode was asked of the judge and the Pass is
// true; the desk's rooms and trust/identity to check what people enter and to ask Grants and Scopes again.
//
// Invariants: a handler decides nothing: it reads, calls one room, and writes. No domain type is marshalled, and none is filled from a
// body: what is not named in a shape of this package neither comes in nor goes out. An unknown field, a field that stands twice and
// an unknown query parameter are refused. No answer repeats what was submitted. Every error is one of the gate's problems, with
// the request's id. Footage and live pictures go through the viewing desk and nothing else. No token stands in a URL.
//
// Memory: a body is at most 64 KiB and 16 levels deep; of papers four are taken at a time, each 10 MiB at most; a media answer holds one fragment; an export one page.
//
// Does not: know a role, keep anything between requests but how many papers are being taken, start a goroutine, serve pages.
package api
