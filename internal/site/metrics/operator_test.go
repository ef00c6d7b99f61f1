package metrics

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

const (
	cam   = custody.CameraID("cam_aaaaaaaaaaaaaaaaaaaaaaaaaa")
	other = custody.CameraID("cam_baaaaaaaaaaaaaaaaaaaaaaaaa")
)

func site() Snapshot {
	offset := -1500 * time.Millisecond
	return Snapshot{
		Now: 100_000_000,
		Streams: []Stream{
			{Camera: cam, Role: media.Main, Bytes: 1000, Units: 30, LostPackets: 2, DamagedUnits: 1, Sessions: 3, Attempts: 5, Connected: true, ClockOffset: &offset, Sealed: 70_000_000, RecordedTo: 1_700_000_000_123_456},
			{Camera: cam, Role: media.Sub, Gap: media.GapSilent},
			{Camera: other, Role: media.Main},
		},
		Spool:  Spool{Bytes: 4096, Segments: 2, Free: 1 << 30, Full: 72 * time.Hour, Filling: true},
		Alarms: []string{"store-unavailable"}, LogSize: 12, Signed: 99_000_000,
	}
}

// open starts an operator on a free port and returns how to GET from it.
func open(t *testing.T, source Source, timeout time.Duration, checks ...Check) func(path string) (int, string) {
	t.Helper()
	o := NewOperator("127.0.0.1:0", source, timeout, slog.New(slog.DiscardHandler), checks...)
	for range 2 {
		if err := o.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(func() {
		client.CloseIdleConnections()
		o.Stop()
		o.Stop()
		select {
		case <-o.Done():
			t.Errorf("stopping counts as a failure: %v", o.Err())
		default:
		}
		goleak.VerifyNone(t)
	})
	return func(path string) (int, string) {
		t.Helper()
		resp, err := client.Get("http://" + o.Addr().String() + path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(body)
	}
}

func TestMetrics(t *testing.T) {
	status, body := open(t, site, time.Second)("/metrics")
	if status != http.StatusOK {
		t.Fatalf("status %d:\n%s", status, body)
	}
	stream := `{camera="cam_aaaaaaaaaaaaaaaaaaaaaaaaaa",stream="main"}`
	for _, want := range []string{
		"custody_stream_bytes_total" + stream + " 1000",
		"custody_stream_units_total" + stream + " 30",
		"custody_stream_lost_packets_total" + stream + " 2",
		"custody_stream_damaged_units_total" + stream + " 1",
		"custody_stream_sessions_total" + stream + " 3",
		"custody_stream_connected" + stream + " 1",
		"custody_stream_clock_offset_seconds" + stream + " -1.5",
		"custody_stream_sealed_age_seconds" + stream + " 30",
		"custody_stream_recorded_to_timestamp_seconds" + stream + " 1.700000000123456e+09",
		`custody_stream_gap_open{camera="cam_aaaaaaaaaaaaaaaaaaaaaaaaaa",cause="camera-silent",stream="sub"} 1`,
		"custody_spool_bytes 4096", "custody_spool_segments 2", "custody_spool_free_bytes 1.073741824e+09",
		"custody_spool_full_seconds 259200", "custody_log_entries 12", "custody_checkpoint_age_seconds 1",
		`custody_alarm{alarm="store-unavailable"} 1`, "go_goroutines ", "process_open_fds ",
	} {
		if !strings.Contains(body, "\n"+want) {
			t.Errorf("no line %q", want)
		}
	}
	for _, absent := range []string{`sealed_age_seconds{camera="` + string(other), `clock_offset_seconds{camera="` + string(other)} {
		if strings.Contains(body, absent) {
			t.Errorf("%s is claimed although nothing is known", absent)
		}
	}
}

func TestMetricsOfAnEmptySite(t *testing.T) {
	status, body := open(t, func() Snapshot { return Snapshot{} }, time.Second)("/metrics")
	if status != http.StatusOK || !strings.Contains(body, "\ncustody_spool_full_seconds +Inf") {
		t.Errorf("status %d:\n%s", status, body)
	}
}

func TestHealthAndReadiness(t *testing.T) {
	var broken atomic.Bool
	get := open(t, site, 5*time.Second,
		Check{"database", func(context.Context) error { return nil }},
		Check{"objects", func(context.Context) error {
			if broken.Load() {
				return custody.Wrap(custody.Unavailable, errors.New("dial: password=hunter2"), "the object store does not answer")
			}
			return nil
		}})
	if status, body := get("/healthz"); status != http.StatusOK || body != "alive\n" {
		t.Errorf("/healthz = %d %q", status, body)
	}
	if status, body := get("/readyz"); status != http.StatusOK || !strings.HasPrefix(body, "database ok ") {
		t.Errorf("/readyz = %d %q", status, body)
	}
	broken.Store(true)
	status, body := get("/readyz")
	if status != http.StatusServiceUnavailable || !strings.Contains(body, "objects failed: the object store does not answer\n") || strings.Contains(body, "hunter2") {
		t.Errorf("/readyz = %d %q", status, body)
	}
	if status, _ := get("/debug/pprof/"); status != http.StatusNotFound {
		t.Errorf("an unknown path is %d", status)
	}
}

// A check that ignores its context must not pile up goroutines, nor keep the answer from coming.
func TestReadinessOfAHangingCheck(t *testing.T) {
	var running, most atomic.Int32
	release := make(chan struct{})
	get := open(t, site, 20*time.Millisecond, Check{"spool", func(context.Context) error {
		most.Store(max(most.Load(), running.Add(1)))
		defer running.Add(-1)
		<-release
		return nil
	}})
	for range 3 {
		if status, body := get("/readyz"); status != http.StatusServiceUnavailable || body != "spool failed: no answer within 20ms\n" {
			t.Errorf("/readyz = %d %q", status, body)
		}
	}
	if most.Load() != 1 {
		t.Errorf("%d runs at once, want 1", most.Load())
	}
	close(release)
}

func TestOperatorSaysWhyItCannotListen(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	o := NewOperator(taken.Addr().String(), site, time.Second, slog.New(slog.DiscardHandler))
	if err := o.Start(t.Context()); custody.KindOf(err) != custody.Unavailable || !strings.Contains(err.Error(), "operator.listen") {
		t.Errorf("Start = %v, want Unavailable naming operator.listen", err)
	}
	o.Stop()
	if err := o.Start(t.Context()); err == nil {
		t.Error("Start after Stop succeeds")
	}
}
