// Package arch is the law of the house as code: which room may import which, what a file and a function
// may measure, what no package is called.
//
// Owns: the table of rooms (rooms.go), which is HOUSE.md's list in a form that can fail, and the laws.
//
// Trusts: nothing about the tree it reads, apart from its being Go.
//
// Invariants: there is no list of exceptions. A law that does not fit is changed for everyone, in a
// commit that says why. Every law is itself tested on a small tree that breaks it (testdata).
//
// Does not: build, run or change anything. It needs no module cache: it reads import lines.
package arch
