// Package objecttest tests drivers of vault.Objects and what stands on them.
//
// Run is the conformance suite: every sentence of the interface's contract that can be seen from
// outside, on a fresh store for each test. StartGateway starts a real S3 server. Two things inject faults:
// Faulty wraps any vault.Objects and speaks its contract (down, slow, an answer that got lost, reads that come back
// altered); Proxy stands between the s3 driver and a real server and does to HTTP what a broken or lying
// service does.
//
// Owns: the processes, listeners and folders it starts, until Stop or the end of the test.
//
// Does not: fake a store. Under every fault there is a real one.
package objecttest
