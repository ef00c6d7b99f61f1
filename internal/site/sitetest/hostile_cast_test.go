package sitetest

import (
	"fmt"
	"math"
	"time"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/media"
)

// villain is one hostile camera: what it is, what it does again and again, and what its record may say.
type villain struct {
	name      string
	spec      simcam.CameraSpec
	every     time.Duration
	act       func(c *simcam.Camera, n int)
	transport string // tcp unless it says udp or rtsps
	password  string // given by the site; the user is always u
	causes    []media.GapCause
	recorded  bool // units of it must be stored
	short     bool // a segment of it must be cut short
	strict    bool // and be what the ledger says
}

func born(faults ...simcam.Fault) simcam.CameraSpec { return simcam.CameraSpec{Faults: faults} }

func doing(f ...simcam.Fault) func(*simcam.Camera, int) {
	return func(c *simcam.Camera, _ int) { c.Do(f...) }
}

// Causes that a session's end, a refusal and a broken stream leave.
var (
	ends     = []media.GapCause{media.GapClosed, media.GapUnreachable}
	refusals = []media.GapCause{media.GapRefused, media.GapUnreachable}
	breaks   = []media.GapCause{media.GapDiscontinuity}
	anything = []media.GapCause{media.GapRefused, media.GapClosed, media.GapSilent, media.GapUnreachable, media.GapDiscontinuity, media.GapNoParams}
)

// villains are one camera for every kind of hostility. noKeys is how long the keyless one withholds random access units.
func villains(trap string, noKeys time.Duration, flappers int) []villain {
	all := garbage()
	all = append(all, streams(noKeys)...)
	all = append(all, handshakes(trap)...)
	all = append(all, restless()...)
	all = append(all, otherRoads()...)
	for i := range flappers {
		r := villain{name: fmt.Sprintf("flapper%02d", i), causes: ends, every: 300 * time.Millisecond}
		switch i % 4 {
		case 0:
			r.spec, r.every = born(simcam.CloseAfter{After: 200 * time.Millisecond}), 0
		case 1:
			r.act = doing(simcam.Drop{})
		case 2:
			r.act = doing(simcam.Drop{Reset: true})
		case 3:
			r.every = 2 * time.Second
			r.act = doing(simcam.Drop{Reset: true, MidUnit: true})
		}
		all = append(all, r)
	}
	return all
}

func garbage() (all []villain) {
	for _, k := range []simcam.GarbageKind{simcam.GarbageRandom, simcam.GarbageFlood, simcam.GarbageInterleaved, simcam.GarbageRTCP,
		simcam.GarbageRTP, simcam.GarbageBadRTP, simcam.GarbageLength, simcam.GarbageChannel, simcam.GarbageHeaders} {
		all = append(all, villain{name: "garbage-" + string(k), every: time.Second, causes: anything, recorded: true,
			act: func(c *simcam.Camera, n int) { c.Do(simcam.Garbage{Kind: k, Bytes: 1 << (10 + n%12), Seed: uint64(n)}) }})
	}
	return append(all, villain{name: "flood-without-end", every: 200 * time.Millisecond, causes: anything,
		act: doing(simcam.Garbage{Kind: simcam.GarbageFlood, Bytes: 4 << 20})})
}

func streams(noKeys time.Duration) []villain {
	wrap := uint32(math.MaxUint32 - 90000*5)
	early, late := uint64(0), uint64(math.MaxUint64)
	forth := func(ticks int64) func(*simcam.Camera, int) {
		return func(c *simcam.Camera, n int) { c.Do(simcam.JumpRTP{Ticks: ticks * int64(1-2*(n%2))}) }
	}
	return []villain{
		{name: "endless", spec: born(simcam.EndlessFragment{Bytes: 60_000}), causes: anything},
		{name: "huge-nal", every: 2 * time.Second, act: doing(simcam.HugeNAL{Bytes: 12 << 20}), causes: anything, recorded: true},
		{name: "no-keyframe", spec: born(simcam.NoKeyframe{For: noKeys}), recorded: true, short: noKeys > media.SegmentMaxTime},
		{name: "long-gop", spec: simcam.CameraSpec{Profile: simcam.H264LongGOP}, recorded: true, strict: true},
		{name: "wrap", spec: born(simcam.FirstRTP{At: wrap}), recorded: true, strict: true},
		{name: "jump-forward", every: 5 * time.Second, act: doing(simcam.JumpRTP{Ticks: 90000 * 3600}), causes: breaks, recorded: true, strict: true},
		{name: "jump-short", every: 5 * time.Second, act: doing(simcam.JumpRTP{Ticks: 90000 * 8}), causes: breaks, recorded: true, strict: true},
		{name: "jump-about", every: 5 * time.Second, act: forth(90000 * 60), causes: breaks, recorded: true, strict: true},
		{name: "freezes", every: 8 * time.Second, act: doing(simcam.Freeze{For: 6 * time.Second}), causes: []media.GapCause{media.GapSilent}, recorded: true, strict: true},
		{name: "loses", spec: born(simcam.Lose{Percent: 5, Seed: 7}), causes: anything, recorded: true, strict: true},
		{name: "ntp-early", spec: born(simcam.SenderReports{NTP: &early, Interval: time.Second}), recorded: true, strict: true},
		{name: "ntp-late", spec: born(simcam.SenderReports{NTP: &late, Interval: time.Second}), recorded: true, strict: true},
	}
}

