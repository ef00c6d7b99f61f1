package check_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/footage-custody/custody/internal/site/check"
	"github.com/footage-custody/custody/storage/db/dbtest"
)

// releaseHarmless says of the rows of packages and hand-overs what is tried elsewhere, on a site where some were made, and what may change
// without a finding.
func releaseHarmless() map[string]string {
	out := map[string]string{
		"delivery":        "every column: TestHandOversAreWhatTheLogSays",
		"package.why":     "the reason of a failure or a recall, for people; package.recalled says it too",
		"package.done":    "how far a package is that is being built",
		"package.total":   "how far a package is that is being built",
		"package.report":  "the verifier's words about bytes that can be verified again; its verdict is watched",
		"package.id":      "a made package's row is named by it: TestPackagesAreWhatTheLogSays takes one away",
		"package.made_at": "TestPackagesAreWhatTheLogSays",
		"package_film":    "one record of all of them, compared as it is written: TestPackagesAreWhatTheLogSays adds one",
		"package_item":    "the same: TestPackagesAreWhatTheLogSays takes them away",
		"package_file":    "the same: TestPackagesAreWhatTheLogSays changes each column",
		"package_key":     "a key that is another opens nothing, and an object that is another is none: custody check reads each package whole (I1)",
	}
	for name := range packageEdits() {
		out[name] = "TestPackagesAreWhatTheLogSays"
	}
	return out
}

// packageEdits are what somebody would change, by column.
func packageEdits() map[string]string {
	made := " WHERE made_at IS NOT NULL"
	return map[string]string{
		"package.request_id": `UPDATE package SET place = place + 7, request_id = (SELECT r.id FROM request r WHERE r.id <> request_id
			AND EXISTS (SELECT 1 FROM package_item y JOIN request_item i ON i.id = y.item_id WHERE i.request_id = r.id))` + made,
		"package.place":        `UPDATE package SET place = place + 7` + made,
		"package.number":       `UPDATE package SET number = number || '7'` + made,
		"package.ruling":       `UPDATE package SET ruling = ruling + 7` + made,
		"package.state":        `UPDATE package SET state = 'replaced' WHERE state = 'recalled'`,
		"package.begun_at":     `UPDATE package SET begun_at = begun_at - 1` + made,
		"package.size":         `UPDATE package SET size = size + 1` + made,
		"package.digest":       `UPDATE package SET digest = zeroblob(32)` + made,
		"package.verdict":      `UPDATE package SET verdict = 'DERIVATIVE'` + made,
		"package_item.item_id": `DELETE FROM package_item`,
		"package_film.path": `INSERT INTO package_film (package_id, path, kind, codec, item_id, camera_id, start_at, end_at, sha256) SELECT package_id,
			'data/original/x.mp4', 'original', 'h264', item_id, (SELECT min(id) FROM camera), 1, 2, zeroblob(32) FROM package_item LIMIT 1`,
		"package_file.path":   `UPDATE package_file SET path = path || 'x'`,
		"package_file.size":   `UPDATE package_file SET size = size + 1`,
		"package_file.sha256": `UPDATE package_file SET sha256 = zeroblob(32)`,
	}
}

func TestPackagesAreWhatTheLogSays(t *testing.T) {
	s, _ := handedOver(t)
	edits := maps.Clone(packageEdits())
	edits["package.made_at"] = `UPDATE package SET made_at = made_at + 1 WHERE made_at IS NOT NULL`
	for name, do := range edits {
		t.Run(name, func(t *testing.T) {
			s := tampered(t, s, func(raw *dbtest.Raw) {
				if raw.Do(do) == 0 {
					t.Fatal("nothing was changed")
				}
			})
			s.open(false)
			defer s.close()
			r := s.check(check.Options{Quick: true})
			if !slices.ContainsFunc(r.Findings, func(f check.Finding) bool { return f.Kind == "release" && strings.TrimSpace(f.What) != "" }) {
				t.Errorf("nobody says so: %+v", r.Findings)
			}
		})
	}
}
