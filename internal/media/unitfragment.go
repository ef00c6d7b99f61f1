package media

import "math"

// AppendUnitFragment appends a fragment (moof and mdat) that holds this one unit: how live pictures travel. base is its decode time
// on the feed's own count, not below 0, and duration how long until the next unit of the track, as far as that can be told; both are
// in ticks of the track. Whatever base is, the picture is presented as long after its decode time as in the run.
func AppendUnitFragment(b []byte, sequence uint32, track Track, u Unit, base int64, duration uint32, payload []byte) []byte {
	run := trackRun{id: u.Track, video: track.Codec.Video(), data: len(payload), base: uint64(max(0, base))}
	flags := uint32(flagsNonSync)
	switch {
	case u.Flags&(RandomAccess|Open) == RandomAccess:
		flags = flagsSync
	case u.Flags&RandomAccess != 0:
		flags = flagsOpen
	}
	offset := int32(min(max(satSub(u.PTS, u.DTS), math.MinInt32), math.MaxInt32))
	run.samples = []sampleBox{{size: uint32(len(payload)), duration: duration, flags: flags, offset: offset}}
	runs := []trackRun{run}
	at := len(b)
	b = append(b, make([]byte, moofSize(runs)+mdatHeader)...)
	putMoof(b[at:], sequence, runs)
	return append(b, payload...)
}
