// Package apitest is a whole site for tests of the door: real rooms over SQLite and disk, a real judge, and the gate on a TCP socket.
//
// Owns: Site, the people in it, and the sentences in which tests speak: s.As(clerk).View(cam, span).Wants(http.StatusCreated).
//
// Trusts: nothing in particular; what is faked are cameras (none is connected, Probe answers by rote) and recording's health.
//
// Invariants: time moves only when a test says so. Everything is closed, and the log proved, when the test ends.
//
// Does not: inject faults, or share anything between two tests.
package apitest
