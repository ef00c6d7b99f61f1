package keys_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/keys"
)

func siteKey(t testing.TB, b string) *keys.SiteKey {
	t.Helper()
	path := filepath.Join(t.TempDir(), "site.key")
	if err := os.WriteFile(path, []byte(b), 0o600); err != nil {
		t.Fatal(err)
	}
	return must(keys.LoadSiteKey(path))
}

const someKey = "0123456789abcdefghijklmnopqrstuv"

var keyLine = regexp.MustCompile(`(?m)^ {4}\d:  .*\n`)

func TestRecoverySheetRestoresTheFile(t *testing.T) {
	k := siteKey(t, someKey)
	sheet := keys.RecoverySheet(k, "Main Street\n1: forged", 0)
	if n := len(keyLine.FindAllString(sheet, -1)); n != 5 {
		t.Fatalf("the sheet has %d key lines:\n%s", n, sheet)
	}
	typed := strings.Join(keyLine.FindAllString(sheet, -1), "")
	for name, text := range map[string]string{
		"as printed":       sheet,
		"only the lines":   typed,
		"lower case":       strings.ToLower(typed),
		"no hyphens":       strings.ReplaceAll(typed, "-", ""),
		"spaces":           strings.ReplaceAll(typed, "-", "  "),
		"windows lines":    strings.ReplaceAll(typed, "\n", "\r\n"),
		"digits for looks": strings.NewReplacer("O", "0", "I", "1", "B", "8").Replace(typed),
	} {
		back, err := keys.ParseRecoverySheet(text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		path := filepath.Join(t.TempDir(), "restored")
		if err := back.WriteFile(path); err != nil {
			t.Fatal(err)
		}
		if got := string(must(os.ReadFile(path))); got != someKey {
			t.Errorf("%s: restored %q", name, got)
		}
	}
}

// TestEveryTypingErrorIsLocated changes each character of each line to every other.
func TestEveryTypingErrorIsLocated(t *testing.T) {
	lines := keyLine.FindAllString(keys.RecoverySheet(siteKey(t, someKey), "s", 0), -1)
	missed := 0
	for n, line := range lines {
		for i := strings.Index(line, ":") + 3; i < len(line)-1; i++ {
			for _, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" {
				if line[i] == '-' || line[i] == byte(c) {
					continue
				}
				typed := append([]string{}, lines...)
				typed[n] = line[:i] + string(c) + line[i+1:]
				_, err := keys.ParseRecoverySheet(strings.Join(typed, ""))
				wants(t, "typing error", err, custody.Invalid)
				if err != nil && n < 4 && !strings.Contains(err.Error(), fmt.Sprintf("line %d ", n+1)) {
					missed++ // a check of 16 bits misses one error in 65536; the fifth line catches it
				}
			}
		}
	}
	if missed > 1 {
		t.Errorf("%d typing errors were caught but not located", missed)
	}
}

func TestRecoverySheetSaysWhatIsWrong(t *testing.T) {
	l := keyLine.FindAllString(keys.RecoverySheet(siteKey(t, someKey), "s", 0), -1)
	other := keyLine.FindAllString(keys.RecoverySheet(siteKey(t, strings.ToUpper(someKey)), "s", 0), -1)
	for _, c := range []struct{ name, text, want string }{
		{"nothing", "", "line 1 of the recovery sheet is missing"},
		{"one missing", l[0] + l[1] + l[3] + l[4], "line 3 of the recovery sheet is missing"},
		{"twice", l[0] + l[0], "line 1 of the recovery sheet stands twice"},
		{"short", l[0] + "2: ABC", "line 2 of the recovery sheet must have 16"},
		{"foreign character", "1: ABCDEFGHIJKLMNO!", "line 1 of the recovery sheet holds a character"},
		{"padding", "1: ABCDEFGHIJKLMN==", "line 1 of the recovery sheet holds a character"},
		{"lines swapped", strings.Replace(l[1], "2:", "1:", 1), "line 1 of the recovery sheet has a typing error"},
		{"two sheets", l[0] + l[1] + l[2] + l[3] + other[4], "do not belong together"},
		{"another line", l[0] + other[1] + l[2] + l[3] + l[4], "do not belong together"},
		{"huge", strings.Repeat("x", 65<<10), "longer than"},
	} {
		_, err := keys.ParseRecoverySheet(c.text)
		if custody.KindOf(err) != custody.Invalid || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

func FuzzParseRecoverySheet(f *testing.F) {
	f.Add(keys.RecoverySheet(siteKey(f, someKey), "s", 0))
	f.Add("1: ABCD-EFGH-IJKL-MNOP\n2 : é\n5:\n")
	f.Fuzz(func(t *testing.T, text string) {
		k, err := keys.ParseRecoverySheet(text)
		if err != nil {
			wants(t, "parse", err, custody.Invalid)
			return
		}
		again, err := keys.ParseRecoverySheet(keys.RecoverySheet(k, "s", 0))
		if err != nil || must(again.BackupKey()).Bytes() != must(k.BackupKey()).Bytes() {
			t.Fatalf("the sheet of a parsed key does not parse to it: %v", err)
		}
	})
}
