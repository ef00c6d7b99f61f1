package mp4box

// Flags of tfhd and trun (ISO/IEC 14496-12 8.8.7, 8.8.8).
const (
	tfhdBaseOffset, tfhdEntry, tfhdDuration, tfhdSize, tfhdFlags = 0x01, 0x02, 0x08, 0x10, 0x20
	tfhdMoofBase                                                 = 0x020000

	trunDataOffset, trunFirstFlags, trunDuration, trunSize, trunFlags, trunComposition = 0x01, 0x04, 0x100, 0x200, 0x400, 0x800
)

// fragment reads a moof box that begins at an offset of the file.
func (p *parser) fragment(b []byte, at int64) error {
	return children(b, func(kind string, content []byte) error {
		if kind != "traf" {
			return nil
		}
		return p.trackFragment(content, at)
	})
}

// run is the state of one traf.
type run struct {
	track    *Track
	defaults trackDefaults
	base     int64 // what data offsets count from
	at       int64 // where the next sample lies unless a trun says
	begun    bool  // a trun was read
}

func (p *parser) trackFragment(b []byte, moof int64) error {
	var r run
	return children(b, func(kind string, content []byte) error {
		c := cursor{b: content}
		if kind != "tfhd" && r.track == nil {
			return faultf("a track fragment does not begin with its header")
		}
		switch kind {
		case "tfhd":
			var err error
			r, err = p.runHeader(&c, moof)
			return err
		case "tfdt":
			v, _ := c.versioned()
			t := c.wide(v)
			if r.begun {
				return faultf("a decode time of track %d stands behind the samples that it is of", r.track.ID)
			}
			if c.short || t > maxTime || int64(t) < r.track.next-int64(r.track.lastDuration()) {
				return faultf("a decode time of track %d goes back or is out of range", r.track.ID)
			}
			r.track.next = int64(t)
		case "trun":
			r.begun = true
			return p.trackRun(&c, &r)
		}
		return nil
	})
}

// lastDuration is how much of the last sample's duration the next fragment's decode time may take back: a sample's duration may
// have been an estimate, but its decode time was not.
func (t *Track) lastDuration() uint32 {
	if n := len(t.Samples); n > 0 {
		return t.Samples[n-1].Duration
	}
	return 0
}

func (p *parser) runHeader(c *cursor, moof int64) (run, error) {
	_, flags := c.versioned()
	id := c.u32()
	t := p.file.Track(id)
	if t == nil {
		return run{}, faultf("a fragment belongs to no track")
	}
	r := run{track: t, defaults: t.defaults, base: moof}
	if flags&tfhdBaseOffset != 0 {
		r.base = int64(c.u64() & (1<<62 - 1))
	} else if flags&tfhdMoofBase == 0 {
		return run{}, faultf("a fragment's data are not placed relative to the fragment")
	}
	for _, f := range [...]struct {
		flag uint32
		set  func(uint32)
	}{
		{tfhdEntry, func(v uint32) { r.defaults.entry = int(v) - 1 }},
		{tfhdDuration, func(v uint32) { r.defaults.duration = v }},
		{tfhdSize, func(v uint32) { r.defaults.size = v }},
		{tfhdFlags, func(v uint32) { r.defaults.flags = v }},
	} {
		if flags&f.flag != 0 {
			f.set(c.u32())
		}
	}
	if c.short {
		return run{}, faultf("a fragment's header ends early")
	}
	r.at = r.base
	return r, nil
}

func (p *parser) trackRun(c *cursor, r *run) error {
	_, flags := c.versioned()
	count := int64(c.u32())
	if flags&trunDataOffset != 0 {
		r.at = r.base + int64(int32(c.u32()))
	}
	first := r.defaults.flags
	if flags&trunFirstFlags != 0 {
		first = c.u32()
	}
	width := 0
	for _, f := range [...]uint32{trunDuration, trunSize, trunFlags, trunComposition} {
		if flags&f != 0 {
			width += 4
		}
	}
	if c.short || count*int64(width) > int64(len(c.b)) || width == 0 && r.defaults.size == 0 && count > 0 {
		return faultf("a run of samples is shorter than it says")
	}
	for i := range count {
		s := Sample{Offset: r.at, Size: r.defaults.size, Duration: r.defaults.duration, Flags: r.defaults.flags, DTS: r.track.next, Entry: r.defaults.entry}
		if i == 0 {
			s.Flags = first
		}
		for _, f := range [...]struct {
			flag uint32
			to   *uint32
		}{{trunDuration, &s.Duration}, {trunSize, &s.Size}, {trunFlags, &s.Flags}} {
			if flags&f.flag != 0 {
				*f.to = c.u32()
			}
		}
		if flags&trunComposition != 0 {
			s.CTS = int32(c.u32())
		}
		if err := p.add(r.track, s); err != nil {
			return err
		}
		r.at += int64(s.Size)
	}
	return nil
}
