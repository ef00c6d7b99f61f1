// Package gateway runs a real S3 server (versitygw over a POSIX folder) as a process of its own, for tests
// and for `make run-s3`.
//
// Owns: the process and what it writes under its folder: data, versions, accounts, log.
//
// Trusts: the binary it is given. It is built from the Go module of a pinned version if none is found.
//
// Invariants: it listens on a loopback port only, with random credentials that are passed by environment;
// Stop kills the process and waits for it; the process dies with ours also when we are killed.
//
// Does not: make anything durable. versitygw never calls fsync, so it is no store for evidence.
package gateway
