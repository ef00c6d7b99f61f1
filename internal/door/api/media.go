package api

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/viewing"
	"github.com/footage-custody/custody/internal/door/gate"
	"github.com/footage-custody/custody/internal/media"
)

const (
	typeMP4      = "video/mp4"
	typeJPEG     = "image/jpeg"
	typePlaylist = "application/vnd.apple.mpegurl"
	typeText     = "text/plain; charset=utf-8"
)

// part names what of a viewing a path means.
type part struct {
	gate.Pass
	viewing custody.ViewingID
	camera  custody.CameraID
	segment custody.SegmentID
}

// partOf reads the path. What is malformed does not exist.
func partOf(r *http.Request) (part, error) {
	segment, _ := strings.CutSuffix(r.PathValue("segment"), ".mp4")
	p := part{gate.PassOf(r.Context()), custody.ViewingID(r.PathValue("viewing")), custody.CameraID(r.PathValue("camera")), custody.SegmentID(segment)}
	good := custody.ValidID("viw_", string(p.viewing)) && custody.ValidID("cam_", string(p.camera)) && (segment == "" || custody.ValidID("seg_", segment))
	if !good {
		return part{}, custody.Errorf(custody.NotFound, "there is nothing here")
	}
	return p, nil
}

func (s rooms) playlist(w http.ResponseWriter, r *http.Request) error {
	p, err := partOf(r)
	if err != nil {
		return err
	}
	span, stream, err := windowOf(r.URL.Query())
	if err != nil {
		return err
	}
	text, err := s.Viewing.Playlist(r.Context(), p.Actor, p.viewing, viewing.Request{Camera: p.camera, Stream: stream, Span: span})
	return send(w, typePlaylist, text, err)
}

func (s rooms) initSection(w http.ResponseWriter, r *http.Request) error {
	p, err := partOf(r)
	if err != nil {
		return err
	}
	b, err := s.Viewing.Init(r.Context(), p.Actor, p.viewing, p.camera, p.segment)
	return send(w, typeMP4, b, err)
}

func (s rooms) media(w http.ResponseWriter, r *http.Request) error {
	p, err := partOf(r)
	if err != nil {
		return err
	}
	name := r.PathValue("range")
	if as := r.URL.Query().Get("as"); as == "h264" {
		made, err := s.Viewing.Transcoded(r.Context(), p.Actor, p.viewing, p.camera, p.segment, name)
		if err != nil {
			return err
		}
		defer made.Close()
		w.Header().Set("X-Rendition", "transcoded")
		return sendClip(w, r, made)
	} else if as != "" {
		return custody.Errorf(custody.Invalid, "as must be h264, or absent for the bytes as they were recorded")
	}
	c, err := s.Viewing.Media(r.Context(), p.Actor, p.viewing, p.camera, p.segment, name)
	if err != nil {
		return err
	}
	defer c.Close()
	return sendClip(w, r, c)
}

func (s rooms) still(w http.ResponseWriter, r *http.Request) error {
	p, err := partOf(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	at, err := micros(q, "at_us")
	if err != nil {
		return err
	}
	width, err := number(q, "width", 0, 0, 4096)
	if err != nil {
		return err
	}
	picture, err := s.Viewing.Still(r.Context(), p.Actor, p.viewing, p.camera, at, int(width))
	return sendPicture(w, picture, err)
}

func (s rooms) thumb(w http.ResponseWriter, r *http.Request) error {
	p, err := partOf(r)
	if err != nil {
		return err
	}
	at, err := micros(r.URL.Query(), "at_us")
	if err != nil {
		return err
	}
	picture, err := s.Viewing.Thumb(r.Context(), p.Actor, p.viewing, p.camera, at)
	return sendPicture(w, picture, err)
}

// live sends what happens now until the viewing ends, then says why.
func (s rooms) live(ctx context.Context, r *http.Request, socket *gate.Socket) error {
	p, err := partOf(r)
	if err != nil {
		return farewell(ctx, socket, err)
	}
	stream, err := streamOf(r.URL.Query())
	if err != nil {
		return farewell(ctx, socket, err)
	}
	feed, err := s.Viewing.Live(ctx, p.Actor, p.viewing, p.camera, stream)
	if err != nil {
		return farewell(ctx, socket, err)
	}
	defer feed.Close()
	for {
		messages, err := feed.Next(ctx)
		if err != nil {
			return farewell(ctx, socket, err)
		}
		for _, m := range messages {
			if err := feed.Stands(m); err != nil {
				return farewell(ctx, socket, err)
			}
			if err := speak(ctx, socket, m); err != nil {
				return err
			}
		}
	}
}

func speak(ctx context.Context, socket *gate.Socket, m viewing.Message) error {
	if m.Text {
		return socket.Text(ctx, m.Data)
	}
	return socket.Binary(ctx, m.Data)
}

// farewell tells the page why the pictures end; the gate closes the socket by the error.
func farewell(ctx context.Context, socket *gate.Socket, why error) error {
	if ctx.Err() != nil {
		return why // the client has gone, or the gate ended the session and says so itself
	}
	p := gate.NewProblem("", why)
	end, err := json.Marshal(struct {
		Type   string `json:"type"`
		Status int    `json:"status"`
		Detail string `json:"detail"`
	}{"end", p.Status, p.Detail})
	if err == nil {
		err = socket.Text(ctx, end)
	}
	if err != nil {
		return fmt.Errorf("%w (and the end could not be told: %w)", why, err)
	}
	return why
}

// send answers with b unless err.
func send(w http.ResponseWriter, contentType string, b []byte, err error) error {
	if err != nil {
		return err
	}
	headers(w, contentType, int64(len(b)))
	_, err = w.Write(b)
	return err
}

func headers(w http.ResponseWriter, contentType string, size int64) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.FormatInt(size, 10))
	h.Set("Cache-Control", "private, no-store")
}

