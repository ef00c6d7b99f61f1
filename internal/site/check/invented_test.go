package check_test

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/site/check"
	"github.com/footage-custody/custody/internal/trust/vault"
)

// forge seals one segment as a faulty recorder of ours could: everything is consistent but what the argument changes.
func (s *site) forge(change func(head *vault.SegmentHead, payload []byte) []byte) custody.SegmentID {
	s.t.Helper()
	ctx, now := s.t.Context(), s.clock.Now()
	cam := must(s.db.Cameras(ctx))[0]
	tracks := []media.Track{{ID: 1, Codec: media.H264, Timescale: 90000, Source: media.FromSDP, SPS: [][]byte{sps}, PPS: [][]byte{pps}}}
	head := vault.SegmentHead{ID: custody.NewSegmentID(), Init: must(media.InitSection(tracks)), Run: media.RunHeader{Run: custody.NewRunID(),
		Camera: cam.ID, Stream: cam.Streams[0].ID, Started: now, SDP: []byte("v=0"), Transport: "tcp", Reason: "connect", Tracks: tracks}}
	stored := head.Run
	nal := []byte{0x65, 1, 2, 3, 4}
	payload := change(&head, append(binary.BigEndian.AppendUint32(nil, uint32(len(nal))), nal...))
	b := media.NewBuilder(tracks, func(n int) *media.Buffer {
		return &media.Buffer{Mem: make([]byte, n), Start: media.Headroom, End: media.Headroom}
	}, 0)
	for i := range int64(20) {
		u := media.Unit{Track: 1, Seq: uint64(i), RTP: uint32(i * 9000), PTS: i * 9000, DTS: i * 9000,
			Receipt: now.Add(time.Duration(i) * 100 * time.Millisecond), Size: uint32(len(payload))}
		if f := must(b.Append(u, payload)); f != nil {
			s.t.Fatal("a fragment closed too soon")
		}
	}
	w := must(s.vault.Begin(ctx, head))
	s.must(w.Append(ctx, b.Close()))
	p := must(w.Close(vault.SegmentEnd{}))
	row := must(p.Seal(ctx))
	row.SealedAt = now
	s.must(p.Store(ctx))
	s.must(s.db.StartRun(ctx, stored, must(custody.NewEvent(custody.EventRunStarted, now, "system", cam.ID, string(stored.Run), nil))))
	s.must(s.db.CommitSegment(ctx, row, must(custody.NewEvent(custody.EventSegmentSealed, now, "system", cam.ID, string(row.ID), nil))))
	s.must(p.Drop())
	return row.ID
}

func TestWhatTheCameraDidNotSendIsNamed(t *testing.T) {
	set := append(binary.BigEndian.AppendUint32(nil, uint32(len(sps30))), sps30...)
	for name, c := range map[string]struct {
		change func(*vault.SegmentHead, []byte) []byte
		shows  []bool // by default, deep
	}{
		"nothing": {func(_ *vault.SegmentHead, p []byte) []byte { return p }, []bool{false, false}},
		"init section": {func(h *vault.SegmentHead, p []byte) []byte {
			h.Init = append([]byte(nil), h.Init...)
			h.Init[len(h.Init)-1] ^= 1
			return p
		}, []bool{true, true}},
		"run header":     {func(h *vault.SegmentHead, p []byte) []byte { h.Run.SDP = []byte("v=1"); return p }, []bool{true, true}},
		"parameter sets": {func(_ *vault.SegmentHead, p []byte) []byte { return append(append([]byte(nil), set...), p...) }, []bool{false, true}},
		"no NAL units":   {func(*vault.SegmentHead, []byte) []byte { return []byte{0, 0, 0, 9, 0x65} }, []bool{false, true}},
	} {
		s := newSite(t)
		s.addCameras()
		id := s.forge(c.change)
		for i, o := range []check.Options{{}, {Deep: true}} {
			shown := false
			for _, f := range s.check(o).Findings {
				shown = shown || f.Invariant == "I4" && f.ID == string(id)
			}
			if shown != c.shows[i] {
				t.Errorf("%s, %+v: found %v", name, o, shown)
			}
		}
		s.close()
	}
}
