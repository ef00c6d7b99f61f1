package simcam_test

import (
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/capture/simcam"
)

// drainVariable holds the URLs that this test binary, started again by BenchmarkFarm, reads and throws away: a
// recorder's place, in a process of its own, so that the farm's cost stands alone.
const drainVariable = "SIMCAM_DRAIN"

// BenchmarkFarm is what 200 cameras of the benchmark profile cost: CPU seconds of the farm's process a
// camera-minute, units a second of one camera, units dropped, and the greatest lateness. One iteration is one second.
func BenchmarkFarm(b *testing.B) {
	const cameras = 200
	f, err := simcam.Start(simcam.Options{CacheDir: cacheDir, Count: cameras, Profile: simcam.Bench, Stagger: 2 * time.Second})
	if err != nil {
		b.Fatal(err)
	}
	defer f.Stop()
	drain := exec.CommandContext(b.Context(), os.Args[0])
	var urls []string
	for _, cam := range f.Cameras() {
		urls = append(urls, cam.URL())
	}
	drain.Env = append(os.Environ(), drainVariable+"="+strings.Join(urls, " "))
	if err := drain.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() { _ = drain.Wait() }() // it ends with the farm
	defer f.Stop()
	<-time.After(4 * time.Second) // the staggered start
	user, system := cpu(b)
	sent := units(f)
	start := time.Now()
	for b.Loop() {
		<-time.After(time.Second)
	}
	took := time.Since(start)
	userAfter, systemAfter := cpu(b)
	minutes := took.Minutes() * cameras
	b.ReportMetric((userAfter-user).Seconds()/minutes, "user-s/camera-minute")
	b.ReportMetric((systemAfter-system).Seconds()/minutes, "sys-s/camera-minute")
	b.ReportMetric(float64(units(f)-sent)/took.Seconds()/cameras, "units/s/camera")
	b.ReportMetric(float64(dropped(f)), "dropped")
	b.ReportMetric(float64(f.Lateness().Milliseconds()), "ms-late")
}

func units(f *simcam.Farm) (n uint64) {
	for _, t := range f.Totals() {
		n += t.Units
	}
	return n
}

func dropped(f *simcam.Farm) (n uint64) {
	for _, t := range f.Totals() {
		n += t.Dropped
	}
	return n
}

func cpu(b *testing.B) (user, system time.Duration) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano()), time.Duration(u.Stime.Nano())
}

// drainAll plays every camera and reads until the farm ends.
func drainAll(urls []string) {
	const play = "SETUP URL/trackID=1 RTSP/1.0\r\nCSeq: 1\r\nTransport: RTP/AVP/TCP;interleaved=0-1\r\n\r\nPLAY URL RTSP/1.0\r\nCSeq: 2\r\n\r\n"
	var wg sync.WaitGroup
	for _, url := range urls {
		c, err := net.Dial("tcp", strings.Split(url, "/")[2])
		if err != nil {
			panic(err)
		}
		if _, err := io.WriteString(c, strings.ReplaceAll(play, "URL", url)); err != nil {
			panic(err)
		}
		wg.Go(func() {
			defer c.Close()
			buf := make([]byte, 256<<10)
			for tick := time.NewTicker(100 * time.Millisecond); ; <-tick.C {
				if _, err := c.Read(buf); err != nil {
					return
				}
			}
		})
	}
	wg.Wait()
}
