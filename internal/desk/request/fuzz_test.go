package request_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/request"
)

func FuzzParseNumber(f *testing.F) {
	for _, s := range []string{"REQ-2026-0001", "REQ-2026-12345", "REQ-2026-00001", "REQ-+026-0001", "req-2026-0001", "REQ-2026-", "REQ-2026-0001/1", "REQ-99999-1", "REQ-2026-0001\x00", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		year, place, err := request.ParseNumber(s)
		if err != nil {
			if custody.KindOf(err) != custody.NotFound {
				t.Errorf("%q: %v", s, err)
			}
			return
		}
		if request.FormatNumber(year, place) != s || place < 1 || len(s) > 20 {
			t.Errorf("%q has two spellings", s)
		}
	})
}

func FuzzParsePickUp(f *testing.F) {
	for _, s := range []string{"ABCDEFGH", "abcd-efgh", " A B C D 2 3 4 5 ", "ABCDEFG", "ABCDEFGI", "ABCDEFG0", "ÄBCDEFGH", "ABCDEFGH\x00", strings.Repeat("-", 40)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		code, err := request.ParsePickUp(s)
		if err != nil {
			if custody.KindOf(err) != custody.Invalid || strings.Contains(err.Error(), s) && s != "" && len(s) > 3 {
				t.Errorf("%q: %v", s, err)
			}
			return
		}
		if again, err := request.ParsePickUp(code); len(code) != 8 || err != nil || again != code || strings.ContainsAny(code, "IO01") {
			t.Errorf("%q reads as %q, %q, %v", s, code, again, err)
		}
	})
}

func FuzzCleanName(f *testing.F) {
	for _, s := range []string{"a.pdf", "../../etc/passwd", `C:\temp\x.doc`, ".", "..", "\u202egpj.exe", "a\x00b", "\xff\xfe", strings.Repeat("ä", 100), " . . ", "<b>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n := request.CleanName(s)
		if n == "" || len(n) > 120 || !utf8.ValidString(n) || strings.ContainsAny(n, "/\\<>:\"|?*\x00\n\r\u202e") || n == "." || n == ".." {
			t.Errorf("%q becomes %q", s, n)
		}
		if request.CleanName(n) != n {
			t.Errorf("%q becomes %q and then %q", s, n, request.CleanName(n))
		}
	})
}
