package simcam

import (
	"bufio"
	"errors"
	"io"
	"net/textproto"
	"strconv"
	"strings"
)

// Bounds of a request.
const (
	maxLine    = 8 << 10
	maxHeaders = 64
	maxBody    = 64 << 10
)

var (
	errBadRequest = errors.New("not an RTSP request")
	errTooLarge   = errors.New("the request exceeds its bounds")
)

// request is one RTSP request (RFC 2326 §6).
type request struct {
	method string
	url    string
	header map[string]string // canonical keys; of repeated headers the last
}

// readRequest reads the next request and skips interleaved frames before it. touched is called for each frame and
// request. It keeps no reference to r's buffer.
func readRequest(r *bufio.Reader, touched func()) (request, error) {
	for {
		first, err := r.Peek(1)
		if err != nil {
			return request{}, err
		}
		touched()
		if first[0] != '$' {
			return readHead(r)
		}
		head, err := r.Peek(frameHeader)
		if err != nil {
			return request{}, err
		}
		if _, err := r.Discard(frameHeader + int(head[2])<<8 + int(head[3])); err != nil {
			return request{}, err
		}
	}
}

func readHead(r *bufio.Reader) (request, error) {
	line, err := readLine(r)
	if err != nil {
		return request{}, err
	}
	parts := strings.Fields(line)
	if len(parts) != 3 || parts[2] != "RTSP/1.0" {
		return request{}, errBadRequest
	}
	q := request{method: parts[0], url: parts[1], header: map[string]string{}}
	for {
		line, err := readLine(r)
		if err != nil {
			return request{}, err
		}
		if line == "" {
			break
		}
		if len(q.header) == maxHeaders {
			return request{}, errTooLarge
		}
		key, value, ok := strings.Cut(line, ":")
		if !ok {
			return request{}, errBadRequest
		}
		q.header[textproto.CanonicalMIMEHeaderKey(strings.TrimSpace(key))] = strings.TrimSpace(value)
	}
	return q, skipBody(r, q.header["Content-Length"])
}

func skipBody(r *bufio.Reader, length string) error {
	if length == "" {
		return nil
	}
	n, err := strconv.Atoi(length)
	if err != nil || n < 0 {
		return errBadRequest
	}
	if n > maxBody {
		return errTooLarge
	}
	_, err = io.CopyN(io.Discard, r, int64(n))
	return err
}

// readLine returns a line without its end.
func readLine(r *bufio.Reader) (string, error) {
	var b []byte
	for {
		part, err := r.ReadSlice('\n')
		if len(b)+len(part) > maxLine {
			return "", errTooLarge
		}
		b = append(b, part...)
		if err == nil {
			return strings.TrimRight(string(b), "\r\n"), nil
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return "", err
		}
	}
}
