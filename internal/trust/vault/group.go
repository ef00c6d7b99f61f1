package vault

import (
	"cmp"
	"context"
	"slices"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// A group of pictures that is longer than a fragment has its beginning in fragments that are sealed already. When somebody
// begins to watch in its midst, the first reader fetches it from the spool, so that the recorder does nothing for it.

// completeTries bounds how often a group's beginning is looked for: the fragment that ended just now may be on its way to the spool.
const completeTries = 32

// complete puts the beginning before the tap's current group if it is missing, and offers the group to the feeds that wait for one. It
// reports whether it did.
func (v *Vault) complete(ctx context.Context, t *Tap) bool {
	run, first, room, ok := t.lacks()
	if !ok {
		return false
	}
	defer t.looked()
	units, err := v.groupBefore(ctx, t, run, first, room)
	if err != nil {
		return false
	}
	return t.prepend(run, first, units)
}

// lacks tells which unit of track 1 the group begins with if it lacks its beginning, and how many bytes may come before it. The caller
// is then the only one who looks for it, until looked.
func (t *Tap) lacks() (run custody.RunID, first uint64, room int, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.primed || t.whole || t.large || t.looking {
		return "", 0, 0, false
	}
	i := slices.IndexFunc(t.group, func(u LiveUnit) bool { return u.Track == 1 })
	if i < 0 {
		return "", 0, 0, false
	}
	if t.tries++; t.tries > completeTries {
		t.group, t.bytes, t.large = nil, 0, true
		return "", 0, 0, false
	}
	t.looking = true
	return t.run.Run, t.group[i].Seq, groupBytes - t.bytes, true
}

func (t *Tap) looked() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.looking = false
}

// prepend puts units before the group unless another has begun meanwhile.
func (t *Tap) prepend(run custody.RunID, first uint64, units []LiveUnit) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	i := slices.IndexFunc(t.group, func(u LiveUnit) bool { return u.Track == 1 })
	if !t.primed || t.whole || t.large || t.run.Run != run || i < 0 || t.group[i].Seq != first {
		return false
	}
	t.group, t.whole = append(units, t.group...), true
	for _, u := range units {
		t.bytes += len(u.Payload)
	}
	for f := range t.feeds {
		if f.seeks && !f.begun {
			t.replay(f)
		}
	}
	return true
}

// groupBefore reads a run's units from the last random access unit before the unit of track 1 with that number up to it. NotFound if
// they do not lie in the spool without a hole, or take more than room bytes.
func (v *Vault) groupBefore(ctx context.Context, t *Tap, run custody.RunID, first uint64, room int) ([]LiveUnit, error) {
	segments := slices.DeleteFunc(v.spooledOf(t.camera, t.stream), func(s *spooled) bool { return s.head.Run.Run != run })
	slices.SortFunc(segments, func(a, b *spooled) int { return cmp.Compare(b.head.Number, a.head.Number) })
	var units []LiveUnit
	for _, s := range segments {
		infos := s.fragments()
		src := &source{id: s.id, camera: t.camera, box: s.box, infos: infos, live: s}
		for i := len(infos) - 1; i >= 0; i-- {
			if room -= int(infos[i].Length); room < 0 {
				return nil, noGroup()
			}
			earlier, err := v.liveUnits(ctx, src, &s.head, i)
			if err != nil {
				return nil, err
			}
			if next, ok := lastOf(earlier); ok && next != first {
				return nil, noGroup()
			}
			units = append(earlier, units...)
			if n := lastBeginning(units); n >= 0 {
				return units[n:], nil
			}
			if n := slices.IndexFunc(units, func(u LiveUnit) bool { return u.Track == 1 }); n >= 0 {
				first = units[n].Seq
			}
		}
	}
	return nil, noGroup()
}

func noGroup() error {
	return custody.Errorf(custody.NotFound, "the beginning of the current pictures does not lie in the spool")
}

// lastOf is the number of the unit of track 1 that follows; false if there is no unit of track 1.
func lastOf(units []LiveUnit) (next uint64, ok bool) {
	for _, u := range units {
		if u.Track == 1 {
			next, ok = u.Seq+1, true
		}
	}
	return next, ok
}

func lastBeginning(units []LiveUnit) int {
	for i := len(units) - 1; i >= 0; i-- {
		if begins(units[i].Unit) {
			return i
		}
	}
	return -1
}

// liveUnits are the units of fragment i in the order of their receipt.
func (v *Vault) liveUnits(ctx context.Context, s *source, h *headRecord, i int) ([]LiveUnit, error) {
	b, err := v.fragment(ctx, s, s.infos[i])
	if err != nil {
		return nil, err
	}
	tables, err := v.units(ctx, s, s.infos[i:i+1])
	if err != nil {
		return nil, err
	}
	data, err := mediaData(b)
	if err != nil {
		return nil, err
	}
	units := make([]LiveUnit, 0, len(tables[0].Units))
	for _, u := range tables[0].Units {
		if int64(u.Size) > int64(len(data)) || u.Track == 0 || int(u.Track) > len(h.Run.Tracks) {
			return nil, custody.Errorf(custody.Corrupt, "segment %s: fragment %d does not hold its units", s.id, i)
		}
		wall := media.TrackWall(s.infos[i], h.timescale(), h.Run.Tracks[u.Track-1].Timescale, u.PTS)
		units = append(units, LiveUnit{Unit: u, Wall: wall, Payload: data[:u.Size:u.Size]})
		data = data[u.Size:]
	}
	slices.SortStableFunc(units, func(a, b LiveUnit) int { return cmp.Compare(a.Receipt, b.Receipt) })
	return units, nil
}
