package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// TestWhatIsFlaggedAfterPackagingStaysInTheHouse flags a span of a package that is ready, and changes the class of the camera of another: neither
// is taken out again, and whoever tries is told why. The receipt of what was handed over before is recorded, and both are recalled.
func TestWhatIsFlaggedAfterPackagingStaysInTheHouse(t *testing.T) {
	b := newBureau(t)
	span := noon(b.Site)
	flagged := b.HandedOver(b.hall, span)
	desk := b.Camera("Loans desk", access.PublicArea)
	moved := b.HandedOver(desk, span)
	clerk, director := b.clerkSays(), b.directorSays()
	officer := object{"way": "folder", "recipient": "N. Riviera", "agency": "Springfield PD", "badge": "B-7"}
	for _, p := range []custody.PackageID{flagged.Package, moved.Package} {
		clerk.Get("/api/packages/" + string(p) + "/zip").Wants(http.StatusOK)
	}
	restriction := object{"camera": string(b.hall), "from": span.Start.String(), "to": (span.Start + 1_000_000).String(), "kind": "library-record", "reason": "a screen with a loan"}
	director.Do("POST", "/api/restrictions", restriction).Wants(http.StatusCreated)
	director.Do("PUT", "/api/admin/cameras/"+string(desk)+"/class", object{"class": "library-record", "version": 1}).Wants(http.StatusOK)
	for _, p := range []custody.PackageID{flagged.Package, moved.Package} {
		one := "/api/packages/" + string(p)
		for _, v := range []struct {
			method, path string
			body         any
		}{{"GET", one + "/zip", nil}, {"POST", one + "/deliveries", officer}, {"POST", one + "/verify", nil}} {
			a := clerk.Do(v.method, v.path, v.body).Wants(http.StatusForbidden)
			if problem(t, a); !strings.Contains(string(a.Body), "library records, or was sealed: it does not leave") {
				t.Errorf("%s %s: %s", v.method, v.path, a.Body)
			}
		}
		clerk.Get(one).Wants(http.StatusOK)
	}
	clerk.Do("POST", "/api/deliveries/"+string(flagged.ID)+"/receipt", object{"signed_by": "N. Riviera"}).Wants(http.StatusOK)
	for _, p := range []custody.PackageID{flagged.Package, moved.Package} {
		director.Do("POST", "/api/packages/"+string(p)+"/recall", object{"why": "it shows library records"}).Wants(http.StatusOK)
	}
}
