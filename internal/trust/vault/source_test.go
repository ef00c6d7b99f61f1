package vault

import (
	"testing"

	"github.com/footage-custody/custody/internal/custody"
)

func TestOpenedSegmentsAreBounded(t *testing.T) {
	o := newOpenedSegments()
	var ids []custody.SegmentID
	for range openedMax + 1 {
		id := custody.NewSegmentID()
		ids = append(ids, id)
		o.keep(&source{id: id}, 0)
		o.get(ids[0]) // the first stays in use
	}
	if len(o.byID) != openedMax || o.order.Len() != openedMax {
		t.Fatal("kept", len(o.byID), o.order.Len())
	}
	if o.get(ids[0]) == nil || o.get(ids[1]) != nil {
		t.Fatal("not the least recently used was dropped")
	}
	o.keep(&source{id: ids[0], size: 5}, 0)
	if o.get(ids[0]).size != 5 || len(o.byID) != openedMax {
		t.Fatal("putting again does not replace")
	}
}
