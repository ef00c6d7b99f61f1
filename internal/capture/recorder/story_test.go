package recorder

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// rig is a recorder on fakes with one stream and a camera of 10 frames a second, all frames random access.
type rig struct {
	t      *testing.T
	clock  *handClock
	spool  *memorySpool
	index  *memoryIndex
	alarms *loudAlarms
	free   atomic.Uint64
	used   atomic.Uint64
	r      *Recorder
	s      *Stream
	rtp    uint32
	sent   int
}

// A baseline 176x144 SPS and its PPS, made by an encoder.
var (
	testSPS = []byte{0x67, 0x42, 0xc0, 0x0a, 0xd9, 0x0b, 0x13, 0x10, 0x00, 0x00, 0x03, 0x00, 0x10, 0x00, 0x00, 0x03, 0x01, 0x40, 0xf1, 0x22, 0x6a}
	testPPS = []byte{0x68, 0xcb, 0x83, 0xcb, 0x20}
)

const testStream = custody.StreamID("str_aaaaaaaaaaaaaaaaaaaaaaaaaa")

func newRig(t *testing.T) *rig {
	g := &rig{t: t, clock: &handClock{now: 1_700_000_000_000_000}, spool: newMemorySpool(), index: &memoryIndex{t: t}, alarms: newLoudAlarms()}
	g.free.Store(1 << 40)
	g.boot(Options{})
	return g
}

func (g *rig) boot(o Options) {
	g.t.Helper()
	g.r = New(Parts{Spool: g.spool, Index: g.index, Clock: g.clock, Alarms: g.alarms, Log: quiet(),
		Free: func() (uint64, error) { return g.free.Load(), nil }, Used: g.used.Load}, o)
	if err := g.r.Start(context.Background()); err != nil {
		g.t.Fatal(err)
	}
	s, err := g.r.Open(context.Background(), "cam_aaaaaaaaaaaaaaaaaaaaaaaaaa", testStream)
	if err != nil {
		g.t.Fatal(err)
	}
	g.s = s
}

func (g *rig) connect() {
	g.s.Start(media.RunHeader{Camera: g.s.camera, Stream: g.s.id, Transport: "tcp",
		Tracks: []media.Track{{ID: 1, Codec: media.H264, Timescale: 90000, Source: media.FromSDP, SPS: [][]byte{testSPS}, PPS: [][]byte{testPPS}}}})
}

// film sends frames for d, and lets the writer keep up.
func (g *rig) film(d time.Duration) {
	g.t.Helper()
	for range int(d / (100 * time.Millisecond)) {
		g.clock.advance(100 * time.Millisecond)
		g.rtp += 9000
		g.sent++
		payload := binary.BigEndian.AppendUint32(nil, 6)
		payload = append(payload, 0x65, 1, 2, 3, 4, byte(g.sent))
		g.s.Unit(media.Unit{Track: 1, RTP: g.rtp, Receipt: g.clock.Now()}, payload)
		if err := g.s.Flush(context.Background()); err != nil {
			g.t.Fatal(err)
		}
	}
}

func (g *rig) wait(d time.Duration) { g.clock.advance(d) }

func (g *rig) wantGaps(want ...string) {
	g.t.Helper()
	if got := g.index.causes(); !slices.Equal(got, want) {
		g.t.Errorf("gaps are %v, want %v", got, want)
	}
}

func (g *rig) wantKept(frames int) {
	g.t.Helper()
	n := uint64(0)
	for _, r := range g.index.rows {
		n += r.Units
	}
	if n != uint64(frames) {
		g.t.Errorf("%d units are in indexed segments, want %d", n, frames)
	}
}

// stop ends the recorder and proves what must always hold.
func (g *rig) stop() {
	g.t.Helper()
	g.r.Stop(time.Minute)
	g.index.covered()
	for id, n := range g.spool.stored {
		if n != 1 || !g.spool.dropped[id] {
			g.t.Errorf("segment %s was stored %d times, dropped %v", id, n, g.spool.dropped[id])
		}
	}
}

func TestRecordsAndSaysWhenItStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t)
		g.connect()
		g.film(3 * time.Minute)
		g.stop()
		g.wantKept(g.sent)
		g.wantGaps("stopped open")
		if n := len(g.index.rows); n < 3 || n > 5 {
			t.Errorf("3 minutes are in %d segments", n)
		}
		if len(g.index.runs) != 1 {
			t.Errorf("%d runs", len(g.index.runs))
		}
	})
}

