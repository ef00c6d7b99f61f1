// Package accesstest gives tests of other rooms a site that the real judge can judge.
//
// Owns: Site, an honest access.Facts, access.Store, access.Diary and custody.Clock in memory, with hand-driven time and knobs that
// make each of them fail; TestFacts, the conformance suite of access.Facts and access.Store. Does not: replace the judge.
package accesstest
