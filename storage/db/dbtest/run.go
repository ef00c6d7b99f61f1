package dbtest

import (
	"slices"
	"testing"

	"github.com/footage-custody/custody/storage/db"
)

// trial is one test of the suite.
type trial struct {
	name string
	test func(*testing.T, db.Config)
}

// Run is the conformance suite: what both databases must do alike. fresh returns the configuration of a new,
// migrated, empty database; the suite opens it, often more than once and sometimes with faults.
func Run(t *testing.T, fresh func(testing.TB) db.Config) {
	for _, c := range slices.Concat(records(), rooms()) {
		t.Run(c.name, func(t *testing.T) { c.test(t, fresh(t)) })
	}
}

// records are about the log, what is recorded, and the cameras.
func records() []trial {
	return []trial{
		{"log grows and proves itself", logGrows},
		{"log is paged and ordered", logPaged},
		{"log epochs follow one another", logEpochs},
		{"checkpoints are kept", checkpoints},
		{"64 writers", writers},
		{"two processes append to one log", twoProcesses},
		{"a failing change fails alone", isolation},
		{"a change is not blamed for a neighbour", blamedTwice},
		{"an event refused fails alone", eventRefused},
		{"a queued change can be cancelled", cancelled},
		{"commit faults are reported truthfully", commitFaults},
		{"closing refuses what follows", closing},
		{"segments are stored once", segmentsOnce},
		{"segments never overlap", segmentsOverlap},
		{"segments are found by time", segmentsByTime},
		{"two processes never overlap", overlapRace},
		{"gaps open and close", gaps},
		{"gaps are found by time", gapsByTime},
		{"clock samples", clockSamples},
		{"registry", registry},
		{"registry compares and swaps", registrySwap},
		{"keys rotate", keysRotate},
		{"site settings and alarms", siteRows},
		{"the timeline tells the truth", timeline},
		{"the timeline shows what moved", timelineActivity},
	}
}

// rooms are about people, what they do, and what is done with all of it.
func rooms() []trial {
	return []trial{
		{"staff", staffRows},
		{"roles", roleRows},
		{"credentials", secretRows},
		{"invitations", invitationRows},
		{"sessions", sessionRows},
		{"failed sign-ins", attemptRows},
		{"the rules' settings and restrictions", ruleRows},
		{"the rules' facts", standing},
		{"every change raises the generation", generation},
		{"viewings", viewingRows},
		{"leases", leases},
		{"looks are shown to whom they may be", scopes},
		{"requests", requestRows},
		{"requests that may not be", requestRefusals},
		{"decisions about items", decisionRows},
		{"papers of requests", requestPapers},
		{"the directory of agencies", directoryRows},
		{"requests under races", requestRaces},
		{"packages", packageRows},
		{"packages under races", packageRaces},
		{"holds", holdRows},
		{"what keeps footage", keeping},
		{"holds are looked after", surveys},
		{"holds against disposal", holdsAgainstDisposal},
		{"dispositions", dispositionRows},
		{"hand-overs", deliveryRows},
		{"hand-overs that may not be", deliveryRefusals},
		{"what leaves is decided now", deliveryDecisions},
		{"recalls", deliveryRecalls},
		{"hand-overs and recalls under races", deliveryRaces},
		{"files are disposed of", disposalRows},
		{"files are disposed of under races", disposalRaces},
		{"files are disposed of wholly or not", disposalFaults},
		{"the diary is searched", diary},
		{"a dump loads", dumpLoads},
		{"a damaged dump is refused", dumpDamaged},
	}
}
