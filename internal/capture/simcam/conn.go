package simcam

import (
	"bufio"
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"
)

// idleLimit closes a connection that has not said PLAY for that long.
const idleLimit = 60 * time.Second

// conn is one client's connection: its requests, and at most one session.
type conn struct {
	farm  *Farm
	out   *outlet
	r     *bufio.Reader
	guard doorman

	cam     *Camera
	sess    *session
	id      string
	playing bool
	timer   *time.Timer // CloseAfter
}

// response is an RTSP answer.
type response struct {
	status int
	header []string // "Key: value"
	body   string
}

// serve handles one connection until it ends.
func (f *Farm) serve(ctx context.Context, nc net.Conn) {
	k := &conn{farm: f, out: newOutlet(nc), r: bufio.NewReaderSize(nc, maxLine)}
	var wg sync.WaitGroup
	wg.Go(k.out.flush)
	stop := context.AfterFunc(ctx, func() { k.out.close(false) })
	for k.step(ctx) {
	}
	stop()
	k.end()
	wg.Wait()
}

// step answers one request; false ends the connection.
func (k *conn) step(ctx context.Context) bool {
	q, err := readRequest(k.r, k.touch)
	if err != nil || !k.arrive(q) {
		return false
	}
	b := k.cam.acts.Load()
	keepAlive := k.playing && (q.method == "OPTIONS" || strings.HasSuffix(q.method, "_PARAMETER"))
	k.cam.note(func(s *Seen) {
		s.Requests++
		if keepAlive {
			s.KeepAlives++
		}
	})
	if k.playing && b.deaf && q.method != "TEARDOWN" {
		return true
	}
	answer := k.answer(ctx, q, b)
	if !k.reply(ctx, q, answer, b.slow) || q.method == "TEARDOWN" {
		k.out.drained()
		return false
	}
	if q.method == "PLAY" && answer.status == 200 {
		k.play(b)
	}
	return true
}

// touch renews the deadline of the next read.
func (k *conn) touch() {
	limit := idleLimit
	if k.playing {
		limit = 0
		if t := k.cam.acts.Load().timeout; t.Enforce {
			limit = t.After
		}
	}
	var deadline time.Time
	if limit > 0 {
		deadline = time.Now().Add(limit)
	}
	_ = k.out.conn.SetReadDeadline(deadline) // fails only on a closed connection, which the read reports
}

// arrive finds the camera the request is for; false closes the connection.
func (k *conn) arrive(q request) bool {
	if k.cam == nil {
		if k.cam = k.farm.byURL(q.url); k.cam == nil {
			k.out.write([]byte("RTSP/1.0 404 Not Found\r\nCSeq: "+q.header["Cseq"]+"\r\n\r\n"), nil, 0)
			k.out.drained()
			return false
		}
	}
	return k.cam.admit(k)
}

func (k *conn) answer(ctx context.Context, q request, b *behaviour) response {
	if q.method == "OPTIONS" {
		if b.noOptions {
			return response{status: 501}
		}
		return response{status: 200, header: []string{"Public: OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, SET_PARAMETER, TEARDOWN"}}
	}
	if challenges := k.guard.check(b.auth, q); challenges != nil {
		k.cam.note(func(s *Seen) { s.Refusals++ })
		r := response{status: 401}
		for _, c := range challenges {
			r.header = append(r.header, "WWW-Authenticate: "+c)
		}
		return r
	}
	switch q.method {
	case "DESCRIBE":
		return k.describe(ctx, q, b)
	case "SETUP":
		return k.setup(q, b)
	case "PLAY":
		if k.sess == nil || k.playing {
			return response{status: 455}
		}
		return response{status: 200, header: []string{k.sessionHeader(b), "Range: npt=0.000-"}}
	case "GET_PARAMETER", "SET_PARAMETER":
		return response{status: 200, header: []string{k.sessionHeader(b)}}
	case "TEARDOWN":
		k.cam.note(func(s *Seen) { s.Teardowns++ })
		if k.sess != nil {
			k.sess.stop()
		}
		return response{status: 200}
	}
	return response{status: 501}
}

func (k *conn) describe(ctx context.Context, q request, b *behaviour) response {
	if b.redirect.URL != "" {
		return response{status: 302, header: []string{"Location: " + b.redirect.URL}}
	}
	src, err := k.cam.source(ctx)
	if err != nil {
		return response{status: 503}
	}
	return response{status: 200, body: k.cam.sdp(src, b.sdp),
		header: []string{"Content-Base: " + strings.TrimSuffix(q.url, "/") + "/", "Content-Type: application/sdp"}}
}

