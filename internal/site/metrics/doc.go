// Package metrics shows the operator how the site is doing: /metrics for Prometheus, /healthz and /readyz
// for whatever restarts or routes to the process.
//
// Owns: the names of the site's metrics, the operator's listener, and the forecast of a full disk.
//
// Trusts: its Source to be cheap and to return at once, from memory. It is called when somebody
// scrapes; nothing here is on the road that footage takes.
//
// Invariants: a metric's labels are ids and words of the vocabulary, never a name, an address or
// anything a camera said. Every registry belongs to one Operator; the process-wide one is not used. A
// readiness check that hangs costs one goroutine, however often it is asked for.
//
// Lock order: probe.mu is a leaf and is not held while a check runs.
//
// Does not: show footage, ask who is asking, change anything. It listens on loopback unless the
// configuration says otherwise in so many words.
package metrics
