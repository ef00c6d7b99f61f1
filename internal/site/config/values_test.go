package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/footage-custody/custody/internal/custody"
)

// keysOf lists the dotted keys of a struct and how their values are written.
func keysOf(v reflect.Value, prefix string) (keys []string, values map[string]string) {
	values = map[string]string{}
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
		field := v.Field(i)
		stringer, written := field.Interface().(interface{ String() string })
		if field.Kind() == reflect.Struct && !written {
			inner, more := keysOf(field, prefix+name+".")
			keys = append(keys, inner...)
			for k, text := range more {
				values[k] = text
			}
			continue
		}
		keys = append(keys, prefix+name)
		switch {
		case written:
			values[prefix+name] = stringer.String()
		case field.Kind() == reflect.Slice:
			values[prefix+name] = strings.Join(field.Interface().([]string), " ")
		default:
			values[prefix+name] = strings.TrimSpace(strings.Join(strings.Fields(reflectText(field)), " "))
		}
	}
	return keys, values
}

func reflectText(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Bool:
		if v.Bool() {
			return "true"
		}
		return "false"
	case reflect.Int:
		return Size(v.Int()).String()
	}
	return v.String()
}

func TestTableDocumentsEveryKeyAndDefault(t *testing.T) {
	keys, defaults := keysOf(reflect.ValueOf(Default("DATA")), "")
	var listed []string
	for _, row := range Table() {
		listed = append(listed, row.Key)
		if row.Meaning == "" {
			t.Errorf("%s has no meaning", row.Key)
		}
		if row.Default == Required || row.Key == "site.origin" {
			continue
		}
		if got := defaults[row.Key]; got != row.Default {
			t.Errorf("%s defaults to %q, the table says %q", row.Key, got, row.Default)
		}
	}
	if diff := cmp.Diff(keys, listed); diff != "" {
		t.Errorf("keys of the file against the table (-file +table):\n%s", diff)
	}
}

func TestMarshalRoundTripAndComments(t *testing.T) {
	dir := t.TempDir()
	c := Default(dir)
	c.Site = Site{"River: \"Library\" & Co", "America/Chicago", "river.example/log"}
	c.Backup.Dir = "/mnt/elsewhere"
	text, err := c.Marshal(dir)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "custody.yaml")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(c, load(t, path)); diff != "" {
		t.Errorf("(-marshalled +loaded):\n%s", diff)
	}
	for _, want := range []string{"data_dir: .\n", "path: custody.db\n", "dir: /mnt/elsewhere\n", "# How many backups stay", "every: 1m\n", "at: \"02:30\"\n"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the written file lacks %q:\n%s", want, text)
		}
	}
}

func TestValuesAreWrittenAsTheyAreRead(t *testing.T) {
	for text, want := range map[string]Size{"0": 0, "1": 1, "1000": 1000, "3KiB": 3 << 10, "20 GiB": 20 << 30, "1TiB": 1 << 40} {
		got, ok := parseSize(text)
		if !ok || got != want || got.String() != strings.ReplaceAll(text, " ", "") {
			t.Errorf("parseSize(%q) = %d (%s), %v; want %d", text, got, got, ok, want)
		}
	}
	for _, text := range []string{"", "-1", "1.5GiB", "1GB", "9223372036854775807KiB", "GiB"} {
		if got, ok := parseSize(text); ok {
			t.Errorf("parseSize(%q) = %d, want a refusal", text, got)
		}
	}
	for d, want := range map[time.Duration]string{time.Minute: "1m", time.Hour: "1h", 90 * time.Second: "1m30s", 0: "0s", 10 * time.Hour: "10h", time.Hour + time.Second: "1h0m1s"} {
		if got := Duration(d).String(); got != want {
			t.Errorf("Duration %v is written %s, want %s", d, got, want)
		}
	}
}

func TestSlug(t *testing.T) {
	for name, want := range map[string]string{
		"River Public Library": "river-public-library", "  St. Mary's (East) ": "st-mary-s-east",
		"図書館": "", "Bibliothèque 9": "biblioth-que-9", strings.Repeat("ab ", 40): strings.Repeat("ab-", 21) + "a",
	} {
		if got := Slug(name); got != want {
			t.Errorf("Slug(%q) = %q, want %q", name, got, want)
		}
	}
}

