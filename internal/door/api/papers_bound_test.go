package api_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

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
	var answers []*bufio.Reader
	says := func(i int, want string) {
		t.Helper()
		for {
			line, err := answers[i].ReadString('\n')
			if err != nil || strings.HasPrefix(line, "HTTP/1.1 ") {
				if !strings.HasPrefix(line, "HTTP/1.1 "+want) {
					t.Fatalf("the slow one hears %q %v, want %s", line, err, want)
				}
				return
			}
		}
	}
	for i := range 4 {
		c, err := net.Dial("tcp", strings.Replace(host, "localhost", "127.0.0.1", 1))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		fmt.Fprintf(c, "POST %s?name=slow HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/octet-stream\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n",
			path, host, string(clerk.Token))
		slow, answers = append(slow, c), append(answers, bufio.NewReader(c))
		says(i, "100") // its bytes are being read
		fmt.Fprint(c, "a")
	}
	a := b.As(clerk).Upload(path+"?name=quick", []byte("x")).Wants(http.StatusTooManyRequests)
	if problem(t, a); !strings.Contains(string(a.Body), "4 papers are being taken") {
		t.Errorf("beyond the places: %s", a.Body)
	}
	fmt.Fprint(slow[0], "b")
	says(0, "200")
	b.As(clerk).Upload(path+"?name=quick", []byte("x")).Wants(http.StatusOK)
	if papers, err := b.DB.Attachments(t.Context(), f.ID); err != nil || len(papers) != 2 {
		t.Errorf("%d papers (%v)", len(papers), err)
	}
}
