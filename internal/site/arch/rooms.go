package arch

import (
	"path"
	"slices"
	"strings"
)

// module is the house's import path.
const module = "github.com/footage-custody/custody"

// room is one line of the table.
type room struct {
	dir  string // from the root of the repository; packages below it belong to the room
	may  string // short names (last element of dir) of the rooms it may import; "*" for every room and test room
	libs string // third-party modules it may import, by the names in libraries()
}

// rooms is the table. A package outside it does not exist; an import outside it fails.
func rooms() []room {
	return []room{
		{"cmd/custody", "*", "kong"},
		{"cmd/custody-verify", "custody seal manifest mp4box", "kong"},

		{"internal/custody", "", ""},
		{"internal/media", "custody", "mediacommon"},

		{"internal/proof/seal", "custody", "x/mod"},
		{"internal/proof/manifest", "custody seal mp4box", ""}, // a package is verified down to the samples of its MP4 files
		{"internal/proof/mp4box", "", ""},

		{"internal/trust/keys", "custody", ""},
		{"internal/trust/audit", "custody seal", "x/mod"},
		{"internal/trust/backup", "custody keys audit seal", ""},
		{"internal/trust/identity", "custody audit keys", "golang-jwt webauthn otp x/crypto"},
		{"internal/trust/access", "custody identity audit", "cedar-go"},
		{"internal/trust/vault", "custody media seal keys access", ""},

		{"internal/capture/camera", "custody media access keys", "yaml"},
		{"internal/capture/ingest", "custody media", "gortsplib mediacommon pion"},
		{"internal/capture/recorder", "custody media seal vault", ""},
		{"internal/capture/simcam", "custody media", "gortsplib mediacommon pion"},

		{"internal/desk/viewing", "custody access vault media", ""},
		{"internal/desk/office", "custody access identity camera", ""},
		{"internal/desk/inspection", "custody access audit seal", ""},
		{"internal/desk/request", "custody access", ""},
		{"internal/desk/retention", "custody media access vault", ""},
		{"internal/desk/release", "custody seal access vault media manifest", ""},
		{"internal/desk/delivery", "custody access release manifest", ""},
		{"internal/desk/letter", "custody", "go-mail"},
		{"internal/desk/render", "custody", ""},

		{"internal/door/gate", "custody identity access", "gin websocket"},
		{"internal/door/api", "custody media manifest identity access camera gate viewing office inspection request retention release delivery letter", "huma"},
		{"internal/door/certificate", "custody", "x/crypto"},
		{"internal/door/portal", "gate request delivery letter", ""},

		{"internal/site/config", "custody", "yaml"},
		{"internal/site/lifecycle", "", ""},
		{"internal/site/station", "custody", ""},
		{"internal/site/metrics", "custody media", "prometheus"},
		{"internal/site/check", "custody media seal keys audit identity access vault camera viewing request retention release delivery", ""},
		{"internal/site/sitetest", "*", "*"},
		{"internal/site/arch", "", ""},

		{"storage/db", "custody media seal keys audit identity access vault camera recorder viewing office inspection request retention release delivery", "database/sql sqlite pgx goose x/mod"},
		{"storage/object", "custody vault", "minio"},
		{"web", "", ""},
	}
}

// libraries names what needs an owner: third-party modules, and of the standard library database/sql.
func libraries() map[string][]string {
	return map[string][]string{
		"kong":         {"github.com/alecthomas/kong"},
		"mediacommon":  {"github.com/bluenviron/mediacommon/v2"},
		"gortsplib":    {"github.com/bluenviron/gortsplib/v4"},
		"pion":         {"github.com/pion/rtp", "github.com/pion/rtcp", "github.com/pion/sdp/v3"},
		"x/mod":        {"golang.org/x/mod/sumdb"},
		"x/crypto":     {"golang.org/x/crypto"},
		"yaml":         {"go.yaml.in/yaml/v3"},
		"prometheus":   {"github.com/prometheus/client_golang"},
		"database/sql": {"database/sql"},
		"sqlite":       {"modernc.org/sqlite"},
		"pgx":          {"github.com/jackc/pgx/v5"},
		"goose":        {"github.com/pressly/goose/v3"},
		"minio":        {"github.com/minio/minio-go/v7"},
		"golang-jwt":   {"github.com/golang-jwt/jwt/v5"},
		"webauthn":     {"github.com/go-webauthn/webauthn"},
		"otp":          {"github.com/pquerna/otp"},
		"cedar-go":     {"github.com/cedar-policy/cedar-go"},
		"go-mail":      {"github.com/wneessen/go-mail"},
		"gin":          {"github.com/gin-gonic/gin"},
		"websocket":    {"github.com/coder/websocket"},
		"huma":         {"github.com/danielgtaylor/huma/v2"},
	}
}

// everywhere are modules that count as the standard library's annex.
func everywhere() []string { return []string{"golang.org/x/sync", "golang.org/x/sys"} }

// inTests are modules that test code of any room may import beside the room's own.
func inTests() []string {
	return []string{
		"github.com/google/go-cmp", "go.uber.org/goleak", "github.com/rogpeppe/go-internal",
		"github.com/hanwen/go-fuse/v2",
	}
}

// roomOf returns the room that the package in dir belongs to: the longest line of the table above it.
func roomOf(dir string) (room, bool) {
	var found room
	for _, r := range rooms() {
		if covers(r.dir, dir) && len(r.dir) > len(found.dir) {
			found = r
		}
	}
	return found, found.dir != ""
}

// covers reports whether the path b is a or lies below it.
func covers(a, b string) bool { return b == a || strings.HasPrefix(b, a+"/") }

func (r room) short() string { return path.Base(r.dir) }

// admits reports whether production code of r may import the room o. Running things is everybody's
// business above the nouns, so lifecycle needs no mention.
func (r room) admits(o room) bool {
	runs := o.dir == "internal/site/lifecycle" && r.storey() > storeyOf("internal/proof")
	return r.dir == o.dir || r.may == "*" || runs || slices.Contains(strings.Fields(r.may), o.short())
}

// admitsLibrary reports whether r may import a path that is no package of the house. The standard library
// is free, apart from what libraries() gives to an owner.
func (r room) admitsLibrary(importPath string) bool {
	if r.libs == "*" || slices.ContainsFunc(everywhere(), func(m string) bool { return covers(m, importPath) }) {
		return true
	}
	for name, modules := range libraries() {
		if slices.ContainsFunc(modules, func(m string) bool { return covers(m, importPath) }) {
			return slices.Contains(strings.Fields(r.libs), name)
		}
	}
	first, _, _ := strings.Cut(importPath, "/")
	return !strings.Contains(first, ".") && importPath != "C"
}

// storeys lists the house from the ground up: each leans only on those before it.
func storeys() []string {
	return []string{
		"internal/custody", "internal/media", "internal/proof", "internal/trust", "internal/capture",
		"internal/desk", "internal/door", "internal/site", "storage", "web", "cmd",
	}
}

func storeyOf(dir string) int {
	return slices.IndexFunc(storeys(), func(s string) bool { return covers(s, dir) })
}

func (r room) storey() int { return storeyOf(r.dir) }

// isTestRoom reports whether the package in dir exists for tests: dbtest, objecttest and what lies below, sitetest.
func isTestRoom(dir string) bool {
	return slices.ContainsFunc(strings.Split(dir, "/"), func(elem string) bool { return strings.HasSuffix(elem, "test") })
}
