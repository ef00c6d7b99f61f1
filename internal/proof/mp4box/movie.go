package mp4box

type trackDefaults struct {
	entry                 int
	duration, size, flags uint32
}

// sampleTables are the stbl boxes of one track, not yet resolved.
type sampleTables struct {
	stts, ctts, stsc, stsz, stz2, stco, co64, stss []byte
}

func (p *parser) movie(b []byte) error {
	defaults := map[uint32]trackDefaults{}
	err := children(b, func(kind string, content []byte) error {
		switch kind {
		case "trak":
			return p.track(content)
		case "mvex":
			return children(content, func(kind string, b []byte) error {
				if kind == "trex" && len(defaults) < maxTracks {
					c := cursor{b: b}
					c.versioned()
					id := c.u32()
					if _, ok := defaults[id]; ok {
						return faultf("track %d has two trex boxes", id)
					}
					defaults[id] = trackDefaults{int(c.u32()) - 1, c.u32(), c.u32(), c.u32()}
				}
				return nil
			})
		}
		return nil
	})
	for _, t := range p.file.Tracks {
		t.defaults = defaults[t.ID]
	}
	return err
}

func (p *parser) track(b []byte) error {
	t := &Track{}
	var tables sampleTables
	err := children(b, func(kind string, content []byte) error {
		switch kind {
		case "tkhd":
			c := cursor{b: content}
			v, _ := c.versioned()
			c.wide(v)
			c.wide(v)
			t.ID = c.u32()
		case "edts":
			t.EditList = true
		case "mdia":
			return t.media(content, &tables)
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case t.ID == 0 || p.file.Track(t.ID) != nil:
		return faultf("a track has no number of its own")
	case t.Timescale == 0:
		return faultf("track %d has no timescale", t.ID)
	case len(p.file.Tracks) >= maxTracks:
		return faultf("it has more than %d tracks", maxTracks)
	}
	p.file.Tracks = append(p.file.Tracks, t)
	return p.resolve(t, &tables)
}

func (t *Track) media(b []byte, tables *sampleTables) error {
	return children(b, func(kind string, content []byte) error {
		c := cursor{b: content}
		switch kind {
		case "mdhd":
			v, _ := c.versioned()
			c.wide(v)
			c.wide(v)
			t.Timescale = c.u32()
		case "hdlr":
			c.versioned()
			c.u32()
			t.Handler = string(c.take(4))
		case "minf":
			return children(content, func(kind string, b []byte) error {
				if kind != "stbl" {
					return nil
				}
				return t.tables(b, tables)
			})
		}
		return nil
	})
}

func (t *Track) tables(b []byte, tables *sampleTables) error {
	return children(b, func(kind string, content []byte) error {
		switch kind {
		case "stsd":
			return t.entries(content)
		case "stts":
			tables.stts = content
		case "ctts":
			tables.ctts = content
		case "stsc":
			tables.stsc = content
		case "stsz":
			tables.stsz = content
		case "stz2":
			tables.stz2 = content
		case "stco":
			tables.stco = content
		case "co64":
			tables.co64 = content
		case "stss":
			tables.stss = content
		}
		return nil
	})
}
