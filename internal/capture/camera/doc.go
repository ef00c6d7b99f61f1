// Package camera is the site's register of cameras: which there are, how to reach them, what may be recorded.
//
// Owns: Camera and Stream, the rules for their names and URLs, their encrypted credentials, the changes a person may make, and
// the reading of camera lists (CSV and YAML).
//
// Trusts: trust/keys to seal credentials under a stream's id, trust/access, whose Grant says who may change what, the Store to commit a
// change with its event. It trusts no input: a URL, a name, a list is a stranger's text; every parser is bounded,
// never panics and is fuzzed.
//
// Invariants: a stored URL has no user info; a password exists in clear only between the input and the Ring, and between the Ring and the
// recorder; no event, error, log line or String shows one. Errors about a list name the line and the field, never
// what stood there, because a password may stand in the wrong field. A removed camera keeps its footage and loses its
// credentials. A login follows a stream to another path of its host and never to another host: who may change an address cannot
// have a password sent to it. No name and no place is a restroom's, a locker room's or the like (Iowa Code ch. 27). A
// list is added only if every line of it is good. A Grant about one camera changes that camera, in the version that was judged, once.
//
// Does not: connect to a camera, know whether one is alive, decide who may change the register, start a goroutine.
package camera
