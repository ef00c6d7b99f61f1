package gate

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/trust/access"
)

// TestASlowCallerIsNotOwedMegabytes: what was written for somebody who reads slowly does not go on to leave after the handler has stopped.
func TestASlowCallerIsNotOwedMegabytes(t *testing.T) {
	stop, stopped := make(chan struct{}), make(chan struct{})
	p := opened(t, nil, func(p *place, d *Door) {
		d.Raw(Route{ID: "flood", Method: http.MethodGet, Path: "/api/flood", Action: access.StaffView, Mode: List, Stream: true}, func(w http.ResponseWriter, r *http.Request) error {
			defer close(stopped)
			for block := make([]byte, 32<<10); ; {
				if _, err := w.Write(block); err != nil {
					return err
				}
				select {
				case <-stop:
					return errors.New("that is over")
				default:
				}
			}
		})
	})
	c, err := net.Dial("tcp", p.server.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	if err := c.(*net.TCPConn).SetReadBuffer(64 << 10); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(c, "GET /api/flood HTTP/1.1\r\nHost: custody.lan\r\n%s\r\n\r\n", bearer)
	if _, err := io.CopyN(io.Discard, c, 256<<10); err != nil {
		t.Fatal(err)
	}
	close(stop)
	var rest int64
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		n, err := io.CopyN(io.Discard, c, 16<<10)
		rest += n
		if err != nil {
			break
		}
		<-tick.C
	}
	<-stopped
	if rest > 1<<20 {
		t.Errorf("%d bytes came after the end", rest)
	}
	t.Logf("%d bytes came after the end", rest)
}
