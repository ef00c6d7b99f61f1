package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/footage-custody/custody/internal/custody"
)

const least = "site: {name: River Public Library, zone: America/Chicago}\ndata_dir: data\n"

// write puts text into a file of its own directory and returns its path.
func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "custody.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func load(t *testing.T, path string) Config {
	t.Helper()
	c, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestLoadFillsInEveryDefault(t *testing.T) {
	path := write(t, least)
	want := Default(filepath.Join(filepath.Dir(path), "data"))
	want.Site = Site{Name: "River Public Library", Zone: "America/Chicago", Origin: "river-public-library"}
	if diff := cmp.Diff(want, load(t, path)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLoadResolvesPathsAgainstTheFile(t *testing.T) {
	path := write(t, least+"spool: {dir: ../spool}\nbackup: {dir: /mnt/backup/./custody}\ncheckpoints: {copy_to: [a, /b]}\n")
	dir, c := filepath.Dir(path), load(t, path)
	got := []string{c.Spool.Dir, c.Backup.Dir, c.Checkpoints.CopyTo[0], c.Checkpoints.CopyTo[1], c.Database.Path}
	want := []string{filepath.Join(filepath.Dir(dir), "spool"), "/mnt/backup/custody", filepath.Join(dir, "a"), "/b", filepath.Join(dir, "data/custody.db")}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLoadProduction(t *testing.T) {
	path := write(t, least+`
database: {driver: postgres, dsn_file: dsn}
objects:
  driver: s3
  endpoint: https://objects.example.org:9000
  bucket: footage
  put_key_file: put.key
  path_style: true
  reread: true
`)
	for _, name := range []string{"dsn", "put.key"} {
		if err := os.WriteFile(filepath.Join(filepath.Dir(path), name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := load(t, path)
	if c.Database.Path != "" || c.Objects.Path != "" {
		t.Errorf("paths of the embedded drivers are left: %q, %q", c.Database.Path, c.Objects.Path)
	}
	if err := os.Chmod(filepath.Join(filepath.Dir(path), "dsn"), 0o640); err != nil {
		t.Fatal(err)
	}
	wantProblems(t, path, "database.dsn_file: "+filepath.Join(filepath.Dir(path), "dsn")+" holds a secret and has mode 0640")
}

// wantProblems checks that Load fails with exactly these problems, in this order.
func wantProblems(t *testing.T, path string, want ...string) {
	t.Helper()
	_, err := Load(path)
	if custody.KindOf(err) != custody.Invalid || err == nil {
		t.Fatalf("Load = %v, want Invalid", err)
	}
	lines := strings.Split(custody.PublicText(err), "\n  ")[1:]
	if len(lines) != len(want) {
		t.Errorf("%d problems, want %d:\n%v", len(lines), len(want), err)
	}
	for i := range min(len(lines), len(want)) {
		if !strings.HasPrefix(lines[i], want[i]) {
			t.Errorf("problem %d is\n  %s\nwant\n  %s", i, lines[i], want[i])
		}
	}
}

func TestLoadReportsAllProblemsAtOnce(t *testing.T) {
	wantProblems(t, write(t, `site:
  name: River
  zone: Mars/Olympus
  colour: green
data_dir: data
spool:
  max_bytes: lots
  durability: hope
backup: {keep: many}
operator: {listen: "0.0.0.0:9464"}
passwort: hunter2
`),
		`line 3: site.zone: "Mars/Olympus" is not an IANA time zone`,
		`line 4: unknown key "colour"`,
		`line 7: want a size such as 20GiB, 512MiB or a number of bytes, not "lots"`,
		`line 8: spool.durability: must be segment or fragment, not "hope"`,
		`line 9: want a whole number here`,
		`line 10: operator.listen: other machines can reach 0.0.0.0:9464`,
		`line 11: unknown key "passwort"`)
}

func TestLoadRefuses(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		want       []string
	}{
		{"nothing", "", []string{"line 1: the file is not a map"}},
		{"a list", "- a\n", []string{"line 1: the file is not a map"}},
		{"bad syntax", "site: [\n", []string{"line 1: did not find"}},
		{"missing", "log: {level: info}\n", []string{"site.name: must have", `site.zone: "" is not`, "site.origin: must have", "data_dir: is required"}},
		{"a second document", least + "---\nlog: {level: debug}\n", []string{"the file holds more than one document"}},
		{"the same key twice", least + "data_dir: other\n", []string{`line 3: "data_dir" already stands on line 2`}},
		{"an alias", "site: &s {name: a, zone: UTC}\ndata_dir: data\nlog: *s\n", []string{"line 1: anchors and aliases", "line 3: anchors and aliases"}},
		{"a key of the other driver", least + "database:\n  dsn_file: dsn\n", []string{"line 4: database.dsn_file: belongs to driver postgres"}},
		{"postgres without a DSN", least + "database: {driver: postgres}\n", []string{"line 3: database.dsn_file: must not be empty"}},
		{"an unknown driver", least + "objects: {driver: tape}\n", []string{`line 3: objects.driver: must be disk or s3, not "tape"`}},
		{"a secret in the endpoint", least + "objects: {driver: s3, endpoint: 'https://user:pw@h', bucket: abc, put_key_file: k}\n", []string{"line 3: objects.endpoint: must be https://host or"}},
		{"plain http", least + "objects: {driver: s3, endpoint: 'http://h', bucket: abc, put_key_file: k}\n", []string{"line 3: objects.endpoint: plain http"}},
		{"one key for both", least + "objects: {driver: s3, endpoint: 'https://h', bucket: abc, put_key_file: k, dispose_key_file: k}\n", []string{"line 3: objects.dispose_key_file: must not be the recording account's"}},
		{"an empty path", least + "spool: {dir: ''}\n", []string{"line 3: spool.dir: must not be empty"}},
		{"sharing", least + "spool: {dir: data/objects/spool}\n", []string{"line 3: spool.dir: must not lie in objects.path"}},
		{"the key in the backup", least + "keys:\n  site_key_file: data/backup/site.key\n", []string{"line 4: keys.site_key_file: must not lie in backup.dir"}},
		{"no keep", least + "backup: {keep: 0}\n", []string{"line 3: backup.keep: must be from 1"}},
		{"time of day", least + "backup: {at: 25:00}\n", []string{`line 3: want a time of day such as "02:30", not "25:00"`}},
		{"no copies", least + "checkpoints: {copy_to: []}\n", []string{"line 3: checkpoints.copy_to: must list"}},
		{"a hurry", least + "checkpoints: {every: 1ms}\n", []string{"line 3: checkpoints.every: must be from"}},
		{"no port", least + "operator: {listen: localhost}\n", []string{"line 3: operator.listen: must be host:port"}},
		{"every interface", least + "operator: {listen: ':9464'}\n", []string{"line 3: operator.listen: other machines"}},
		{"plain http for others", least + "web: {listen: ':8440', url: 'http://localhost:8440', tls: none}\n", []string{"line 3: web.tls: none is only for a loopback"}},
		{"plain http by name", least + "web: {url: 'http://library.lan', tls: none}\n", []string{"line 3: web.url: plain http is only for localhost"}},
		{"http with TLS", least + "web: {url: 'http://localhost:8440'}\n", []string{"line 3: web.url: must be https://host"}},
		{"a path in the URL", least + "web: {url: 'https://library.lan/custody'}\n", []string{"line 3: web.url: must be https://host"}},
		{"a web server nowhere", least + "web: {listen: library}\n", []string{"line 3: web.listen: must be host:port"}},
		{"half a certificate", least + "web: {tls: files, cert_file: c}\n", []string{"line 3: web.key_file: must not be empty"}},
		{"another way's key", least + "web: {tls: files, cert_file: c, key_file: k, hosts: [a]}\n", []string{"line 3: web.hosts: belongs to web.tls: site"}},
		{"a number by ACME", least + "web: {tls: acme, url: 'https://192.0.2.1'}\n", []string{"line 3: web.url: an authority gives"}},
		{"one factor on the network", least + "web: {listen: ':8440', second_factor: optional}\n", []string{"line 3: web.second_factor: may be optional only"}},
		{"a proxy by name", least + "web: {trusted_proxies: [proxy]}\n", []string{`line 3: web.trusted_proxies: "proxy" is not a network`}},
		{"a map for a text", least + "log: {level: {a: b}}\n", []string{"line 3: want a text here, not a value of type map"}},
		{"control characters", "site: {name: \"a\\e[1m\", zone: UTC}\ndata_dir: data\n", []string{"line 1: site.name: must have"}},
		{"too large", "# " + strings.Repeat("x", MaxFileBytes), nil},
	} {
		t.Run(tc.name, func(t *testing.T) { wantProblems(t, write(t, tc.text), tc.want...) })
	}
	if _, err := Load(filepath.Join(t.TempDir(), "none.yaml")); custody.KindOf(err) != custody.NotFound {
		t.Errorf("Load of no file = %v, want NotFound", err)
	}
}

func TestLoadAcceptsRemoteWhenSaid(t *testing.T) {
	c := load(t, write(t, least+"operator: {listen: '0.0.0.0:9464', allow_remote: true}\n"))
	if c.Operator.Listen != "0.0.0.0:9464" {
		t.Errorf("listen = %s", c.Operator.Listen)
	}
	load(t, write(t, least+"operator: {listen: '[::1]:0'}\n"))
}

// The example is a production configuration, so it is read without the files it names.
func TestExampleIsValidAndComplete(t *testing.T) {
	text, err := os.ReadFile("../../../deploy/custody.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, problems := parse(text, "/etc/custody")
	if len(problems) > 0 {
		t.Fatal(report("custody.example.yaml", problems))
	}
	if c.Database.Driver != Postgres || c.Objects.Driver != S3 || c.Spool.Durability != PerFragment {
		t.Errorf("the example no longer shows a production site: %+v", c)
	}
	for _, row := range Table() {
		if name := row.Key[strings.LastIndexByte(row.Key, '.')+1:]; !strings.Contains(string(text), name+":") {
			t.Errorf("the example does not mention %s", row.Key)
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte(least))
	f.Add([]byte("a: &a [*a]\n"))
	f.Add([]byte("site: {name: 1, zone: null}\nspool: {max_bytes: 1e9, dir: }\n<<: {data_dir: x}\n"))
	f.Add([]byte("? {a: b}\n: c\n--- |\n  x\n"))
	c := Default("/d")
	c.Site = Site{"a", "UTC", "a"}
	if whole, err := c.Marshal("/d"); err == nil {
		f.Add(whole)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > MaxFileBytes {
			return
		}
		c, problems := parse(text, "/etc/custody")
		if len(problems) > 0 {
			return
		}
		again, err := c.Marshal("/etc/custody")
		if err != nil {
			t.Fatal(err)
		}
		back, problems := parse(again, "/etc/custody")
		if len(problems) > 0 {
			t.Fatal(report("written", problems))
		}
		if diff := cmp.Diff(c, back); diff != "" {
			t.Errorf("what was written is not what is read (-written +read):\n%s", diff)
		}
	})
}
