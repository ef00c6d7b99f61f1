package simcam_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v4"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/media"
)

// What the independent depacketiser returns equals the ledger, for every profile, transport and placement.
func TestUnitsReceivedAreUnitsSent(t *testing.T) {
	t.Parallel()
	f := startFarm(t, simcam.Options{Ledger: 100_000, TLS: "127.0.0.1:0", Cameras: []simcam.CameraSpec{
		{Path: "h264", Audio: media.AAC},
		{Path: "h264-b", Profile: simcam.H264B, Audio: media.Opus},
		{Path: "h264-open", Profile: simcam.H264OpenGOP, Aggregate: true},
		{Path: "h264-in-band", Placement: simcam.SetsInBand},
		{Path: "h264-sdp", Placement: simcam.SetsInSDP},
		{Path: "h264-variable", Profile: simcam.H264Variable},
		{Path: "h264-slices", Profile: simcam.H264Slices},
		{Path: "h264-gop10", Profile: simcam.H264LongGOP},
		{Path: "h265", Profile: simcam.H265Plain, Aggregate: true},
		{Path: "h265-open", Profile: simcam.H265OpenGOP},
		{Path: "udp", Audio: media.AAC},
		{Path: "rtsps"},
	}})
	clients := map[*simcam.Camera]*client{}
	for _, cam := range f.Cameras() {
		url, set := cam.URL(), func(*gortsplib.Client) {}
		switch {
		case strings.HasSuffix(url, "/udp"):
			set = overUDP
		case strings.HasSuffix(url, "/rtsps"):
			url, set = cam.TLSURL(), secure(f)
		}
		clients[cam] = dial(t, url, set)
	}
	for _, cam := range f.Cameras() {
		t.Run(strings.TrimPrefix(cam.URL(), "rtsp://"+f.Addr()+"/"), func(t *testing.T) { checkStream(t, f, cam, clients[cam]) })
	}
}

// checkStream reads past the end of the loop and compares with the ledger.
func checkStream(t *testing.T, f *simcam.Farm, cam *simcam.Camera, c *client) {
	video := func(r received) bool { return r.track == 1 }
	got := c.until(t, func(all []received) bool { return len(all) > 65 && count(all, video) > 65 })
	for track := range c.desc.Medias {
		matches(t, f, cam.Number(), 1, uint8(track+1), got)
	}
	var next uint64
	for _, r := range got {
		if r.track == 1 {
			if n := frameOf(t, r, cam.Number(), cam.Codec()); n != next {
				t.Fatalf("frame %d arrived where %d was due", n, next)
			}
			next++
		}
	}
}

func count(all []received, want func(received) bool) (n int) {
	for _, r := range all {
		if want(r) {
			n++
		}
	}
	return n
}

// An independent player decodes the streams, and the pixels say the same number as the ledger.
func TestPixelsAndSEIAgreeAfterDecoding(t *testing.T) {
	t.Parallel()
	specs := []simcam.CameraSpec{{Profile: simcam.H264B}, {Profile: simcam.H265OpenGOP}, {Profile: simcam.H264Large, Audio: media.AAC}}
	f := startFarm(t, simcam.Options{Ledger: 100_000, Cameras: specs})
	var wg sync.WaitGroup
	gray := make([][]byte, len(specs))
	for i, cam := range f.Cameras() {
		wg.Go(func() {
			gray[i] = run(t, "ffmpeg", "-loglevel", "error", "-rtsp_transport", "tcp", "-i", cam.URL(), "-t", "2",
				"-vsync", "passthrough", "-map", "0:v", "-f", "rawvideo", "-pix_fmt", "gray", "-")
		})
	}
	wg.Wait()
	all, _ := f.Ledger()
	for i, cam := range f.Cameras() {
		w, h := 320, 180
		if specs[i].Profile == simcam.H264Large {
			w, h = 640, 360
		}
		var shown []simcam.Entry
		for _, e := range all {
			if e.Camera == cam.Number() && e.Track == 1 {
				shown = append(shown, e)
			}
		}
		base := shown[0].RTP
		slices.SortFunc(shown, func(a, b simcam.Entry) int { return cmp.Compare(a.RTP-base, b.RTP-base) })
		if len(gray[i]) < 20*w*h || len(gray[i])%(w*h) != 0 {
			t.Fatalf("%s: %d bytes are not enough pictures", cam.URL(), len(gray[i]))
		}
		for k := range len(gray[i]) / (w * h) {
			if n, ok := simcam.ReadFrameNumber(gray[i][k*w*h:], w, h); !ok || n != shown[k].Picture {
				t.Fatalf("%s: picture %d reads %d (%v), the ledger says %d", cam.URL(), k, n, ok, shown[k].Picture)
			}
		}
	}
}

