package api_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/door/api"
	"github.com/footage-custody/custody/internal/door/api/apitest"
	"github.com/footage-custody/custody/internal/proof/seal"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/identity"
)

// TestWhoWatchedSaysWhoSawWhichMinute looks at footage and asks who did.
func TestWhoWatchedSaysWhoSawWhichMinute(t *testing.T) {
	c := newCinema(t)
	auditor := c.As(c.Hire("auditor", identity.StageFull, nil, identity.Auditor))
	path := watch(c.clerk, c.hall, c.minute())
	c.clerk.Get(path + c.index(path).Parts[0].Media).Wants(http.StatusOK)
	c.clerk.Get(fmt.Sprintf("%sstill?at_us=%d", path, c.from.Add(20*time.Second))).Wants(http.StatusOK)
	ask := func(from, to custody.Instant) (w api.Watchers) {
		auditor.Get("/api/audit/watchers?camera=" + string(c.hall) + "&from=" + from.String() + "&to=" + to.String()).Wants(http.StatusOK).Into(&w)
		return w
	}
	const minute = 60_000_000
	kinds := map[string]bool{}
	for _, l := range ask(c.from.Add(30*time.Second), c.from.Add(31*time.Second)).Looks {
		kinds[l.Kind] = true
		if l.Minute != (c.from-c.from%minute).String() || l.Name != "clerk" || l.Text != "a wallet was lost" || l.Basis != "reason" || !strings.Contains(path, l.Viewing) || !l.Served {
			t.Errorf("%+v", l)
		}
	}
	if !kinds["recorded"] || !kinds["still"] || len(kinds) != 2 {
		t.Errorf("looks of the kinds %v", kinds)
	}
	if n := len(ask(c.from.Add(2*time.Minute), c.from.Add(3*time.Minute)).Looks); n != 0 {
		t.Errorf("%d looks at a minute that nobody saw", n)
	}
	c.clerk.Get("/api/audit/watchers?camera=" + string(c.hall) + "&from=" + c.from.String() + "&to=" + c.from.Add(time.Minute).String()).Wants(http.StatusForbidden)
}

// TestTheDiaryIsPagedWithoutAHole reads the whole diary in pages of every size and holds it against the log.
func TestTheDiaryIsPagedWithoutAHole(t *testing.T) {
	c := newCinema(t)
	auditor := c.As(c.Hire("auditor", identity.StageFull, nil, identity.Auditor))
	watch(c.clerk, c.hall, c.minute())
	whole := map[string]uint64{}
	head, err := c.DB.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for e, err := range c.DB.Entries(t.Context(), 1, 0, head.Size) {
		if err != nil {
			t.Fatal(err)
		}
		whole[string(e.Event.ID)] = e.Index
	}
	for _, limit := range []int{1, 7, 500} {
		var got []uint64
		for after := ""; ; {
			var page api.AuditPage
			auditor.Get(fmt.Sprintf("/api/audit?limit=%d&after=%s", limit, after)).Wants(http.StatusOK).Into(&page)
			for _, e := range page.Entries {
				if at, ok := whole[e.ID]; ok && at == e.Index {
					got = append(got, e.Index)
				}
			}
			if after = page.Next; after == "" {
				break
			}
		}
		slices.Reverse(got)
		if len(got) != len(whole) || !slices.IsSorted(got) || got[0] != 0 {
			t.Errorf("in pages of %d: %d entries of %d", limit, len(got), len(whole))
		}
	}
	var page api.AuditPage
	auditor.Get("/api/audit?type=viewing.opened&camera=" + string(c.hall)).Wants(http.StatusOK).Into(&page)
	for _, e := range page.Entries {
		if e.Type != "viewing.opened" {
			t.Errorf("%s was not asked for", e.Type)
		}
	}
	c.clerk.Get("/api/audit").Wants(http.StatusForbidden)
	for _, wrong := range []string{"limit=0", "limit=501", "after=x", "after=1", "type=x", "camera=x", "from=x", "from=2026-11-03T00:00:00Z&to=2026-11-02T00:00:00Z", "order=asc", "limit=1&limit=2", "camera=a&camera=b"} {
		if a := auditor.Get("/api/audit?" + wrong); a.Status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %s", wrong, a.Status, a.Body)
		}
	}
}

