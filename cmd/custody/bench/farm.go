package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/footage-custody/custody/internal/capture/simcam"
)

// farm is a process of simulated cameras.
type farm struct {
	*process
	urls    []string // of the cameras
	control string
	host    string // host:port of RTSP, to start another at the same place
}

// startFarm starts n cameras; address is "127.0.0.1:0" or that of a farm that ended. It returns when they listen.
func (b *bench) startFarm(ctx context.Context, n int, profile simcam.Profile, address string, stagger time.Duration) (*farm, error) {
	out, in := io.Pipe()
	p, err := launch(ctx, in, b.Program, "simcam", "--listen", address, "--control", "127.0.0.1:0", "--cache", b.Cache,
		"--count", fmt.Sprint(n), "--profile", string(profile), "--stagger", stagger.String())
	if err != nil {
		return nil, err
	}
	go func() {
		<-p.ended
		in.Close()
	}()
	f := &farm{process: p}
	lines := bufio.NewScanner(out)
	for f.control == "" && lines.Scan() {
		if at, ok := strings.CutPrefix(lines.Text(), "control: "); ok {
			f.control = at
		} else {
			f.urls = append(f.urls, lines.Text())
		}
	}
	if f.control == "" || len(f.urls) != n {
		return nil, fmt.Errorf("the farm did not start: %w", p.alive())
	}
	go func() { _, _ = io.Copy(io.Discard, out) }() // ends with the process
	u, err := url.Parse(f.urls[0])
	if err != nil {
		return nil, err
	}
	f.host = u.Host
	return f, nil
}

// tell does something to the farm's cameras, or its listener.
func (f *farm) tell(what string) error {
	r, err := http.Post(f.control+what, "", nil)
	if err != nil {
		return err
	}
	defer r.Body.Close()
	if r.StatusCode != http.StatusOK {
		return fmt.Errorf("the farm answered %s to %s", r.Status, what)
	}
	return nil
}

func (f *farm) ask(what string, answer any) error {
	r, err := http.Get(f.control + what)
	if err != nil {
		return err
	}
	defer r.Body.Close()
	return json.NewDecoder(r.Body).Decode(answer)
}

// plays waits until every camera has a session.
func (f *farm) plays(ctx context.Context) error {
	return until(ctx, time.Minute, "every camera plays", func() (bool, error) {
		var cameras []struct{ Playing int }
		if err := f.ask("/cameras", &cameras); err != nil {
			return false, err
		}
		for _, c := range cameras {
			if c.Playing == 0 {
				return false, f.alive()
			}
		}
		return true, nil
	})
}

// sent counts video frames.
type sent struct{ handed, dropped uint64 }

func (f *farm) sent() (s sent, err error) {
	var totals []simcam.Total
	if err := f.ask("/totals", &totals); err != nil {
		return s, err
	}
	for _, t := range totals {
		s.handed += t.Units
		s.dropped += t.Dropped
	}
	return s, nil
}

// unwatched waits until no camera has a session any more, and returns what was sent until then: a session that its client has left
// may be handed one more frame.
func (f *farm) unwatched(ctx context.Context) (s sent, err error) {
	err = until(ctx, time.Minute, "nobody watches the cameras", func() (bool, error) {
		var cameras []struct{ Playing int }
		if err := f.ask("/cameras", &cameras); err != nil {
			return false, err
		}
		for _, c := range cameras {
			if c.Playing != 0 {
				return false, f.alive()
			}
		}
		return true, nil
	})
	if err != nil {
		return s, err
	}
	return f.sent()
}

// lateness is the most that a frame was sent after its time, so far.
func (f *farm) lateness() (time.Duration, error) {
	var answer struct{ Worst time.Duration }
	err := f.ask("/lateness", &answer)
	return answer.Worst, err
}

// drained freezes the cameras, and returns when what they sent has been read: several of the recorder's rounds later.
func (f *farm) drained(ctx context.Context) error {
	if err := f.tell("/all/freeze?for=1h"); err != nil {
		return err
	}
	return rest(ctx, time.Second)
}
