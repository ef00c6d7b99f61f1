package gate

import (
	"bufio"
	"errors"
	"net"
	"net/http"
	"time"
)

// writer notes what was answered. Of a long answer it moves the write deadline along with every piece, so that a client may
// take as long as it likes but not stand still.
type writer struct {
	http.ResponseWriter
	status int // 0 until the answer begins
	bytes  int64
	pace   time.Duration // for a long answer: a piece must be taken within it; 0 leaves the server's deadline
}

// piece bounds what one deadline is good for.
const piece = 64 << 10

func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *writer) WriteHeader(status int) {
	if w.status == 0 && (status >= 200 || status == http.StatusSwitchingProtocols) {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *writer) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	written := 0
	for {
		part := b[written:]
		if w.pace > 0 {
			part = part[:min(len(part), piece)]
			err := http.NewResponseController(w.ResponseWriter).SetWriteDeadline(time.Now().Add(w.pace))
			if err != nil && !errors.Is(err, http.ErrNotSupported) {
				return written, err
			}
		}
		n, err := w.ResponseWriter.Write(part)
		written += n
		w.bytes += int64(n)
		if err != nil || written == len(b) {
			return written, err
		}
	}
}

// Flush sends what is buffered.
func (w *writer) Flush() {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	if f, ok := w.ResponseWriter.(http.Flusher); ok {
		f.Flush()
	}
}

// Hijack takes the connection over, for a WebSocket.
func (w *writer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c, rw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err == nil && w.status == 0 {
		w.status = http.StatusSwitchingProtocols
	}
	return c, rw, err
}
