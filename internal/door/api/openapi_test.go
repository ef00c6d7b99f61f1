package api_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/footage-custody/custody/internal/door/api/apitest"
)

// The application's types are made from the committed document, so it must be the one that is served.
func TestTheApplicationKnowsThisDocument(t *testing.T) {
	s := apitest.New(t)
	answer, err := http.Get(s.URL + "/api/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, text, "", "  "); err != nil {
		t.Fatal(err)
	}
	out.WriteByte('\n')
	golden(t, "../../../../web/openapi.json", out.String())
}