// An independent client copies the stream into a file that its prober reads back.
func TestIndependentClientCopies(t *testing.T) {
	t.Parallel()
	_, cam := oneCamera(t, simcam.CameraSpec{Audio: media.AAC})
	file := filepath.Join(t.TempDir(), "copy.mkv")
	run(t, "ffmpeg", "-loglevel", "error", "-rtsp_transport", "tcp", "-i", cam.URL(), "-t", "1", "-map", "0", "-c", "copy", file)
	found := string(run(t, "ffprobe", "-loglevel", "error", "-show_entries", "stream=codec_name,width,height", "-of", "csv=p=0", file))
	if found != "h264,320,180\naac\n" {
		t.Errorf("the copy holds %q", found)
	}
}

func run(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil || strings.Contains(complaint.String(), "error") {
		t.Fatalf("%s: %v: %s", name, err, complaint.String())
	}
	return out.Bytes()
}

// Units leave in real time, timestamps grow across the loop, and frame numbers across sessions.
func TestTimeAndNumbersGoOn(t *testing.T) {
	t.Parallel()
	f, cam := oneCamera(t, simcam.CameraSpec{})
	c := dial(t, cam.URL(), nil)
	got := c.take(t, 75) // 4 s loop of 60, and a second more
	var late []time.Duration
	for i, r := range got {
		if want := got[0].rtp + uint32(i*6000); r.rtp != want {
			t.Fatalf("unit %d has timestamp %d, not %d", i, r.rtp, want)
		}
		late = append(late, r.at.Sub(got[0].at)-time.Duration(i)*time.Second/15)
	}
	slices.Sort(late) // the median, because a busy machine may hold any single unit back
	if m := late[len(late)/2]; m < -50*time.Millisecond || m > 50*time.Millisecond {
		t.Errorf("the units came %v off their time: %v", m, late)
	}
	c.Close()
	within(t, 5*time.Second, "the session's end", func() bool { return cam.Playing() == 0 })
	again := dial(t, cam.URL(), nil).take(t, 2)
	if n := frameOf(t, again[0], 1, media.H264); n < 75 || n%60 != 0 {
		t.Errorf("the second session begins with frame %d", n)
	}
	totals := f.Totals()
	if len(totals) != 2 || !totals[0].Ended || totals[0].First != 0 || totals[0].Last+1 != totals[0].Units || totals[0].Units < 75 {
		t.Errorf("totals %+v", totals)
	}
}

func TestStopLeavesNothing(t *testing.T) {
	before := descriptors(t)
	for range 2 {
		f, err := simcam.Start(simcam.Options{CacheDir: cacheDir, Count: 5, TLS: "127.0.0.1:0", Control: "127.0.0.1:0",
			Cameras: []simcam.CameraSpec{{Live: true}}})
		if err != nil {
			t.Fatal(err)
		}
		for i, cam := range f.Cameras() {
			set := secure(f)
			url := cam.TLSURL()
			if i%2 == 0 {
				url, set = cam.URL(), overUDP
			}
			c := dial(t, url, set)
			c.take(t, 1)
			defer c.Close()
			if i == 0 {
				c.Close()
			}
		}
		f.Stop()
		f.Stop()
		for _, cam := range f.Cameras() {
			if cam.Playing() != 0 {
				t.Error("a session outlived Stop")
			}
		}
	}
	within(t, 5*time.Second, "closing of every descriptor", func() bool { return descriptors(t) <= before+4 })
}