// TestNobodySeesMoreOfTheDiaryThanTheirOwn asks for viewings as others.
func TestNobodySeesMoreOfTheDiaryThanTheirOwn(t *testing.T) {
	c := newCinema(t)
	other := c.As(c.Hire("other", identity.StageFull, nil, identity.Viewer))
	watch(c.clerk, c.hall, c.minute())
	watch(c.clerk, c.hall, c.minute())
	watch(other, c.hall, c.minute())
	for v, want := range map[apitest.Voice]int{c.clerk: 2, other: 1} {
		var own api.Viewings
		v.Get("/api/me/viewings").Wants(http.StatusOK).Into(&own)
		if len(own.Viewings) != want {
			t.Errorf("%d own viewings, want %d", len(own.Viewings), want)
		}
		v.Get("/api/viewings").Wants(http.StatusForbidden)
	}
}

// TestAnExportIsTheDiary compares both forms of the export with the log, and breaks one off.
func TestAnExportIsTheDiary(t *testing.T) {
	c := newCinema(t)
	evil := c.Camera("=HYPERLINK(\"http://elsewhere.example\")", access.PublicArea)
	auditor := c.As(c.Hire("auditor", identity.StageFull, nil, identity.Auditor))
	c.clerk.Do("POST", "/api/viewings", object{"basis": "reason", "text": "@SUM(1+1)*cmd|' /C calc'!A0", "cameras": []string{string(evil)},
		"from": c.from.String(), "to": c.from.Add(time.Second).String()}).Wants(http.StatusCreated)
	c.Clock.Advance(time.Second)
	head, err := c.DB.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	a := auditor.Get("/api/audit/export?format=csv").Wants(http.StatusOK)
	rows, err := csv.NewReader(bytes.NewReader(a.Body)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if n := uint64(len(rows) - 1); n < head.Size || n > head.Size+2 {
		t.Errorf("%d rows for %d entries", n, head.Size)
	}
	for _, row := range rows {
		for _, cell := range row {
			if strings.ContainsAny(cell[:min(1, len(cell))], "=+-@\t\r") {
				t.Errorf("a spreadsheet would take %q for a formula", cell)
			}
		}
	}
	a = auditor.Get("/api/audit/export?format=jsonl&type=viewing.opened").Wants(http.StatusOK)
	n := 0
	for line := range bytes.Lines(a.Body) {
		var e struct{ Type string }
		if err := json.Unmarshal(line, &e); err != nil || e.Type != "viewing.opened" {
			t.Errorf("%v: %s", err, line)
		}
		n++
	}
	if n != 1 {
		t.Errorf("%d lines of one viewing", n)
	}
	auditor.Get("/api/audit/export?format=xlsx").Wants(http.StatusUnprocessableEntity)
	auditor.Get("/api/audit/export?format=csv&limit=1").Wants(http.StatusUnprocessableEntity)
	c.clerk.Get("/api/audit/export?format=csv").Wants(http.StatusForbidden)
}

// TestABrokenExportIsInTheDiary goes away in the midst of an export.
func TestABrokenExportIsInTheDiary(t *testing.T) {
	c := newCinema(t)
	p := c.Hire("auditor", identity.StageFull, nil, identity.Auditor)
	text := strings.Repeat("lorem ipsum ", 250)
	for range 20 { // batches that fill more than the sockets hold
		evs := make([]custody.Event, 200)
		for i := range evs {
			evs[i], _ = custody.NewEvent(custody.EventFootageServed, c.Clock.Now(), "system", c.hall, "", object{"text": text})
		}
		if err := c.DB.Append(t.Context(), evs...); err != nil {
			t.Fatal(err)
		}
	}
	c.Clock.Advance(time.Second)
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.URL+"/api/audit/export?format=jsonl", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+string(p.Token))
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := res.Body.Read(make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	cancel()
	_ = res.Body.Close() // it was cancelled
	var page api.AuditPage
	for n := 0; len(page.Entries) < 2; n++ {
		if n > 1000 {
			t.Fatalf("the export never ended: %+v", page)
		}
		c.As(p).Get("/api/audit?type=audit.exported").Wants(http.StatusOK).Into(&page)
		<-time.After(10 * time.Millisecond)
	}
	if d := fmt.Sprint(page.Entries[0].Detail); !strings.Contains(d, "broken") {
		t.Errorf("the last entry says %s", d)
	}
}

// TestAnEntryIsProvedToAStranger takes nothing from the site but what it answers over HTTP, and checks it with RFC 6962 arithmetic.
func TestAnEntryIsProvedToAStranger(t *testing.T) {
	c := newCinema(t)
	auditor, nobody := c.As(c.Hire("auditor", identity.StageFull, nil, identity.Auditor)), c.As(apitest.Person{})
	watch(c.clerk, c.hall, c.minute())
	c.Checkpoint()
	var keys api.LogKeys
	nobody.Get("/api/log/keys").Wants(http.StatusOK).Into(&keys)
	var known []string
	for _, k := range keys.Keys {
		known = append(known, k.Key)
	}
	verifiers, err := seal.ParseVerifierKeys(known...)
	if err != nil {
		t.Fatal(err)
	}
	var page api.AuditPage
	auditor.Get("/api/audit?limit=500").Wants(http.StatusOK).Into(&page)
	proved := 0
	for _, e := range page.Entries {
		var p api.AuditProof
		if a := auditor.Get("/api/audit/" + e.ID + "/proof"); a.Status == http.StatusServiceUnavailable {
			continue // written after the checkpoint
		} else {
			a.Wants(http.StatusOK).Into(&p)
		}
		point, err := seal.OpenCheckpoint([]byte(p.Checkpoint), verifiers)
		if err != nil {
			t.Fatal(err)
		}
		if err := seal.VerifyInclusion(inclusion(t, p), point.Size, point.Root, p.Index, leafOf(t, p)); err != nil || p.Index != e.Index {
			t.Errorf("%s: %v", e.ID, err)
		}
		if point.Root[0]++; seal.VerifyInclusion(inclusion(t, p), point.Size, point.Root, p.Index, leafOf(t, p)) == nil {
			t.Error("another log has the same proof")
		}
		proved++
	}
	if proved < 10 {
		t.Errorf("%d entries were proved", proved)
	}
	auditor.Get("/api/audit/" + string(custody.NewEventID()) + "/proof").Wants(http.StatusNotFound)
	c.clerk.Get("/api/audit/" + page.Entries[len(page.Entries)-1].ID + "/proof").Wants(http.StatusForbidden)
}

// leafOf makes the leaf from what the proof discloses: type, salt and the body's exact bytes.
func leafOf(t *testing.T, p api.AuditProof) seal.Hash {
	t.Helper()
	body, err1 := base64.StdEncoding.DecodeString(p.Body)
	salt, err2 := hex.DecodeString(p.Salt)
	if err1 != nil || err2 != nil || len(salt) != 16 {
		t.Fatal(err1, err2, len(salt))
	}
	digest := sha256.Sum256(append(slices.Clone(salt), body...))
	if p.Digest != base64.StdEncoding.EncodeToString(digest[:]) {
		t.Errorf("the digest of %s is another", p.Type)
	}
	return seal.EventLeaf(custody.EventType(p.Type), seal.Salt(salt), body)
}

func inclusion(t *testing.T, p api.AuditProof) (out seal.Proof) {
	t.Helper()
	for _, text := range p.Inclusion {
		b, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(b) != 32 {
			t.Fatalf("%q is no hash: %v", text, err)
		}
		out = append(out, seal.Hash(b))
	}
	return out
}
