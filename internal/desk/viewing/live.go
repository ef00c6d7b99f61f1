package viewing

import (
	"context"
)

// Message is one WebSocket message of a live feed.
type Message struct {
	Text bool // JSON; otherwise binary
	Data []byte
}

// LiveFeed is a camera's live pictures as messages for a browser. One goroutine at a time, but Close may be called by anyone.
type LiveFeed interface {
	// Next waits for what is to be sent next and returns it in order; never empty. Every call asks the Grant and the lease of the
	// minute again. Errors: Denied when the viewing is over or the decision is no longer good, Unavailable when the
	// camera is not being recorded or the diary cannot be written, or ctx's. After an error the feed is over: say why, then close.
	Next(ctx context.Context) ([]Message, error)
	Close()
}