func sendPicture(w http.ResponseWriter, p viewing.Picture, err error) error {
	if err == nil {
		w.Header().Set("X-Frame-Time", p.At.String())
	}
	return send(w, typeJPEG, p.JPEG, err)
}

// clip is media to be sent; *viewing.Clip and *viewing.Rendition are.
type clip interface {
	io.Seeker
	Size() int64
	// Next returns the bytes that follow, at most so many, in place: good until the next call.
	Next(n int) ([]byte, error)
}

// sendClip answers with the clip, or with the one range of it that is asked for (RFC 9110 §14).
func sendClip(w http.ResponseWriter, r *http.Request, clip clip) error {
	size := clip.Size()
	first, last, partial, err := rangeOf(r.Header.Values("Range"), size)
	if err != nil {
		return outside(r, size, err)
	}
	if _, err := clip.Seek(first, io.SeekStart); err != nil {
		return err
	}
	left := last - first + 1
	// The first bytes are fetched before the status is sent, so that a refusal is an answer and not a torn one.
	next, err := clip.Next(int(min(left, math.MaxInt)))
	if err != nil {
		return err
	}
	w.Header().Set("Accept-Ranges", "bytes")
	headers(w, typeMP4, left)
	if partial {
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", first, last, size))
		w.WriteHeader(http.StatusPartialContent)
	}
	for {
		if _, err := w.Write(next); err != nil {
			return err
		}
		if left -= int64(len(next)); left == 0 {
			return nil
		}
		if next, err = clip.Next(int(min(left, math.MaxInt))); err != nil {
			return err
		}
	}
}

// rangeOf reads a Range header of one range. A header that is not understood, or asks for several, is as none (RFC 9110 §14.2); one that
// lies outside is 416.
func rangeOf(header []string, size int64) (first, last int64, partial bool, err error) {
	whole := size - 1
	if len(header) != 1 || len(header[0]) > 64 {
		return 0, whole, false, nil
	}
	spec, ok := strings.CutPrefix(header[0], "bytes=")
	from, to, dash := strings.Cut(spec, "-")
	if !ok || !dash || strings.Contains(spec, ",") || (from == "" && to == "") {
		return 0, whole, false, nil
	}
	if from == "" { // the last n bytes
		n, ok := digits(to)
		if !ok {
			return 0, whole, false, nil
		}
		return checked(max(size-n, 0), whole, size, n > 0)
	}
	first, ok = digits(from)
	last, okTo := digits(to)
	if to == "" {
		last, okTo = whole, true
	}
	if !ok || !okTo || (to != "" && last < first) {
		return 0, whole, false, nil
	}
	return checked(first, min(last, whole), size, first < size)
}

func checked(first, last, size int64, satisfiable bool) (int64, int64, bool, error) {
	if satisfiable && size > 0 {
		return first, last, true, nil
	}
	return 0, 0, false, custody.Errorf(custody.Invalid, "the range lies outside the %d bytes that there are", size)
}

// outside is the answer to a range that lies outside: 416 with the true size.
func outside(r *http.Request, size int64, err error) error {
	p := gate.NewProblem(gate.RequestID(r.Context()), err)
	p.Status, p.Title = http.StatusRequestedRangeNotSatisfiable, http.StatusText(http.StatusRequestedRangeNotSatisfiable)
	p.GetHeaders().Set("Content-Range", fmt.Sprintf("bytes */%d", size))
	return p
}

// digits reads a decimal number of at most 18 digits and nothing else.
func digits(s string) (int64, bool) {
	if s == "" || len(s) > 18 || strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' }) {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}

// windowOf reads from_us, to_us and stream.
func windowOf(q url.Values) (custody.Span, media.StreamRole, error) {
	from, err := micros(q, "from_us")
	if err != nil {
		return custody.Span{}, "", err
	}
	to, err := micros(q, "to_us")
	if err != nil {
		return custody.Span{}, "", err
	}
	if to <= from {
		return custody.Span{}, "", custody.Errorf(custody.Invalid, "to_us must be after from_us")
	}
	stream, err := streamOf(q)
	return custody.Span{Start: from, End: to}, stream, err
}
