package bench

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/footage-custody/custody/internal/capture/ingest"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// socket is the client's end of a WebSocket (RFC 6455): just enough to watch, so that the watchers cost little.
type socket struct {
	conn net.Conn
	in   *bufio.Reader
	buf  []byte
}

// connect opens a WebSocket as this person.
func (v *visitor) connect(ctx context.Context, path string) (*socket, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", v.door.listen)
	if err != nil {
		return nil, err
	}
	var nonce [16]byte
	rand.Read(nonce[:]) // never fails
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\nOrigin: %s\r\nAuthorization: %s\r\n\r\n",
		path, strings.TrimPrefix(v.door.url, "http://"), base64.StdEncoding.EncodeToString(nonce[:]), v.door.url, v.bearer())
	s := &socket{conn: conn, in: bufio.NewReaderSize(conn, 64<<10)}
	res, err := http.ReadResponse(s.in, nil)
	if err == nil && res.StatusCode != http.StatusSwitchingProtocols {
		text, _ := io.ReadAll(io.LimitReader(res.Body, 4<<10))
		err = fmt.Errorf("%s: %s: %s", path, res.Status, text)
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return s, nil
}

// The opcodes that matter here.
const (
	opText   = 1
	opBinary = 2
	opClose  = 8
	opPing   = 9
	opPong   = 10
)

// next returns one message; it is good until the next call.
func (s *socket) next() (op byte, message []byte, err error) {
	s.buf = s.buf[:0]
	for {
		var head [10]byte
		if _, err := io.ReadFull(s.in, head[:2]); err != nil {
			return 0, nil, err
		}
		n, more := int(head[1]&127), 0
		if n == 126 {
			more = 2
		} else if n == 127 {
			more = 8
		}
		if _, err := io.ReadFull(s.in, head[2:2+more]); err != nil {
			return 0, nil, err
		}
		if n == 126 {
			n = int(binary.BigEndian.Uint16(head[2:]))
		} else if n == 127 {
			n = int(binary.BigEndian.Uint64(head[2:]))
		}
		if n < 0 || len(s.buf)+n > 16<<20 {
			return 0, nil, errors.New("a message is larger than 16 MiB")
		}
		from := len(s.buf)
		s.buf = append(s.buf, make([]byte, n)...)
		if _, err := io.ReadFull(s.in, s.buf[from:]); err != nil {
			return 0, nil, err
		}
		switch code := head[0] & 15; {
		case code == opPing:
			if _, err := s.conn.Write(append([]byte{0x80 | opPong, 0x80 | byte(n), 0, 0, 0, 0}, s.buf[from:]...)); err != nil {
				return 0, nil, err
			}
			s.buf = s.buf[:from]
		case code == opClose:
			return opClose, s.buf[from:], io.EOF
		default:
			op = max(op, code) // 0 continues the frame before
			if head[0]&0x80 != 0 {
				return op, s.buf, nil
			}
		}
	}
}

// watchOne watches a camera live until the end: how long the first picture took, and how old each was, in ms.
func (v *visitor) watchOne(ctx context.Context, c custody.CameraID, end time.Time) (first float64, ages []float64, err error) {
	viewing, err := v.look(ctx, []custody.CameraID{c}, custody.Span{})
	if err != nil {
		return 0, nil, err
	}
	began := time.Now()
	s, err := v.connect(ctx, of(viewing, c)+"live")
	if err != nil {
		return 0, nil, err
	}
	defer s.conn.Close()
	if err := s.conn.SetDeadline(end.Add(5 * time.Second)); err != nil {
		return 0, nil, err
	}
	begun := false
	for time.Now().Before(end) {
		op, m, err := s.next()
		if err != nil {
			return first, ages, fmt.Errorf("watching %s: %w", c, err)
		}
		switch {
		case op == opText && strings.Contains(string(m), `"type":"end"`):
			return first, ages, fmt.Errorf("watching %s: %s", c, m)
		case op == opText:
			begun = strings.Contains(string(m), `"type":"init"`)
		case begun: // the init section comes behind its announcement
			begun = false
		case len(m) > 12:
			now := time.Now()
			if first == 0 && m[8]&1 != 0 {
				first = ms(now.Sub(began))
			} else if now.Sub(began) > time.Second { // not what the group of pictures began with, which is old
				ages = append(ages, float64(now.UnixMicro()-int64(binary.BigEndian.Uint64(m)))/1000)
			}
		}
	}
	return first, ages, v.end(ctx, viewing)
}