func TestControlEndpoint(t *testing.T) {
	t.Parallel()
	f := startFarm(t, simcam.Options{Count: 2, Control: "127.0.0.1:0", Ledger: 1000})
	c := dial(t, f.Cameras()[0].URL(), nil)
	c.take(t, 2)
	post := func(path string) int {
		r, err := http.Post(f.Control()+path, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		return r.StatusCode
	}
	for path, want := range map[string]int{"/cam0001/drop?reset=true": 200, "/cam0009/drop": 404, "/all/nonsense": 400, "/all/freeze?for=soon": 400, "/all/freeze?colour=red": 400} {
		if got := post(path); got != want {
			t.Errorf("POST %s answered %d, not %d", path, got, want)
		}
	}
	select {
	case <-c.ended:
	case <-time.After(5 * time.Second):
		t.Fatal("the connection was not dropped")
	}
	r, err := http.Get(f.Control() + "/ledger")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	var e simcam.Entry
	if err := json.NewDecoder(r.Body).Decode(&e); err != nil || e.Camera != 1 || e.Digest == (simcam.Digest{}) {
		t.Errorf("first ledger line %+v, %v", e, err)
	}
	_, _ = io.Copy(io.Discard, r.Body)
	http.DefaultClient.CloseIdleConnections()
	post("/listener/deafen")
	if _, err := tryDial(t, f.Cameras()[1].URL(), nil); err == nil {
		t.Error("a deaf farm accepted a connection")
	}
	if post("/listener/hear"); f.Hear() != nil {
		t.Error("the farm does not hear")
	}
	dial(t, f.Cameras()[1].URL(), nil).take(t, 1)
	http.DefaultClient.CloseIdleConnections()
}

func TestLiveCamerasShowTheTime(t *testing.T) {
	t.Parallel()
	f := startFarm(t, simcam.Options{Cameras: []simcam.CameraSpec{{Live: true}, {Live: true}}, Ledger: 1000})
	cam := f.Cameras()[0]
	c := dial(t, cam.URL(), nil)
	got := c.take(t, 20)
	matches(t, f, 1, 1, 1, got)
	first := frameOf(t, got[0], 1, media.H264)
	var stream bytes.Buffer
	for i, r := range got {
		if n := frameOf(t, r, 1, media.H264); n != first+uint64(i) {
			t.Fatalf("frame %d arrived where %d was due", n, first+uint64(i))
		}
		stream.Write(annexB(r.payload))
	}
	file := filepath.Join(t.TempDir(), "live.h264")
	if err := os.WriteFile(file, stream.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	gray := run(t, "ffmpeg", "-loglevel", "error", "-i", file, "-vsync", "passthrough", "-f", "rawvideo", "-pix_fmt", "gray", "-")
	for i := range len(gray) / (640 * 360) {
		n, ok := simcam.ReadFrameNumber(gray[i*640*360:], 640, 360)
		if !ok || uint64(n) != first+uint64(i) {
			t.Fatalf("picture %d reads %d (%v), not %d", i, n, ok, first+uint64(i))
		}
	}
}

// An encoder that dies is replaced, and the numbers go on with the time.
func TestLiveCameraSurvivesItsEncoder(t *testing.T) {
	t.Parallel()
	short := filepath.Join(t.TempDir(), "ffmpeg")
	if err := os.WriteFile(short, []byte("#!/bin/sh\nexec timeout -s KILL 1 ffmpeg \"$@\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	f := startFarm(t, simcam.Options{Cameras: []simcam.CameraSpec{{Live: true}}, FFmpeg: short})
	c := dial(t, f.Cameras()[0].URL(), nil)
	c.until(t, func(all []received) bool {
		n := len(all)
		return n > 1 && frameOf(t, all[n-1], 1, media.H264) > frameOf(t, all[n-2], 1, media.H264)+10
	})
	c.take(t, 2)
}

func annexB(payload []byte) []byte {
	var out []byte
	for len(payload) > 4 {
		n := int(payload[0])<<24 | int(payload[1])<<16 | int(payload[2])<<8 | int(payload[3])
		out = append(append(out, 0, 0, 0, 1), payload[4:4+n]...)
		payload = payload[4+n:]
	}
	return out
}
