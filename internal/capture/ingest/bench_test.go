package ingest

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// counting is a Sink that looks at nothing: what remains is the ingest's own cost.
type counting struct{ units, damaged atomic.Int64 }

func (*counting) Start(media.RunHeader)                        {}
func (*counting) Report(media.SenderReport)                    {}
func (*counting) Stop(custody.Instant, media.GapCause, string) {}
func (c *counting) Unit(u media.Unit, _ []byte) {
	c.units.Add(1)
	if u.Flags&media.Damaged != 0 {
		c.damaged.Add(1)
	}
}

// gop is two seconds of a camera of 1080p, 15 fps and 4 Mbit/s, as interleaved packets unit by unit.
func gop() (frames [][]byte, bytes int) {
	rnd := rand.New(rand.NewPCG(5, 6))
	k := packer{codec: media.H264, mtu: 1400, kind: 96, ssrc: 9}
	for i := range 30 {
		size := 28000
		if i == 0 {
			size = 190000
		}
		u := sent{timestamp: uint32(i) * 6000, nals: [][]byte{inventNAL(rnd, media.H264, 5, 19, size)}}
		u.nals[0][1] |= 0x80
		var b []byte
		for _, p := range k.unit(u) {
			b = append(b, interleaved(0, p)...)
		}
		frames = append(frames, b)
		bytes += len(b)
	}
	return frames, bytes
}

func BenchmarkDepacketiser(b *testing.B) {
	frames, size := gop()
	b.SetBytes(int64(size))
	r := &receiver{sink: &counting{}, clock: stationClock{}}
	o, err := parseSDP([]byte(fakeSDP), false)
	if err != nil {
		b.Fatal(err)
	}
	r.connect(r.open(media.RunHeader{}, o.tracks)[0], 0, 1)
	var f framer
	for b.Loop() {
		for _, p := range frames {
			for len(p) > 0 {
				n := min(len(p), lowWater)
				if err := r.feed(&f, p[:n], &messages{r}); err != nil {
					b.Fatal(err)
				}
				p = p[n:]
			}
		}
	}
}

// messages routes frames to a receiver and forgets RTSP messages.
type messages struct{ r *receiver }

func (m *messages) frame(ch byte, p []byte) error { return m.r.frame(ch, p) }
func (m *messages) message([]byte) error          { return nil }

// BenchmarkCameras measures CPU seconds per camera-minute of N cameras at 4 Mbit/s, sent by a process of its own. It runs once, for
// ten seconds a road: go test -run - -bench Cameras -benchtime 1x.
func BenchmarkCameras(b *testing.B) {
	n := 30
	if v, err := strconv.Atoi(os.Getenv("CAMERAS")); err == nil {
		n = v
	}
	for _, road := range []string{"woken", "polled"} {
		b.Run(fmt.Sprintf("%s/N=%d", road, n), func(b *testing.B) {
			for b.Loop() {
				cameras(b, n, road)
			}
		})
	}
}

func cameras(b *testing.B, n int, road string) {
	farm := exec.Command(os.Args[0], "-test.run", "^TestFarm$")
	farm.Env = append(os.Environ(), "CUSTODY_FARM=1")
	out, err := farm.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	in, _ := farm.StdinPipe()
	if err := farm.Start(); err != nil {
		b.Fatal(err)
	}
	defer farm.Wait()
	defer in.Close()
	line := make([]byte, 64)
	k, err := out.Read(line)
	if err != nil {
		b.Fatal(err)
	}
	var opts Options
	if road == "polled" {
		opts.Poller = NewPoller(2, PollInterval)
		opts.Poller.Start(b.Context())
		defer opts.Poller.Stop()
	}
	sink := &counting{}
	for range n {
		s := New(Source{URL: "rtsp://" + strings.TrimSpace(string(line[:k])) + "/x"}, sink, stationClock{}, opts)
		s.Start(b.Context())
		defer s.Stop()
	}
	<-time.After(2 * time.Second)
	const measured = 8 * time.Second
	before, units := cpu(), sink.units.Load()
	<-time.After(measured)
	b.ReportMetric((cpu()-before).Seconds()/float64(n)*60/measured.Seconds(), "cpu-s/camera-min")
	b.ReportMetric(float64(sink.units.Load()-units)/float64(n)/measured.Seconds(), "fps")
	b.ReportMetric(float64(sink.damaged.Load()), "damaged")
	b.ReportMetric(0, "ns/op")
}

func cpu() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// TestFarm is the sending process of BenchmarkCameras; by itself it only checks that its stream is one.
func TestFarm(t *testing.T) {
	frames, size := gop()
	if os.Getenv("CUSTODY_FARM") == "" {
		if rate := size * 8 / 2; rate < 3.5e6 || rate > 4.5e6 {
			t.Errorf("%d bit/s", rate)
		}
		return
	}
	var cams atomic.Int64
	f := newFake(t, func(c net.Conn, gone <-chan struct{}) {
		<-time.After(time.Duration(cams.Add(1)*37%66) * time.Millisecond) // staggered
		pace := time.NewTicker(time.Second / 15)
		defer pace.Stop()
		var seq uint16
		for i := 0; ; i++ {
			b := append([]byte(nil), frames[i%len(frames)]...)
			seq = renumber(b, seq, uint32(i)*6000)
			select {
			case <-gone:
				return
			case <-pace.C:
			}
			for len(b) > 0 { // a camera sends packet by packet, or nearly so
				n := min(len(b), 3*1420)
				if _, err := c.Write(b[:n]); err != nil {
					return
				}
				b = b[n:]
			}
		}
	})
	fmt.Println(f.l.Addr())
	os.Stdin.Read(make([]byte, 1))
}

// renumber gives interleaved packets their place in an endless stream.
func renumber(b []byte, seq uint16, timestamp uint32) uint16 {
	for len(b) > 0 {
		n := 4 + int(b[2])<<8 + int(b[3])
		b[6], b[7] = byte(seq>>8), byte(seq)
		b[8], b[9], b[10], b[11] = byte(timestamp>>24), byte(timestamp>>16), byte(timestamp>>8), byte(timestamp)
		seq, b = seq+1, b[n:]
	}
	return seq
}
