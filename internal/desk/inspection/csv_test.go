package inspection

import (
	"encoding/csv"
	"slices"
	"strings"
	"testing"
)

func TestNoCellIsAFormula(t *testing.T) {
	for _, evil := range []string{"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", `=HYPERLINK("http://x","y")`, "a,b", "a\"b", "a\r\nb"} {
		var out strings.Builder
		s := sheet{&out}
		if err := s.entry(Entry{Actor: evil, ActorName: evil, Subject: evil, Detail: []byte(evil)}); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(strings.NewReader(out.String())).ReadAll()
		if err != nil || len(rows) != 1 || len(rows[0]) != len(columns()) {
			t.Fatalf("%q: %v %v", evil, rows, err)
		}
		for _, cell := range rows[0] {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				t.Errorf("%q became the cell %q", evil, cell)
			}
		}
		plain := strings.ReplaceAll(evil, "\r\n", "\n") // what encoding/csv makes of a line end within quotes
		if !slices.Contains(rows[0], plain) && !slices.Contains(rows[0], "'"+plain) {
			t.Errorf("%q was lost: %q", evil, rows[0])
		}
	}
}
