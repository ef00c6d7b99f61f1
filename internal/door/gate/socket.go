package gate

import (
	"context"
	"net/http"

	"github.com/coder/websocket"
	"github.com/gin-gonic/gin"
)

// Socket is one open WebSocket. Its writes may come from several goroutines; each is bounded in time.
type Socket struct {
	conn *websocket.Conn
	door *Door
}

// Text sends one text message; it fails when the client has gone, takes it too slowly or the session is over.
func (s *Socket) Text(ctx context.Context, message []byte) error {
	return s.write(ctx, websocket.MessageText, message)
}

// Binary is Text for a binary message.
func (s *Socket) Binary(ctx context.Context, message []byte) error {
	return s.write(ctx, websocket.MessageBinary, message)
}

func (s *Socket) write(ctx context.Context, kind websocket.MessageType, message []byte) error {
	ctx, cancel := context.WithTimeout(ctx, s.door.limits.SocketWrite)
	defer cancel()
	return s.conn.Write(ctx, kind, message)
}

func (d *Door) socket(h func(ctx context.Context, r *http.Request, s *Socket) error) gin.HandlerFunc {
	return func(c *gin.Context) {
		conn, err := websocket.Accept(c.Writer, c.Request, &websocket.AcceptOptions{InsecureSkipVerify: true, CompressionMode: websocket.CompressionDisabled})
		if err != nil {
			return
		}
		defer conn.CloseNow()
		_ = h(c.Request.Context(), c.Request, &Socket{conn: conn, door: d})
	}
}
