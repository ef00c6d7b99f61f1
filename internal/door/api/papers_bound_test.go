package api_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/trust/access"
)

// TestPapersAreTakenAFewAtATime: who sends a paper slowly keeps a place and no more; beyond the places others are asked to come again, and
// when one is free they are served.
func TestPapersAreTakenAFewAtATime(t *testing.T) {
	b := newBureau(t)
	f := b.Logged(access.OpenRecords, b.hall, noon(b.Site))
	clerk := b.SignIn(b.Clerk())
	host, path := strings.TrimPrefix(b.URL, "http://"), "/api/requests/"+string(f.ID)+"/attachments"
	var slow []net.Conn
	for range 4 {
		c, err := net.Dial("tcp", strings.Replace(host, "localhost", "127.0.0.1", 1))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		fmt.Fprintf(c, "POST %s?name=slow HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/octet-stream\r\nContent-Length: 2\r\n\r\na", path, host, string(clerk.Token))
		slow = append(slow, c)
	}
	await := func(what string, status int) {
		t.Helper()
		var got int
		for end := time.Now().Add(10 * time.Second); time.Now().Before(end); {
			a := b.As(clerk).Upload(path+"?name=quick", []byte("x"))
			if got = a.Status; got == status {
				return
			}
		}
		t.Fatalf("%s: %d, want %d", what, got, status)
	}
	await("while four are being sent", http.StatusTooManyRequests)
	fmt.Fprint(slow[0], "b")
	if line, err := bufio.NewReader(slow[0]).ReadString('\n'); err != nil || !strings.Contains(line, " 200 ") {
		t.Errorf("the slow one: %q %v", line, err)
	}
	await("when one has come", http.StatusOK)
	if papers, err := b.DB.Attachments(t.Context(), f.ID); err != nil || len(papers) < 2 {
		t.Errorf("%d papers (%v)", len(papers), err)
	}
}
