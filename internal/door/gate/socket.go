package gate

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"
	"github.com/gin-gonic/gin"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/identity"
)

// Close codes of our own (RFC 6455, section 7.4.2): they say what the status of a problem would.
const (
	closeSignIn   websocket.StatusCode = 4401
	closeDenied   websocket.StatusCode = 4403
	closeNotFound websocket.StatusCode = 4404
	closeTooMany  websocket.StatusCode = 4429
)

// maxMessage bounds a message from a client, in bytes.
const maxMessage = 4 << 10

// Socket is one open WebSocket. It is safe for concurrent use; messages go out one at a time, each within Limits.SocketWrite.
type Socket struct {
	conn  *websocket.Conn
	life  context.Context // ends farewell after the session: whatever is stuck then is cut off
	write time.Duration
	inbox chan []byte
}

// Text sends one text message. It fails when the client is gone or too slow, or ctx has ended.
func (s *Socket) Text(ctx context.Context, message []byte) error {
	return s.send(ctx, websocket.MessageText, message)
}

// Binary sends one binary message.
func (s *Socket) Binary(ctx context.Context, message []byte) error {
	return s.send(ctx, websocket.MessageBinary, message)
}

// send does not hand ctx to the library, which would cut the connection when it ends: the client would not learn why.
func (s *Socket) send(ctx context.Context, kind websocket.MessageType, message []byte) error {
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	bounded, cancel := context.WithTimeout(s.life, s.write)
	defer cancel()
	return s.conn.Write(bounded, kind, message)
}

// Inbox yields the text messages of the client, each of at most 4 KiB; while two wait, further ones are dropped. It is closed
// when the client is gone.
func (s *Socket) Inbox() <-chan []byte { return s.inbox }

type tokenKey struct{}

var (
	errGone = errors.New("the client is gone")     // ends a socket that nobody listens to
	errOver = errors.New("the handler is content") // ends a socket as it should
)

// farewell is how long a client may take to answer the close frame, and anything stuck to get loose.
const farewell = time.Second

// socket is the handler of a WebSocket's line.
func (d *Door) socket(l *line, h func(ctx context.Context, r *http.Request, s *Socket) error) gin.HandlerFunc {
	return raw(func(w http.ResponseWriter, r *http.Request) error {
		v := visitOf(r.Context())
		if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
			return refuse(http.StatusUpgradeRequired, custody.Invalid, "this address speaks WebSocket only").with("Upgrade", "websocket")
		}
		if d.sockets.enter(v.address) != welcome {
			return custody.Errorf(custody.Exhausted, "too many live pictures are open: close one of them")
		}
		defer d.sockets.leave(v.address)
		// guard has compared Origin with the canonical one, which is stricter than the library's own rule.
		conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true, CompressionMode: websocket.CompressionDisabled})
		if err != nil {
			v.note(err)
			return nil
		}
		d.requests.leave(v.address) // from now on it counts among sockets only
		defer d.requests.rejoin(v.address)
		v.note(d.attend(l, r, conn, h))
		return nil
	})
}

// attend runs h beside its watchers until all have returned, and tells what ended the socket if that is worth a note. h's
// context ends with the session, the client or the server; the socket is closed then whether h notices or not.
func (d *Door) attend(l *line, r *http.Request, conn *websocket.Conn, h func(ctx context.Context, r *http.Request, s *Socket) error) error {
	life, cut := context.WithCancel(context.WithoutCancel(r.Context()))
	defer cut()
	ctx, end := context.WithCancelCause(r.Context())
	defer context.AfterFunc(d.closing, func() { end(custody.Errorf(custody.Unavailable, "the server is stopping: come back in a moment")) })()
	conn.SetReadLimit(maxMessage)
	s := &Socket{conn: conn, life: life, write: d.limits.SocketWrite, inbox: make(chan []byte, 2)}
	var watchers sync.WaitGroup
	defer watchers.Wait()
	watchers.Go(func() { end(d.recheck(ctx, l, r)) })
	watchers.Go(func() { end(s.ping(ctx, d.limits.Ping)) })
	watchers.Go(func() { end(s.read()) })
	watchers.Go(func() {
		<-ctx.Done()
		late := time.AfterFunc(farewell, func() { discard(r); cut() })
		defer late.Stop()
		s.close(context.Cause(ctx))
	})
	end(d.handled(ctx, r, s, h))
	if cause := context.Cause(ctx); !errors.Is(cause, errGone) && !errors.Is(cause, errOver) {
		return cause
	}
	return nil
}

// handled runs h. Its panic becomes an error, so that the watchers are not left behind.
func (d *Door) handled(ctx context.Context, r *http.Request, s *Socket, h func(ctx context.Context, r *http.Request, s *Socket) error) (err error) {
	defer func() {
		if thrown := recover(); thrown != nil {
			err = thrownError(thrown)
		}
	}()
	if err := h(ctx, r.WithContext(ctx), s); err != nil {
		return err
	}
	return errOver
}

// recheck looks at the session's row again and again, and returns why it is over. The token is renewed on the way.
func (d *Door) recheck(ctx context.Context, l *line, r *http.Request) error {
	token, _ := r.Context().Value(tokenKey{}).(identity.Secret)
	tick := time.NewTicker(d.limits.Recheck)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		bounded, cancel := context.WithTimeout(ctx, d.limits.Recheck*3/4)
		who, err := d.identity.Authenticate(bounded, token, visitOf(ctx).address)
		cancel()
		if err != nil {
			return notKnown(err)
		}
		if err := checkStage(who.Stage, l.Line); err != nil {
			return err
		}
		if who.Renewed != "" {
			token = who.Renewed
		}
	}
}

// ping finds out about clients that vanished without a word.
func (s *Socket) ping(ctx context.Context, every time.Duration) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		bounded, cancel := context.WithTimeout(s.life, s.write)
		err := s.conn.Ping(bounded)
		cancel()
		if err != nil {
			return errGone
		}
	}
}

// read takes what the client sends: the library answers its pings and closings while somebody reads.
func (s *Socket) read() error {
	defer close(s.inbox)
	for {
		kind, message, err := s.conn.Read(s.life)
		if err != nil {
			return errGone
		}
		if kind != websocket.MessageText {
			continue
		}
		select {
		case s.inbox <- message:
		default:
		}
	}
}

// close says why, in the words of the error, and waits for the client's own farewell for a short time only.
func (s *Socket) close(end error) {
	defer s.conn.CloseNow()
	if errors.Is(end, errGone) {
		return
	}
	code, words := closing(end)
	_ = s.conn.Close(code, words)
}

// closing maps an end to a close code and a reason of at most 123 bytes.
func closing(end error) (websocket.StatusCode, string) {
	if end == nil || errors.Is(end, errOver) {
		return websocket.StatusNormalClosure, ""
	}
	p := NewProblem("", end)
	code := websocket.StatusInternalError
	switch p.Status {
	case http.StatusUnauthorized:
		code = closeSignIn
	case http.StatusForbidden:
		code = closeDenied
	case http.StatusNotFound:
		code = closeNotFound
	case http.StatusTooManyRequests:
		code = closeTooMany
	case http.StatusServiceUnavailable:
		code = websocket.StatusTryAgainLater
	}
	return code, clip(p.Detail, 123)
}

// clip shortens a text to n bytes, between letters.
func clip(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}
