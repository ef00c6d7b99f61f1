package db_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/footage-custody/custody/storage/db"
	"github.com/footage-custody/custody/storage/db/dbtest"
)

const appenderEnv = "CUSTODY_TEST_APPENDER"

// TestAppenderProcess is the process that survivesKill kills; in an ordinary run it has nothing to append to. It
// prints the subject of every event that was acknowledged.
func TestAppenderProcess(t *testing.T) {
	config := os.Getenv(appenderEnv)
	if config == "" {
		return
	}
	var c db.Config
	must(t, json.Unmarshal([]byte(config), &c))
	d, err := db.Open(t.Context(), c)
	must(t, err)
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := 0; ; i++ {
				subject := fmt.Sprintf("%d-%d", w, i)
				must(t, d.Append(t.Context(), dbtest.Event(t, "test.happened", subject)))
				os.Stdout.WriteString("ack " + subject + "\n")
			}
		})
	}
	wg.Wait()
}

// survivesKill kills an appending process at five points: what it acknowledged is in the log, and head, entries and
// tree agree.
func survivesKill(t *testing.T, c db.Config) {
	acked := map[string]int{}
	for round := range 5 {
		appendUntilKilled(t, c, 40+round*37, acked)
		d := dbtest.Open(t, c)
		must(t, d.VerifyLog(t.Context()))
	}
	d := dbtest.Open(t, c)
	for e, err := range d.Entries(t.Context(), 1, 0, 1<<40) {
		must(t, err)
		acked[e.Event.Subject]--
	}
	for subject, missing := range acked {
		if missing > 0 {
			t.Errorf("%s was acknowledged and is lost", subject)
		}
	}
}

func appendUntilKilled(t *testing.T, c db.Config, acks int, acked map[string]int) {
	t.Helper()
	config, err := json.Marshal(c)
	must(t, err)
	cmd := exec.Command(os.Args[0], "-test.run=^TestAppenderProcess$")
	cmd.Env = append(os.Environ(), appenderEnv+"="+string(config))
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	seen := 0
	for lines := bufio.NewScanner(out); lines.Scan(); { // also what was printed before the kill took effect
		subject, ok := strings.CutPrefix(lines.Text(), "ack ")
		if !ok {
			continue
		}
		acked[subject]++
		if seen++; seen == acks {
			must(t, cmd.Process.Kill())
		}
	}
	if err := cmd.Wait(); err == nil || seen < acks {
		t.Fatalf("the appender ended by itself after %d events: %v", seen, err)
	}
}
