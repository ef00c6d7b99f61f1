package recorder

import (
	"context"
	"sync"
	"time"
)

// room says whether the spool may take more footage: its disk must keep MinFreeBytes free, and the spool must not
// outgrow MaxBytes.
type room struct {
	mu   sync.Mutex
	full string // why there is none; empty while there is
	free uint64
}

const (
	diskIsFull  = "the spool's disk is full"
	spoolIsFull = "the spool is at its limit (spool.max_bytes)"
)

func (m *room) watch(ctx context.Context, r *Recorder) {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			m.look(r)
		}
	}
}

// look asks once. Recording stops at a limit and begins again only a quarter of it away, so that it does not flutter.
func (m *room) look(r *Recorder) {
	free, err := r.Free()
	if err != nil {
		r.Log.Warn("the spool disk's free space is unknown", "error", err)
		return
	}
	used := r.Used()
	least, most := r.opts.MinFreeBytes, r.opts.MaxBytes
	m.mu.Lock()
	was := m.full
	if was != "" {
		least += least / 4
		most -= most / 4
	}
	now := ""
	switch {
	case free < least:
		now = diskIsFull
	case r.opts.MaxBytes != 0 && used > most:
		now = spoolIsFull
	}
	m.full, m.free = now, free
	m.mu.Unlock()
	switch {
	case now != "" && was == "":
		r.Alarms.Raise(AlarmStorageFull, "", now+": recording has stopped until there is room again")
	case now == "" && was != "":
		r.Alarms.Clear(AlarmStorageFull, "")
	}
}

// why is why nothing can be recorded; empty while there is room.
func (m *room) why() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.full
}