// live has one watch, and then everybody.
func (h *hall) live(ctx context.Context, c *Crowd) (err error) {
	for _, k := range []struct {
		n    int
		load *Load
		ages *Delay
	}{{1, &c.One, &c.Single}, {h.b.Viewers, &c.All, &c.Many}} {
		firsts := make([]float64, k.n)
		*k.load, err = h.window(ctx, func(ctx context.Context) error {
			end := time.Now().Add(h.b.Looking)
			ages, err := h.everybody(k.n, func(i int, v *visitor, camera custody.CameraID) (ages []float64, err error) {
				firsts[i], ages, err = v.watchOne(ctx, camera, end)
				return ages, err
			})
			*k.ages = delayOf(ages)
			return err
		})
		if err != nil {
			return err
		}
		c.First = delayOf(firsts)
	}
	return nil
}

// direct is the control: cameras asked one after the other, before anybody else does.
func (h *hall) direct(ctx context.Context) (Delay, error) {
	var took []float64
	for _, u := range h.farm.urls[:min(10, len(h.farm.urls))] {
		t, err := firstPicture(ctx, u)
		if err != nil {
			return Delay{}, err
		}
		took = append(took, t)
	}
	return delayOf(took), nil
}

// firstPicture connects to a camera and waits for a picture that can be shown.
func firstPicture(ctx context.Context, url string) (float64, error) {
	p := &peek{seen: make(chan struct{})}
	began := time.Now()
	s := ingest.New(ingest.Source{Camera: custody.NewCameraID(), Stream: custody.NewStreamID(), URL: url}, p, wallClock{}, ingest.Options{})
	if err := s.Start(ctx); err != nil {
		return 0, err
	}
	defer s.Stop()
	wait := time.NewTimer(time.Minute)
	defer wait.Stop()
	select {
	case <-p.seen:
		return ms(time.Since(began)), nil
	case <-wait.C:
		return 0, errors.New("the camera sent no random access point within a minute")
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// peek waits for the first random access unit of a camera.
type peek struct {
	codec media.Codec
	found bool
	seen  chan struct{} // closed then
}

// Start implements ingest.Sink.
func (p *peek) Start(h media.RunHeader) { p.codec = h.Tracks[0].Codec }

// Unit implements ingest.Sink.
func (p *peek) Unit(u media.Unit, payload []byte) {
	flags, _, err := media.Inspect(p.codec, payload)
	if u.Track == 1 && err == nil && flags&media.RandomAccess != 0 && !p.found {
		p.found = true
		close(p.seen)
	}
}

// Report implements ingest.Sink.
func (p *peek) Report(media.SenderReport) {}

// Stop implements ingest.Sink.
func (p *peek) Stop(custody.Instant, media.GapCause, string) {}

// stills asks for a still of every other camera, one after the other, and has ffmpeg make as many of a part in a file.
func (h *hall) stills(ctx context.Context, c *Crowd) error {
	v, span := h.people[0], custody.Span{Start: h.began, End: h.began.Add(time.Minute)}
	var took, plain []float64
	buf := make([]byte, 64<<10)
	for i := range min(10, len(h.places)) {
		camera := h.places[i].camera
		viewing, err := v.look(ctx, []custody.CameraID{camera}, span)
		if err != nil {
			return err
		}
		at := h.began.Add(time.Duration(3+i) * time.Second)
		f, err := v.get(ctx, fmt.Sprintf("%sstill?at_us=%d", of(viewing, camera), int64(at)), buf, nil)
		if err != nil {
			return err
		}
		took = append(took, ms(f.last))
		if h.b.FFmpeg != "" {
			t, err := h.plainStill(ctx, of(viewing, camera), custody.Span{Start: at, End: at.Add(time.Second)})
			if err != nil {
				return err
			}
			plain = append(plain, t)
		}
		if err := v.end(ctx, viewing); err != nil {
			return err
		}
	}
	c.Stills, c.Plain = delayOf(took), delayOf(plain)
	return nil
}

// plainStill puts the part of a moment into a file and times ffmpeg on it.
func (h *hall) plainStill(ctx context.Context, camera string, span custody.Span) (float64, error) {
	parts, err := h.people[0].playlist(ctx, camera, span)
	if err != nil || len(parts) == 0 {
		return 0, errors.Join(err, errors.New("there is no footage for a still"))
	}
	segment, _, _ := strings.Cut(strings.TrimPrefix(parts[0].uri, "media/"), "/")
	name := filepath.Join(h.dir, "still.mp4")
	f, err := os.Create(name)
	if err != nil {
		return 0, err
	}
	for _, uri := range []string{"init/" + segment + ".mp4", parts[0].uri} {
		_, gerr := h.people[0].get(ctx, camera+uri, make([]byte, 64<<10), f)
		err = errors.Join(err, gerr)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return 0, err
	}
	began := time.Now()
	err = finish(ctx, h.b.FFmpeg, "-nostdin", "-v", "error", "-i", name, "-frames:v", "1", "-f", "image2", "-y", filepath.Join(h.dir, "still.jpg"))
	return ms(time.Since(began)), err
}
