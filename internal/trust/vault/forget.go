package vault

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Tombstone is what is left of a segment that was disposed of.
type Tombstone struct {
	Camera custody.CameraID
	At     custody.Instant // when its key was destroyed
	Days   int             // of the rule that it was disposed of under
}

// Tombs tells what became of a segment without a key; a Catalog that keeps tombstones is one too.
type Tombs interface {
	// Tombstone is NotFound if the segment was not disposed of.
	Tombstone(ctx context.Context, id custody.SegmentID) (Tombstone, error)
}

// disposedError says to who may know of the camera's footage that there was some.
type disposedError struct {
	camera custody.CameraID
	at     custody.Instant
	days   int
}

// Error implements error.
func (d *disposedError) Error() string {
	return fmt.Sprintf("disposed of on %s under the %d-day rule", d.at.Time().Format(time.DateOnly), d.days)
}

func (d *disposedError) err(id custody.SegmentID) error {
	return custody.Errorf(custody.NotFound, "the footage of segment %s was %s", id, d)
}

// disposed is the error about a segment that has no key, or whose key is being destroyed.
func (v *Vault) disposed(ctx context.Context, id custody.SegmentID) error {
	none := custody.Errorf(custody.NotFound, "the key of segment %s was destroyed", id)
	tombs, ok := v.catalog.(Tombs)
	if !ok {
		return none
	}
	t, err := tombs.Tombstone(ctx, id)
	switch {
	case custody.KindOf(err) == custody.NotFound:
		return none
	case err != nil:
		return err
	}
	return custody.Wrap(custody.NotFound, &disposedError{t.Camera, t.At, t.Days}, "the key of segment %s was destroyed", id)
}

// Forget asks the Grant (of access.FootageDispose) about every segment's whole span and forgets what this process keeps of them: opened keys and
// kept pictures. From then on none of them is opened for anybody, until settle is called: once their keys are destroyed, or stay. It
// touches no object and no row. After an error nothing was forgotten and there is nothing to settle.
//
// Errors: Denied, NotFound (there is no such segment, or it is another camera's), Conflict (it is still in the spool), Unavailable.
func (v *Vault) Forget(ctx context.Context, g access.Grant, camera custody.CameraID, segments []custody.SegmentID) (settle func(), err error) {
	if err := g.Allows(access.FootageDispose); err != nil {
		return nil, err
	}
	for _, id := range segments {
		if v.spooledSegment(id) != nil {
			return nil, custody.Errorf(custody.Conflict, "segment %s is still in the spool: it is disposed of later", id)
		}
		row, err := v.catalog.Segment(ctx, id)
		if err == nil && row.Camera != camera {
			err = custody.Errorf(custody.NotFound, "there is no segment %s", id)
		}
		if err == nil {
			err = g.Permits(access.FootageDispose, camera, row.Span, v.clock.Now())
		}
		if err != nil {
			return nil, err
		}
	}
	v.opened.doom(segments)
	v.thumbs.forget(segments)
	return sync.OnceFunc(func() { v.opened.settle(segments) }), nil
}

// doom drops the segments and keeps them from being opened.
func (o *openedSegments) doom(segments []custody.SegmentID) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.passed++
	for _, id := range segments {
		o.doomed[id]++
		if e := o.byID[id]; e != nil {
			o.order.Remove(e)
			delete(o.byID, id)
		}
	}
}

// settle lets them be opened again, if their rows still have a key.
func (o *openedSegments) settle(segments []custody.SegmentID) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.passed++
	for _, id := range segments {
		if o.doomed[id]--; o.doomed[id] <= 0 {
			delete(o.doomed, id)
		}
	}
}
