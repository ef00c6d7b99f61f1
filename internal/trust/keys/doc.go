// Package keys holds the site's secrets: the site key in a file, the purpose keys it wraps in the database, and
// what they in turn protect.
//
// Owns: the site key file and its recovery sheet; the purpose keys (CONTRACTS 12), each random, with an id, wrapped under the
// site key by AES-256-GCM with "id|purpose" as associated data; their creation, rotation and retirement; wrapping of
// segment keys (bound to the segment's id), of the keys of packages at rest (bound to the package's id) and of camera credentials
// (bound to the stream's id); the Ed25519 keys of the log, of session tokens and of released packages; the sealing of second factors (bound to the member's id); the derivation of a segment's
// subkeys, of the backup key and of token authenticators by HKDF-SHA256.
//
// Trusts: Go's own cryptography, the file mode of the site key, and the Store to keep what it was given. It does not trust
// the Store's bytes: a record moved to another id or purpose, or changed, does not open.
//
// Invariants: a site key is created by InitSiteKey and by nothing else; a purpose has at most one key in use; a
// retired key still opens what it closed; public keys are never forgotten; a key of one purpose is refused for
// another. No type that holds a secret shows it: every way of printing or marshalling one yields "[redacted]".
// GCM nonces are random, so one key may wrap 2^32 messages: a segment-wrap key lasts 32 cameras for 250 years.
//
// Lock order: Ring.changing (held across a Store call) before Ring.mu (held for memory only).
//
// Does not: decide who may use a key, log anything, know a camera or a segment beyond its id. Zeroing memory is
// best effort: Go may have copied a value, so a dump of the process's memory yields its keys.
package keys
