package apitest

import (
	"encoding/binary"
	"encoding/json"
	"io"
	"net/http"
)

// Socket is a WebSocket that a client listens to. It is written out here (RFC 6455 §5.2), so that what the gate sends is read by another
// reader than the one it is written with. One goroutine uses it.
type Socket struct {
	s    *Site
	body io.ReadWriteCloser
}

// Listen opens a WebSocket; of a refusal it returns the status, and no socket.
func (v Voice) Listen(path string, headers ...string) (*Socket, int) {
	v.s.tb.Helper()
	r, err := http.NewRequestWithContext(v.s.tb.Context(), http.MethodGet, v.s.URL+path, nil)
	v.s.must(err)
	for name, value := range map[string]string{"Origin": v.s.URL, "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
		"Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="} {
		r.Header.Set(name, value)
	}
	if v.p.Token != "" {
		r.Header.Set("Authorization", "Bearer "+string(v.p.Token))
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
		if headers[i+1] == "" {
			r.Header.Del(headers[i])
		}
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	v.s.must(err)
	if res.StatusCode != http.StatusSwitchingProtocols {
		v.s.must(res.Body.Close())
		return nil, res.StatusCode
	}
	k := &Socket{v.s, res.Body.(io.ReadWriteCloser)}
	v.s.tb.Cleanup(k.Close)
	return k, res.StatusCode
}

// Close hangs up.
func (k *Socket) Close() { _ = k.body.Close() }

// Said is one message of a socket: text, bytes, or the code with which it closed.
type Said struct {
	Text   string
	Binary []byte
	Closed int
}

// Next waits for a message. Pings are left unanswered.
func (k *Socket) Next() Said {
	k.s.tb.Helper()
	for {
		head := k.read(2)
		n := uint64(head[1] & 127)
		switch n {
		case 126:
			n = uint64(binary.BigEndian.Uint16(k.read(2)))
		case 127:
			n = binary.BigEndian.Uint64(k.read(8))
		}
		if head[0]&0x80 == 0 || n > 16<<20 {
			k.s.tb.Fatalf("a frame with the head %x of %d bytes", head, n)
		}
		payload := k.read(n)
		switch head[0] & 15 {
		case 1:
			return Said{Text: string(payload)}
		case 2:
			return Said{Binary: payload}
		case 8:
			return Said{Closed: int(binary.BigEndian.Uint16(payload))}
		}
	}
}

// Word is Next for a text in JSON, of which it returns the type.
func (k *Socket) Word(into any) string {
	k.s.tb.Helper()
	said := k.Next()
	var kind struct{ Type string }
	k.s.must(json.Unmarshal([]byte(said.Text), &kind))
	k.s.must(json.Unmarshal([]byte(said.Text), into))
	return kind.Type
}

func (k *Socket) read(n uint64) []byte {
	k.s.tb.Helper()
	b := make([]byte, n)
	_, err := io.ReadFull(k.body, b)
	k.s.must(err)
	return b
}
