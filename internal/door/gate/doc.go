// Package gate is the one way in: it finds out who calls, asks the judge, and only then calls a handler. What it does not let
// in reaches no other room.
//
// Owns: the router, the route table, the order of checks below, the cookie, the form of every refusal (RFC 9457, one map from
// Kind to status), WebSockets and the server that listens.
//
// The order of checks, outermost first; each may refuse, and what refuses is the answer:
//
//	 1 request id     of our own; one that is sent along is not read
//	 2 headers        what every answer carries, refusals included: CSP, no sniffing, no referrer, no frames, HSTS on TLS
//	 3 log            one line at the end: method, the route's pattern, status, time, id, actor; nothing else that was sent
//	 4 panics         become a 500; the log has the place, not the text
//	 5 Host           our own names only: 421
//	 6 limits         address 8 KiB: 414; header 32 KiB: 431; body 1 MiB: 413; requests under way: 503, of one address: 429
//	 7 method         no CONNECT, TRACE, OPTIONS, and no header that means another method than the one written
//	 8 target         one spelling per path: 404; no credential and no method in a query: 400
//	 9 route          the line of the table; none: 404, another method: 405, outside /api the application's files
//	10 origin         nothing from another site's page: 403; a WebSocket only with our Origin
//	11 credential     the cookie or a Bearer token, one of them, once: 400; by cookie an unsafe method proves our origin: 403
//	12 media type     JSON: 415
//	13 authenticate   the session's row as it is now, and the way that its token was handed out: 401
//	14 CSRF           by cookie, an unsafe method carries the session's own value in X-CSRF: 403
//	15 stage          who has no second factor yet may only get one; who has not acknowledged the policy sees no footage: 403
//	16 mode           the judge: Decide, List; Carry and Self ask nothing more here
//	17 handler        with a Pass in its context
//
// Public lines stop after 12, without 11. A renewed token goes out between 14 and 15, by cookie or as X-Token. An ordinary request
// has half the time of its answer for all of this: when a part that it waits for is stuck, there is still time to say so (503).
//
// Trusts: identity and the judge; the configuration, for the canonical origin and for proxies. No proxy is trusted unless it
// is configured, and then only its X-Forwarded-For; no other forwarding header is ever read.
//
// Invariants: a route without a line, or a guarded line without an action and a mode, does not start (Seal panics). A handler
// of a guarded line runs only with a Pass of this request. An answer that breaks off after its first byte breaks the connection off
// too. A socket closes within five seconds after its session has died: the row is looked at every two seconds, and one second
// after that whatever is stuck is cut.
//
// Memory: one body of at most 1 MiB for each of at most 512 requests under way; 2048 connections with headers of at most
// 32 KiB; 512 sockets with two messages of 4 KiB; one counter per address that is inside.
//
// Lock order: visit.mu and crowd.mu are leaves.
//
// Does not: decide, read bodies, know footage, store anything, redirect by what a request says.
package gate
