// Package sitetest runs a whole site for tests: the real program as its own process, on a real database and object store,
// recording simulated cameras over real RTSP.
//
// Owns: a site's directory, its process, and the questions tests ask about what is stored. Every test that uses a Site
// ends with the full invariant check (custody check), unless it says that it broke something on purpose.
//
// Trusts: nothing that the program says about itself where it can look: units, gaps and objects are read through the rooms,
// the simulated cameras' ledger says what was sent.
//
// Does not: inject faults into a process. A test that needs a fault below the recorder opens the site inside its own process
// (cmd/custody's tests), or puts a proxy, a full disk or a signal outside.
package sitetest
