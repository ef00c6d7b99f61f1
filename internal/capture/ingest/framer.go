package ingest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strconv"
	"strings"
)

// Bounds of the framing.
const (
	maxHead  = 16 << 10      // of one RTSP message: start line and headers
	maxBody  = maxSDP + 1    // a session description, one byte too long included, so that its own check speaks
	maxNoise = 1 << 10       // bytes between messages that belong to none
	maxFrame = 4 + 1<<16 - 1 // an interleaved frame with its header
)

var (
	errFraming = errors.New("the camera sent bytes that are neither RTSP nor interleaved RTP")
	errMessage = errors.New("the camera sent an RTSP message that is too large")
)

// frameTaker receives what a framer finds, in order. The slices are valid only during the call.
type frameTaker interface {
	frame(channel byte, payload []byte) error // an interleaved binary frame (RFC 2326 §10.12)
	message(part []byte) error                // the head of an RTSP message, or a part of its body
}

// framer takes an RTSP connection's bytes apart, in whatever pieces they come. It holds at most one incomplete frame or head.
type framer struct {
	held  []byte // an incomplete frame or message head
	body  int    // bytes of the current message's body still to come
	noise int    // bytes skipped since something was understood
}

// feed takes the next bytes. After an error the connection is of no more use.
func (f *framer) feed(b []byte, to frameTaker) error {
	for len(b) > 0 && len(f.held) > 0 {
		rest, err := f.complete(b, to)
		if err != nil {
			return err
		}
		b = rest
	}
	for len(b) > 0 {
		n, err := f.next(b, to)
		if err != nil {
			return err
		}
		if n == 0 {
			f.held = append(f.held[:0], b...)
			return nil
		}
		b = b[n:]
	}
	return nil
}

// complete moves bytes of b to what is held until that is whole and handed over; it returns what is left of b.
func (f *framer) complete(b []byte, to frameTaker) ([]byte, error) {
	take := min(len(b), maxHead)
	if f.held[0] == '$' {
		take = 4 - len(f.held)
		if take <= 0 {
			take = 4 + int(binary.BigEndian.Uint16(f.held[2:])) - len(f.held)
		}
		take = min(take, len(b))
	}
	had := len(f.held)
	f.held = append(f.held, b[:take]...)
	n, err := f.next(f.held, to)
	if n > 0 {
		f.held = f.held[:0]
		return b[n-had:], err
	}
	return b[take:], err
}

// next hands over the first thing in b and returns its length, 0 if it is not whole yet.
func (f *framer) next(b []byte, to frameTaker) (int, error) {
	switch {
	case f.body > 0:
		n := min(f.body, len(b))
		f.body -= n
		return n, to.message(b[:n])
	case b[0] == '$':
		if len(b) < 4 || len(b) < 4+int(binary.BigEndian.Uint16(b[2:])) {
			return 0, nil
		}
		n := 4 + int(binary.BigEndian.Uint16(b[2:]))
		f.noise = 0
		return n, to.frame(b[1], b[4:n])
	case b[0] >= 'A' && b[0] <= 'Z':
		return f.head(b, to)
	default:
		if f.noise++; f.noise > maxNoise {
			return 0, errFraming
		}
		return 1, nil
	}
}

// head hands over a message's start line and headers and notes the length of its body.
func (f *framer) head(b []byte, to frameTaker) (int, error) {
	end := bytes.Index(b, []byte("\r\n\r\n"))
	if end < 0 && len(b) < maxHead {
		return 0, nil
	}
	if end < 0 || end > maxHead {
		return 0, errMessage
	}
	line, headers, _ := strings.Cut(string(b[:end]), "\r\n")
	if !strings.HasPrefix(line, "RTSP/1.0 ") && !strings.HasSuffix(line, " RTSP/1.0") {
		return 0, errFraming
	}
	length, err := contentLength(headers)
	if err != nil {
		return 0, err
	}
	f.body, f.noise = length, 0
	return end + 4, to.message(b[:end+4])
}

// contentLength finds a body's length. As the library does, it takes several lengths for none.
func contentLength(headers string) (int, error) {
	length, count := 0, 0
	for line := range strings.SplitSeq(headers, "\r\n") {
		k, v, _ := strings.Cut(line, ":")
		if !strings.EqualFold(k, "Content-Length") {
			continue
		}
		n, err := strconv.ParseUint(strings.TrimLeft(v, " "), 10, 63)
		if err != nil {
			return 0, errFraming
		}
		if n > maxBody {
			return 0, errMessage
		}
		length, count = int(n), count+1
	}
	if count != 1 {
		return 0, nil
	}
	return length, nil
}