// The end of a removed camera's session is not a stop of recording.
func TestARemovedCameraLeavesOneGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t)
		g.connect()
		g.film(10 * time.Second)
		g.s.Disable(func() {
			g.wait(time.Second)
			g.s.Stop(g.clock.Now(), media.GapStopped, "recording was stopped")
		})
		g.stop()
		g.wantKept(g.sent)
		g.wantGaps("disabled open")
	})
}

func TestACameraThatGoesAwayLeavesAGapWithItsCause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t)
		g.connect()
		g.film(10 * time.Second)
		g.s.Stop(g.clock.Now(), media.GapSilent, "no picture for 5 s")
		g.wait(5 * time.Second)
		g.s.Stop(g.clock.Now(), media.GapUnreachable, "connection refused")
		g.wait(5 * time.Second)
		g.s.Stop(g.clock.Now(), media.GapUnreachable, "connection refused")
		g.wait(5 * time.Second)
		g.connect()
		g.film(10 * time.Second)
		g.stop()
		g.wantKept(g.sent)
		g.wantGaps("camera-silent 4.9", "camera-unreachable 10.1", "stopped open")
	})
}

func TestTheStoreIsDownAndNothingIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t)
		up := time.Now().Add(10 * time.Minute)
		g.spool.onStore = func(custody.SegmentID, int) error {
			if time.Now().Before(up) {
				return custody.Errorf(custody.Unavailable, "the store is down")
			}
			return nil
		}
		g.index.on = func(row media.SegmentRow) {
			if g.spool.times(row.ID) != 1 {
				t.Errorf("the row of %s came before its object", row.ID)
			}
		}
		g.connect()
		g.film(5 * time.Minute)
		time.Sleep(11 * time.Minute)
		synctest.Wait()
		if !g.alarms.raised(AlarmStore) {
			t.Error("no alarm told of the store")
		}
		g.film(time.Minute)
		g.stop()
		g.wantKept(g.sent)
		g.wantGaps("stopped open")
		if !g.alarms.none() {
			t.Errorf("alarms are still up: %v", g.alarms.up)
		}
	})
}

func TestTheDatabaseIsDownAndRecordingGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t)
		g.connect()
		g.film(10 * time.Second)
		g.index.setDown(true)
		g.s.Stop(g.clock.Now(), media.GapClosed, "the camera closed the connection")
		g.connect()
		g.film(2 * time.Minute)
		time.Sleep(time.Minute)
		g.index.setDown(false)
		time.Sleep(10 * time.Second)
		g.stop()
		g.wantKept(g.sent)
		if !g.alarms.raised(AlarmIndex) || !g.alarms.none() {
			t.Error("the database's alarm was not raised and cleared")
		}
	})
}

func TestTheDiskIsFullAndRecordingResumesByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t)
		g.connect()
		g.film(10 * time.Second)
		g.free.Store(1 << 20)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		g.film(10 * time.Second)
		g.free.Store(1 << 40)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		g.film(10 * time.Second)
		g.stop()
		g.wantGaps("storage-full 10.0", "stopped open")
		if !g.alarms.raised(AlarmStorageFull) || !g.alarms.none() {
			t.Error("the alarm was not raised and cleared")
		}
	})
}

func TestAnAppendThatFailsIsAGapAndTheNextSegmentGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t)
		g.spool.onAppend = func(n int) error {
			switch n {
			case 5:
				return custody.Errorf(custody.Exhausted, "no space left")
			case 10:
				return errors.New("input/output error")
			}
			return nil
		}
		g.connect()
		g.film(20 * time.Second)
		g.stop()
		gaps := g.index.causes()
		if len(gaps) != 3 || gaps[0][:12] != "storage-full" || gaps[1][:15] != "storage-stalled" {
			t.Errorf("gaps are %v", gaps)
		}
		if !g.alarms.raised(AlarmStorageFull) || !g.alarms.raised(AlarmStorageStall) || !g.alarms.none() {
			t.Errorf("the alarms were not raised and cleared: %v", g.alarms.was)
		}
	})
}

func TestACrashIsDeclaredFromWhereTheRecordEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t)
		g.connect()
		g.film(2 * time.Minute)
		g.r.Stop(time.Minute)
		g.index.gaps = nil // as if the process had died without a word
		lost := g.clock.Now()
		g.wait(time.Hour)
		g.boot(Options{})
		g.connect()
		g.film(10 * time.Second)
		g.stop()
		g.wantKept(g.sent)
		g.wantGaps("crash 3600.0", "stopped open")
		if g.index.gaps[0].Span.Start.Sub(lost).Abs() > 200*time.Millisecond {
			t.Errorf("the gap starts at %s, the record ended at %s", g.index.gaps[0].Span.Start, lost)
		}
	})
}

func TestACrashDuringAnOutageSplitsTheGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t)
		g.connect()
		g.film(10 * time.Second)
		g.s.Stop(g.clock.Now(), media.GapUnreachable, "no route")
		g.wait(time.Minute)
		g.r.Stop(time.Minute)
		g.index.gaps = g.index.gaps[:1] // the process died before it could say that it stopped
		g.index.gaps[0].Span.End = 0
		alive := g.clock.Now()
		g.wait(time.Hour)
		g.boot(Options{LastAlive: alive})
		g.connect()
		g.film(10 * time.Second)
		g.stop()
		g.wantGaps("camera-unreachable 59.9", "crash 3600.1", "stopped open")
	})
}

func TestAClockStepClosesTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t)
		g.connect()
		g.film(10 * time.Second)
		late := g.clock.Now().Add(100 * time.Millisecond)
		g.clock.step(5 * time.Minute)
		g.rtp += 9000 // a unit received before the step and handed over after it belongs to the run before
		g.sent++
		g.s.Unit(media.Unit{Track: 1, RTP: g.rtp, Receipt: late}, []byte{0, 0, 0, 6, 0x65, 1, 2, 3, 4, 5})
		g.film(10 * time.Second)
		g.stop()
		g.wantKept(g.sent)
		g.wantGaps("clock-step 299.9", "stopped open")
		if n := len(g.index.runs); n != 2 {
			t.Errorf("%d runs", n)
		}
	})
}

func TestAJumpOfRTPTimeBeginsARunAndLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t)
		g.connect()
		g.film(10 * time.Second)
		g.rtp += 1 << 30
		g.film(10 * time.Second)
		g.rtp -= 1 << 29
		g.film(10 * time.Second)
		g.rtp = 1<<32 - 9000*20
		g.film(10 * time.Second)
		g.stop()
		g.wantKept(g.sent)
		if n := len(g.index.runs); n != 4 {
			t.Errorf("%d runs, want 4", n)
		}
	})
}

func TestAStalledSpoolLosesOnlyWhatDoesNotFitTheBuffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t)
		g.r.Stop(time.Minute)
		g.index.gaps = nil
		g.boot(Options{QueueBytes: 2000})
		stalled := make(chan struct{})
		g.spool.onAppend = func(int) error { <-stalled; return nil }
		g.connect()
		for range 300 {
			g.clock.advance(100 * time.Millisecond)
			g.rtp += 9000
			g.s.Unit(media.Unit{Track: 1, RTP: g.rtp, Receipt: g.clock.Now()}, []byte{0, 0, 0, 6, 0x65, 1, 2, 3, 4, 5})
		}
		close(stalled)
		if err := g.s.Flush(context.Background()); err != nil {
			t.Fatal(err)
		}
		if !g.alarms.raised(AlarmStorageStall) {
			t.Error("no alarm told of the stall")
		}
		g.film(10 * time.Second)
		g.stop()
		gaps := g.index.causes()
		if len(gaps) != 2 || !strings.HasPrefix(gaps[0], "storage-stalled ") {
			t.Errorf("gaps are %v", gaps)
		}
	})
}

func TestUnitsBeforeAnyParameterSetAreAGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t)
		g.s.Start(media.RunHeader{Camera: g.s.camera, Stream: g.s.id,
			Tracks: []media.Track{{ID: 1, Codec: media.H264, Timescale: 90000, Source: media.FromSDP}}})
		g.film(5 * time.Second)
		g.rtp += 9000
		g.clock.advance(100 * time.Millisecond)
		unit := []byte{0, 0, 0, byte(len(testSPS))}
		unit = append(append(append(unit, testSPS...), 0, 0, 0, byte(len(testPPS))), testPPS...)
		unit = append(unit, 0, 0, 0, 2, 0x65, 0x88)
		g.s.Unit(media.Unit{Track: 1, RTP: g.rtp, Receipt: g.clock.Now()}, unit)
		g.film(5 * time.Second)
		g.stop()
		g.wantGaps("no-parameters 5.0", "stopped open")
		g.wantKept(51)
		if src := g.index.runs[0].Tracks[0].Source; src != media.FromStream {
			t.Errorf("the parameter sets are said to come from %s", src)
		}
	})
}
