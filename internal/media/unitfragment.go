package media

import "math"

// AppendUnitFragment appends a fragment (moof and mdat) that holds this one unit: how live pictures travel. Its decode time counts
// from origin, in ticks of the unit's track, so that a feed begins near zero; DecodeOrigin is added as in every fragment.
// duration is in the same ticks: how long until the next unit of the track, as far as that can be told.
func AppendUnitFragment(b []byte, sequence uint32, track Track, u Unit, origin int64, duration uint32, payload []byte) []byte {
	run := trackRun{id: u.Track, video: track.Codec.Video(), data: len(payload)}
	run.base = uint64(max(0, satAdd(satSub(u.DTS, origin), ticksOf(DecodeOrigin, max(track.Timescale, 1)))))
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
