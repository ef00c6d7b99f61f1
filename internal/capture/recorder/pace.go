package recorder

import (
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// A run costs a file with its fsyncs, an object, rows and log entries for ever, and a camera decides when one
// begins: by connecting, by new parameter sets, by a leap of its RTP time. Cameras that are well begin a few a
// day; one on a bad line begins six a minute, which is what ingest's patience allows. These bounds leave both alone.
const (
	runBurst  = 60              // runs that may begin at once
	runEvery  = 6 * time.Second // and then one in so long: 600 an hour
	runRest   = 10              // once they are spent, recording waits for so many
	runHeader = 16 << 10        // bytes of a run's header that cost as much as another run
	maxLeap   = 3 * time.Second // that a unit may be placed further ahead of its receipt than the one before it
	catchUp   = 1 * time.Second // by which the station's time must have passed what is recorded before recording goes on
	maxHeader = 512 << 10       // bytes of a run's header: 64 KiB of session description, escaped, and the parameter sets
)

const (
	tooOften = "the stream begins anew too often: its pictures are given up until it calms"
	tooFast  = "the camera's pictures ran ahead of the clock: they are given up until it has caught up"
)

// pace counts what a stream's runs cost. full is when everything will have been earned back.
type pace struct {
	full    custody.Instant
	resting bool
}

// rests reports whether nothing may begin yet.
func (p *pace) rests(now custody.Instant) bool {
	if p.resting && p.full.Sub(now) <= (runBurst-runRest)*runEvery {
		p.resting = false
	}
	return p.resting
}

// spend takes the price of a run whose header has that many bytes; false if it cannot be paid.
func (p *pace) spend(header int, now custody.Instant) bool {
	price := runEvery * time.Duration(1+header/runHeader)
	full := max(p.full, now).Add(price)
	if full.Sub(now) > runBurst*runEvery {
		p.resting = true
		return false
	}
	p.full = full
	return true
}

// mayBegin reports whether a run may begin with a unit received now.
func (s *Stream) mayBegin(now custody.Instant) bool {
	if s.end.Sub(now) > media.MaxClockError {
		s.ahead = true
	}
	if s.ahead && s.end.Sub(now) > -catchUp {
		s.giveUp(now, media.GapDiscontinuity, tooFast)
		return false
	}
	s.ahead = false
	if s.unfit {
		s.giveUp(now, media.GapNoParams, "")
		return false
	}
	if s.pace.rests(now) {
		s.giveUp(now, media.GapDiscontinuity, tooOften)
		return false
	}
	return true
}

// giveUp counts a unit that is not recorded, and says once why.
func (s *Stream) giveUp(now custody.Instant, cause media.GapCause, detail string) {
	s.stats.givenUp()
	if s.told == cause {
		return
	}
	s.told = cause
	s.r.Log.Warn("pictures are given up", "stream", s.id, "cause", cause, "detail", detail)
	s.note(now, cause, detail)
}

// leaps reports that a placed unit does not continue the run: its RTP time has leapt ahead of the station's, at once or by
// and by. The Timeline compares neighbours only, so a camera could otherwise lead the record into the future.
func (s *Stream) leaps(u media.Unit) bool {
	lead := s.builder.Lead(u)
	leapt := lead > media.MaxClockError || lead-max(0, s.lead) > maxLeap
	s.lead = lead
	return leapt
}
