package mp4box

const maxEntriesPerTrack = 256

func (t *Track) entries(b []byte) error {
	c := cursor{b: b}
	c.versioned()
	c.u32() // the boxes count themselves
	if c.short {
		return faultf("a sample description ends early")
	}
	return children(c.b, func(kind string, content []byte) error {
		if len(t.Entries) >= maxEntriesPerTrack {
			return faultf("a track has more than %d sample entries", maxEntriesPerTrack)
		}
		e := Entry{Format: kind}
		var err error
		switch kind {
		case "avc1", "avc3", "hvc1", "hev1":
			err = e.visual(content)
		case "mp4a", "Opus":
			err = e.audible(content)
		}
		t.Entries = append(t.Entries, e)
		return err
	})
}

func (e *Entry) visual(b []byte) error {
	c := cursor{b: b}
	c.take(24)
	e.Width, e.Height = int(c.u16()), int(c.u16())
	c.take(50)
	if c.short {
		return faultf("a sample entry ends early")
	}
	return children(c.b, func(kind string, content []byte) error {
		if (kind == "avcC" || kind == "hvcC") && e.Config != nil {
			return faultf("a sample entry has two configurations")
		}
		switch kind {
		case "avcC":
			e.Config = content
			return e.avc(cursor{b: content})
		case "hvcC":
			e.Config = content
			return e.hevc(cursor{b: content})
		}
		return nil
	})
}

// avc reads an AVCDecoderConfigurationRecord (ISO/IEC 14496-15 5.3.3.1).
func (e *Entry) avc(c cursor) error {
	c.take(4)
	e.NALLength = int(c.u8()&3) + 1
	e.SPS = c.sets(int(c.u8() & 0x1f))
	e.PPS = c.sets(int(c.u8()))
	if c.short {
		return faultf("an AVC configuration ends early")
	}
	return nil
}

// hevc reads an HEVCDecoderConfigurationRecord (ISO/IEC 14496-15 8.3.3.1).
func (e *Entry) hevc(c cursor) error {
	c.take(21)
	e.NALLength = int(c.u8()&3) + 1
	for range c.u8() {
		kind := c.u8() & 0x3f
		sets := c.sets(int(c.u16()))
		switch kind {
		case 32:
			e.VPS = append(e.VPS, sets...)
		case 33:
			e.SPS = append(e.SPS, sets...)
		case 34:
			e.PPS = append(e.PPS, sets...)
		}
	}
	if c.short {
		return faultf("an HEVC configuration ends early")
	}
	return nil
}

// sets reads parameter sets, each after its length in 16 bits.
func (c *cursor) sets(n int) (sets [][]byte) {
	for range n {
		if s := c.take(int(c.u16())); !c.short {
			sets = append(sets, s)
		}
		if c.short {
			return nil
		}
	}
	return sets
}

func (e *Entry) audible(b []byte) error {
	c := cursor{b: b}
	c.take(8)
	version := c.u16()
	c.take(6)
	e.Channels = int(c.u16())
	c.take(6)
	e.SampleRate = int(c.u32() >> 16)
	switch version { // QuickTime's longer forms
	case 1:
		c.take(16)
	case 2:
		c.take(36)
	}
	if c.short {
		return faultf("a sample entry ends early")
	}
	configurations := 0
	return children(c.b, func(kind string, content []byte) error {
		if kind == "esds" || kind == "dOps" {
			if configurations++; configurations > 1 {
				return faultf("a sample entry has two configurations")
			}
		}
		switch kind {
		case "esds":
			e.Config = audioConfig(cursor{b: content})
		case "dOps":
			e.Config = content
		}
		return nil
	})
}

// audioConfig finds the AudioSpecificConfig in an esds box (ISO/IEC 14496-1 7.2.6).
func audioConfig(c cursor) []byte {
	c.versioned()
	for !c.short {
		tag := c.u8()
		n := 0
		for range 4 {
			v := c.u8()
			n = n<<7 | int(v&0x7f)
			if v&0x80 == 0 {
				break
			}
		}
		switch tag {
		case 3: // its content follows: id, then what the flags say
			c.u16()
			flags := c.u8()
			if flags&0x80 != 0 {
				c.u16()
			}
			if flags&0x40 != 0 {
				c.take(int(c.u8()))
			}
			if flags&0x20 != 0 {
				c.u16()
			}
		case 4:
			c.take(13)
		case 5:
			return c.take(n)
		default:
			c.take(n)
		}
	}
	return nil
}
