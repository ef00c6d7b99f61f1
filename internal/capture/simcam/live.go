package simcam

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// A live camera's picture.
const (
	liveWidth  = 640
	liveHeight = 360
	liveFPS    = 15
	livePause  = time.Second // before a dead encoder is started again
)

// live paints, encodes and delivers one camera's picture for as long as the farm runs, watched or not. Frame
// number k is captured at origin + k/15 s; after the encoder died the numbers go on with the time.
type live struct {
	cam    *Camera
	origin time.Time

	mu     sync.Mutex
	params [3][]byte
	known  chan struct{} // closed with the first parameter sets
}

func newLive(c *Camera) *live {
	return &live{cam: c, origin: c.farm.started, known: make(chan struct{})}
}

// sets waits up to 10 s for the parameter sets.
func (l *live) sets(ctx context.Context) ([3][]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	select {
	case <-l.known:
	case <-ctx.Done():
		return [3][]byte{}, custody.Wrap(custody.Unavailable, ctx.Err(), "the live camera has no picture yet")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.params, nil
}

// run keeps an encoder running until ctx ends.
func (l *live) run(ctx context.Context) {
	for ctx.Err() == nil {
		err := l.encode(ctx)
		if ctx.Err() != nil {
			return
		}
		l.cam.farm.opts.Log.Warn("a live camera's encoder ended; it is started again", "camera", l.cam.spec.Path, "error", err)
		select {
		case <-time.After(livePause):
		case <-ctx.Done():
		}
	}
}

// encode runs one ffmpeg until it or ctx ends.
func (l *live) encode(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := exec.CommandContext(ctx, l.cam.farm.opts.FFmpeg, "-hide_banner", "-loglevel", "error",
		"-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", strconv.Itoa(liveWidth)+"x"+strconv.Itoa(liveHeight), "-r", strconv.Itoa(liveFPS), "-i", "pipe:0",
		"-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-threads", "1", "-bf", "0", "-g", strconv.Itoa(liveFPS),
		"-crf", "26", "-x264-params", "aud=1:repeat-headers=1", "-f", "h264", "-flush_packets", "1", "pipe:1")
	var complaint bytes.Buffer
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // an interrupt at the terminal is ours to answer
	cmd.Stderr, cmd.WaitDelay = &complaint, livePause
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	numbers := make(chan uint32, 256) // of the frames inside the encoder, which keeps their order
	var wg sync.WaitGroup
	wg.Go(func() {
		defer in.Close()
		l.paint(ctx, in, numbers)
	})
	read := l.deliver(out, numbers)
	cancel()
	wg.Wait()
	return errors.Join(read, cmd.Wait(), errors.New(complaint.String()))
}

// paint writes a frame to the encoder at each frame's time, until ctx ends or the encoder refuses.
func (l *live) paint(ctx context.Context, w io.Writer, numbers chan<- uint32) {
	pic := newPicture(liveWidth, liveHeight)
	at := func(k uint32) time.Time { return l.origin.Add(ticksToTime(int64(k), liveFPS)) }
	k := uint32(l.cam.farm.now().Sub(l.origin)*liveFPS/time.Second) + 1
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ; ; k++ {
		timer.Reset(max(at(k).Sub(l.cam.farm.now()), 0))
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}
		pic.paint(k, 0)
		pic.text(at(k).UTC().Format("2006-01-02 15:04:05.0")+"Z", 48, 64, 4)
		select {
		case numbers <- k:
		case <-ctx.Done():
			return
		}
		if _, err := w.Write(pic.pix); err != nil {
			return // the encoder is gone; deliver says so
		}
	}
}

// deliver reads units from the encoder and gives them to the sessions.
func (l *live) deliver(r io.Reader, numbers <-chan uint32) error {
	units := newUnitReader(r)
	for {
		b, err := units.next()
		if err != nil {
			return err
		}
		select {
		case k := <-numbers:
			l.unit(b, k)
		default:
			return errors.New("the encoder returned more frames than it was given")
		}
	}
}

func (l *live) unit(b []byte, k uint32) {
	c := clip{codec: media.H264}
	u := videoUnit(c.keep(splitAnnexB(b), l.cam.spec.Placement), media.H264, false)
	if len(u.at) == 0 {
		return
	}
	u.picture, u.pts = k&(1<<numberBits-1), int64(k)*videoClock/liveFPS
	if c.sets[1] != nil && c.sets[2] != nil {
		l.mu.Lock()
		if l.params[1] == nil {
			defer close(l.known)
		}
		l.params = [3][]byte{nil, bytes.Clone(c.sets[1]), bytes.Clone(c.sets[2])}
		l.mu.Unlock()
	}
	now := l.cam.farm.now()
	for _, s := range l.cam.playing() {
		for _, t := range s.tracks {
			t.deliver(&u, u.pts, uint64(k), now)
		}
	}
}

// maxLiveUnit bounds what a unitReader holds.
const maxLiveUnit = 4 << 20

// unitReader cuts a byte stream at its access unit delimiters (ITU-T H.264 7.4.1.2.3).
type unitReader struct {
	r    io.Reader
	buf  []byte
	from int // where the search goes on
}

func newUnitReader(r io.Reader) *unitReader { return &unitReader{r: r, buf: make([]byte, 0, 64<<10)} }

// next returns the bytes from one delimiter up to the next; they are valid until the next call.
func (u *unitReader) next() ([]byte, error) {
	delimiter := []byte{0, 0, 1, 9}
	for {
		if i := bytes.Index(u.buf[u.from:], delimiter); i >= 0 {
			end := u.from + i
			unit := bytes.Clone(u.buf[:end])
			u.buf = u.buf[:copy(u.buf, u.buf[end:])]
			u.from = min(len(delimiter), len(u.buf))
			if len(bytes.Trim(unit, "\x00")) > 0 {
				return unit, nil
			}
			continue
		}
		u.from = max(u.from, len(u.buf)-len(delimiter)+1)
		if len(u.buf) >= maxLiveUnit {
			return nil, errors.New("an access unit exceeds its bound")
		}
		u.buf = append(u.buf, make([]byte, 32<<10)...)
		n, err := u.r.Read(u.buf[len(u.buf)-32<<10:])
		u.buf = u.buf[:len(u.buf)-32<<10+n]
		if n == 0 && err != nil {
			return nil, err
		}
	}
}
