// Package object holds what the drivers of vault.Objects share: which keys are legal, and how a source
// file is checked before it is stored. The drivers are its sub-packages disk and s3; objecttest holds
// the conformance suite that both must pass.
//
// Owns: the rules for keys and sources, so that no driver is stricter or laxer than another.
//
// Trusts: nobody about a source. A source that is not the regular file of the declared size is refused
// before a byte is stored.
//
// Invariants: after a Put returned nil the store holds exactly the declared bytes, durably; after it
// returned an error the key is absent, or whole and correct, unless the store itself lied (then the
// error says so). Same key means same bytes.
//
// Does not: know what the bytes mean. It sees ciphertext and random ids only.
package object
