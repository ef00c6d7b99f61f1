package sitetest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// WatchRows looks at the cameras' rows as they appear and compares each with what the object store holds at that moment. The
// test ends with the verdict.
func (s *Stored) WatchRows(names ...string) {
	s.s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var streams []custody.StreamID
	for _, name := range names {
		_, id := s.Stream(name)
		streams = append(streams, id)
	}
	var watching sync.WaitGroup
	watching.Go(func() {
		seen := map[custody.SegmentID]bool{}
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for ctx.Err() == nil {
			for _, id := range streams {
				s.lookAtRows(ctx, id, seen)
			}
			<-tick.C
		}
	})
	s.s.t.Cleanup(func() { cancel(); watching.Wait() })
}

func (s *Stored) lookAtRows(ctx context.Context, stream custody.StreamID, seen map[custody.SegmentID]bool) {
	for row, err := range s.DB.Segments(ctx, stream, always()) {
		if err != nil {
			return // the database is busy or down, or the test is over
		}
		if seen[row.ID] {
			continue
		}
		seen[row.ID] = true
		if err := s.holds(ctx, row); err != nil && ctx.Err() == nil {
			s.s.t.Errorf("there is a row of %s, but %v", row.ID, err)
		}
	}
}

// holds reads the row's object.
func (s *Stored) holds(ctx context.Context, row media.SegmentRow) error {
	r, err := s.Objects.Open(ctx, string(row.ID))
	if err != nil {
		return err
	}
	defer r.Close()
	h := sha256.New()
	n, err := io.Copy(h, r)
	if err == nil && (n != row.ObjectSize || [32]byte(h.Sum(nil)) != row.ObjectDigest) {
		err = fmt.Errorf("its object holds other bytes, %d of %d", n, row.ObjectSize)
	}
	return err
}