func handshakes(trap string) []villain {
	digest := func(stale int) simcam.CameraSpec {
		return born(simcam.Authenticate{Scheme: simcam.AuthDigest, User: "u", Password: "secret", StaleAfter: stale})
	}
	all := []villain{
		{name: "slow-loris", spec: born(simcam.SlowReplies{PerByte: 100 * time.Millisecond}), causes: refusals},
		{name: "redirect", spec: born(simcam.Redirect{URL: trap}), password: "hunter2", causes: refusals},
		{name: "refuse", spec: born(simcam.Refuse{For: time.Hour}), causes: refusals},
		{name: "timeout", spec: born(simcam.SessionTimeout{After: 10 * time.Second, Enforce: true}), causes: ends, recorded: true, strict: true},
		{name: "deaf", spec: born(simcam.IgnoreKeepAlive{}), causes: ends, recorded: true, strict: true},
		{name: "no-options", spec: born(simcam.NoOptions{}), recorded: true, strict: true},
		{name: "stale-nonce", spec: digest(3), password: "secret", causes: ends, recorded: true, strict: true},
		{name: "wrong-password", spec: digest(0), password: "hunter2", causes: refusals},
	}
	for _, k := range []simcam.SDPKind{simcam.SDPGarbage, simcam.SDPEmpty, simcam.SDPEnormous} {
		all = append(all, villain{name: "sdp-" + string(k), spec: born(simcam.WrongSDP{Kind: k}), causes: refusals})
	}
	return append(all,
		villain{name: "sdp-wrong-codec", spec: born(simcam.WrongSDP{Kind: simcam.SDPWrongCodec}), causes: anything},
		villain{name: "sdp-bad-sets", spec: born(simcam.WrongSDP{Kind: simcam.SDPBadSets}), causes: anything, recorded: true},
		villain{name: "sdp-crowded", spec: born(simcam.WrongSDP{Kind: simcam.SDPCrowded}), recorded: true, strict: true})
}

func restless() []villain {
	return []villain{
		{name: "flip-sets", spec: born(simcam.FlipSets{Every: 1}), causes: breaks, recorded: true},
		{name: "flip-absurd", spec: born(simcam.FlipSets{Every: 1, Kind: simcam.SetsAbsurd}), causes: anything, recorded: true},
		{name: "flip-swollen", spec: born(simcam.FlipSets{Every: 2, Kind: simcam.SetsSwollen}), causes: anything, recorded: true},
		{name: "flip-ssrc", spec: born(simcam.FlipSSRC{Every: 1}), causes: anything},
		{name: "leap-every-frame", spec: born(simcam.LeapRTP{Every: 1, Ticks: 90000 * 60}), causes: breaks, recorded: true},
		{name: "leap-ahead", spec: born(simcam.LeapRTP{Every: 1, Ticks: 90000 * 2}), causes: breaks, recorded: true},
		{name: "leap-back", spec: born(simcam.LeapRTP{Every: 1, Ticks: -90000}), causes: breaks, recorded: true},
		{name: "crumbs", spec: born(simcam.Crumbs{Count: 65_000, Bytes: 2}), causes: anything, recorded: true},
		{name: "empty-nals", spec: born(simcam.Crumbs{Count: 5000}), causes: anything},
		{name: "swarm", spec: born(simcam.Swarm{Units: 1000}), causes: anything, recorded: true},
	}
}

func otherRoads() (all []villain) {
	for _, road := range []string{"udp", "rtsps"} {
		all = append(all,
			villain{name: road + "-loses", transport: road, spec: born(simcam.Lose{Percent: 5, Seed: 9}), causes: anything, recorded: true},
			villain{name: road + "-garbage", transport: road, every: time.Second, causes: anything,
				act: func(c *simcam.Camera, n int) {
					c.Do(simcam.Garbage{Kind: simcam.GarbageRTP, Bytes: 1 << (10 + n%10), Seed: uint64(n)})
				}},
			villain{name: road + "-endless", transport: road, spec: born(simcam.EndlessFragment{Bytes: 60_000}), causes: anything},
			villain{name: road + "-flapper", transport: road, spec: born(simcam.CloseAfter{After: 300 * time.Millisecond}), causes: anything},
			villain{name: road + "-flip-sets", transport: road, spec: born(simcam.FlipSets{Every: 1}), causes: anything, recorded: true})
	}
	return append(all,
		villain{name: "udp-duplicates", transport: "udp", spec: born(simcam.Duplicate{Percent: 20, Seed: 1}, simcam.Reorder{Percent: 10, Seed: 2}), causes: anything, recorded: true},
		villain{name: "rtsps-flood", transport: "rtsps", every: 500 * time.Millisecond, causes: anything, act: doing(simcam.Garbage{Kind: simcam.GarbageFlood, Bytes: 1 << 20})})
}
