// Package dbtest proves storage/db over both databases and lends real databases to other rooms' tests.
//
// Owns: the conformance suite (Run), and a PostgreSQL server process of its own in a temporary directory
// (package cluster), which `make run-s3` uses too.
//
// Trusts: the PostgreSQL programs that Debian installs.
//
// Invariants: every database handed out is new, migrated and empty; every one opened through Open is proved
// (VerifyLog) before it is closed. Who starts a server stops it; Stop waits for the process.
//
// Does not: share a database between two tests, or reach a server it did not start.
package dbtest