// source is what DESCRIBE tells; a live camera waits for its first parameter sets.
func (c *Camera) source(ctx context.Context) (source, error) {
	if c.live != nil {
		sets, err := c.live.sets(ctx)
		return source{codec: c.Codec(), sets: sets}, err
	}
	src := source{codec: c.clips[0].codec, sets: c.clips[int(c.wanted.Load())].sets}
	if c.audio != nil {
		src.audio = c.audio.codec
	}
	return src, nil
}

func (k *conn) sessionHeader(b *behaviour) string {
	seconds := 60
	if b.timeout.After > 0 {
		seconds = int(b.timeout.After / time.Second)
	}
	return fmt.Sprintf("Session: %s;timeout=%d", k.id, seconds)
}

// setup prepares a track (RFC 2326 §10.4): interleaved, or UDP from the farm's pair of ports.
func (k *conn) setup(q request, b *behaviour) response {
	id := uint8(1)
	clock := int64(videoClock)
	if strings.HasSuffix(strings.TrimSuffix(q.url, "/"), "trackID=2") {
		id, clock = 2, audioClock
		if k.cam.audio == nil {
			return response{status: 404}
		}
	}
	if k.playing {
		return response{status: 455}
	}
	if k.sess == nil {
		k.id = rand.Text()
		k.sess = &session{cam: k.cam, out: k.out}
	}
	t := newTrack(k.sess, id, clock)
	answer, ok := k.transport(q.header["Transport"], t)
	if !ok {
		return response{status: 461}
	}
	if b.firstRTP != nil {
		t.base = *b.firstRTP
	}
	k.sess.put(t)
	return response{status: 200, header: []string{k.sessionHeader(b), answer}}
}

// transport reads the first usable proposal.
func (k *conn) transport(header string, t *track) (answer string, ok bool) {
	for offer := range strings.SplitSeq(header, ",") {
		fields := strings.Split(strings.TrimSpace(offer), ";")
		param := map[string]string{}
		for _, f := range fields[1:] {
			key, value, _ := strings.Cut(f, "=")
			param[key] = value
		}
		switch {
		case fields[0] == "RTP/AVP/TCP":
			t.channel = (t.id - 1) * 2
			if first, _, found := strings.Cut(param["interleaved"], "-"); found {
				if n, err := strconv.ParseUint(first, 10, 8); err == nil && n < 255 {
					t.channel = byte(n)
				}
			}
			return fmt.Sprintf("Transport: RTP/AVP/TCP;unicast;interleaved=%d-%d;ssrc=%08X", t.channel, t.channel+1, t.ssrc), true
		case (fields[0] == "RTP/AVP" || fields[0] == "RTP/AVP/UDP") && !strings.Contains(offer, "multicast"):
			if !t.toUDP(k.out.conn.RemoteAddr(), param["client_port"]) {
				continue
			}
			return fmt.Sprintf("Transport: RTP/AVP;unicast;client_port=%s;server_port=%s;ssrc=%08X",
				param["client_port"], k.farm.datagrams.ports(), t.ssrc), true
		}
	}
	return "", false
}

// play starts the session's tracks.
func (k *conn) play(b *behaviour) {
	k.playing = true
	k.touch()
	if b.closeAfter > 0 {
		k.timer = time.AfterFunc(b.closeAfter, func() { k.out.close(false) })
	}
	k.farm.start(k.cam, k.sess)
}

// end releases everything.
func (k *conn) end() {
	if k.timer != nil {
		k.timer.Stop()
	}
	if k.sess != nil {
		k.sess.stop()
	}
	if k.cam != nil {
		k.cam.leave(k)
	}
	k.out.close(false)
}

// reply writes an answer, perhaps a byte at a time; false if the connection is over.
func (k *conn) reply(ctx context.Context, q request, a response, slow time.Duration) bool {
	text := map[int]string{200: "OK", 302: "Moved Temporarily", 401: "Unauthorized", 404: "Not Found",
		455: "Method Not Valid in This State", 461: "Unsupported Transport", 501: "Not Implemented", 503: "Service Unavailable"}
	var b strings.Builder
	fmt.Fprintf(&b, "RTSP/1.0 %d %s\r\nCSeq: %s\r\nServer: simcam\r\n", a.status, text[a.status], q.header["Cseq"])
	for _, h := range a.header {
		b.WriteString(h + "\r\n")
	}
	if a.body != "" {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(a.body))
	}
	b.WriteString("\r\n" + a.body)
	if slow <= 0 {
		return k.out.write([]byte(b.String()), nil, 0)
	}
	tick := time.NewTicker(slow)
	defer tick.Stop()
	for _, c := range []byte(b.String()) {
		if !k.out.write([]byte{c}, nil, 0) {
			return false
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return false
		}
	}
	return true
}