// A nightly backup happens exactly once on every date, also on the two nights of the year when the
// clocks change.
func TestTimeOfDayComesOnceADay(t *testing.T) {
	loc, err := time.LoadLocation("America/Chicago")
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []TimeOfDay{{2, 30}, {1, 30}, {0, 0}, {23, 59}} {
		now := time.Date(2026, 1, 1, 23, 59, 30, 0, loc)
		for day := range 365 {
			next := at.Next(now, loc)
			if wait := next.Sub(now); wait <= 0 || wait > 26*time.Hour {
				t.Fatalf("%v after %v comes %v", at, now, next)
			}
			if want := time.Date(2026, 1, 2+day, 0, 0, 0, 0, loc); next.In(loc).YearDay() != want.YearDay() {
				t.Fatalf("%v after %v comes %v, want on %v", at, now, next.In(loc), want)
			}
			now = next
		}
	}
}

func TestNextOnTheNightsOfTheChange(t *testing.T) {
	for _, tc := range []struct {
		zone, now string
		at        TimeOfDay
		want      string
	}{
		{"America/Chicago", "2026-03-08T00:00:00-06:00", TimeOfDay{2, 30}, "2026-03-08T03:30:00-05:00"}, // skipped
		{"America/Chicago", "2026-03-08T00:00:00-06:00", TimeOfDay{5, 0}, "2026-03-08T05:00:00-05:00"},
		{"America/Chicago", "2026-11-01T00:00:00-05:00", TimeOfDay{1, 30}, "2026-11-01T01:30:00-05:00"}, // twice
		{"America/Chicago", "2026-11-01T01:30:00-05:00", TimeOfDay{1, 30}, "2026-11-02T01:30:00-06:00"},
		{"America/Chicago", "2026-11-01T00:00:00-05:00", TimeOfDay{2, 30}, "2026-11-01T02:30:00-06:00"},
		{"Europe/Berlin", "2026-03-29T00:00:00+01:00", TimeOfDay{2, 30}, "2026-03-29T03:30:00+02:00"},
		{"Europe/Berlin", "2026-10-25T00:00:00+02:00", TimeOfDay{2, 30}, "2026-10-25T02:30:00+02:00"},
		{"Australia/Lord_Howe", "2026-10-04T00:00:00+10:30", TimeOfDay{2, 15}, "2026-10-04T02:45:00+11:00"}, // by half an hour
	} {
		loc, err := time.LoadLocation(tc.zone)
		if err != nil {
			t.Fatal(err)
		}
		now, err := time.Parse(time.RFC3339, tc.now)
		if err != nil {
			t.Fatal(err)
		}
		if got := tc.at.Next(now, loc).Format(time.RFC3339); got != tc.want {
			t.Errorf("%s, %v after %s comes %s, want %s", tc.zone, tc.at, tc.now, got, tc.want)
		}
	}
}

func TestSecrets(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s3.key")
	put := func(text string, mode os.FileMode) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	put("AKIA\nhunter2\n", 0o600)
	if id, secret, err := ReadKeyPair(path); err != nil || id != "AKIA" || secret != "hunter2" {
		t.Errorf("ReadKeyPair = %q, %q, %v", id, secret, err)
	}
	for _, tc := range []struct {
		text string
		mode os.FileMode
	}{{"AKIA\nhunter2\n", 0o644}, {"AKIA\nhunter2\n", 0o620}, {"hunter2", 0o600}, {"a\nhunter2\nc", 0o600}, {"", 0o600}, {strings.Repeat("hunter2", 4000), 0o600}} {
		put(tc.text, tc.mode)
		_, _, err := ReadKeyPair(path)
		if custody.KindOf(err) != custody.Invalid || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("ReadKeyPair of %d bytes, mode %04o = %v; want Invalid without the secret", len(tc.text), tc.mode, err)
		}
	}
	if _, err := ReadSecret(filepath.Dir(path)); custody.KindOf(err) != custody.Invalid {
		t.Errorf("ReadSecret of a directory = %v, want Invalid", err)
	}
}
