package audit_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/proof/seal"
	"github.com/footage-custody/custody/internal/trust/audit"
	"github.com/footage-custody/custody/internal/trust/audit/audittest"
)

// signedLog has 2600 entries, checkpoints at 1, 700, 1300 and 2600, and the first and the last of them off the box.
func signedLog(t testing.TB) (*audittest.Store, *memSink) {
	t.Helper()
	s, sink := audittest.NewStore(), &memSink{}
	for i, n := range []int{1, 699, 600, 1300} {
		grow(t, s, n)
		c := checkpoint(t, s, 1)
		if i == 0 || i == 3 {
			put(t, sink, c)
		}
	}
	return s, sink
}

func verify(t testing.TB, s audit.Store, sink audit.CheckpointSink) audit.Report {
	t.Helper()
	v := audit.Verification{Store: s, Keys: signKeys(1).verifiers(), Site: site}
	if sink != nil {
		v.Sinks = map[string]audit.CheckpointSink{"witness": sink}
	}
	r, err := audit.Verify(t.Context(), v)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func wantsOnly(t *testing.T, name string, r audit.Report, want ...string) {
	t.Helper()
	got := []string{}
	for _, p := range r.Problems {
		got = append(got, p.String())
	}
	ok := len(got) == len(want)
	for i := range want {
		ok = ok && i < len(got) && strings.HasPrefix(got[i], want[i])
	}
	if !ok {
		t.Errorf("%s: problems:\n%s\nwant:\n%s", name, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestASoundLogVerifies(t *testing.T) {
	s, sink := signedLog(t)
	s.Change(func(st *audittest.State) { // bodies are disposed of on schedule
		for i := range 500 {
			st.Entries[1][i].Salt, st.Entries[1][i].Event = nil, custody.Event{Type: st.Entries[1][i].Event.Type}
		}
	})
	r := verify(t, s, sink)
	wantsOnly(t, "sound", r)
	if r.Entries != 2600 || r.Checkpoints != 4 || r.Copies != 2 {
		t.Errorf("looked at %d entries, %d checkpoints, %d copies", r.Entries, r.Checkpoints, r.Copies)
	}
	wantsOnly(t, "empty", verify(t, audittest.NewStore(), nil))
}

func TestEveryTamperingIsNamed(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*audittest.State)
		want   []string
	}{
		"body": {func(st *audittest.State) {
			e := &st.Entries[1][1500]
			e.Event.Body = []byte(strings.Replace(string(e.Event.Body), `"k":"v"`, `"k":"w"`, 1))
		}, []string{"epoch 1, entry 1500: the entry's body"}},
		"salt":    {func(st *audittest.State) { s := *st.Entries[1][7].Salt; s[0] ^= 1; st.Entries[1][7].Salt = &s }, []string{"epoch 1, entry 7: the entry's body, salt"}},
		"no salt": {func(st *audittest.State) { st.Entries[1][7].Salt = nil }, []string{"epoch 1, entry 7: only one"}},
		"digest":  {func(st *audittest.State) { st.Entries[1][9].Digest[3] ^= 1 }, []string{"epoch 1, entry 9: the entry's body", "epoch 1, entry 9: the entry's type, digest"}},
		"type":    {func(st *audittest.State) { st.Entries[1][9].Event.Type = "gap.opened" }, []string{"epoch 1, entry 9: the event's fields", "epoch 1, entry 9: the entry's type"}},
		"leaf":    {func(st *audittest.State) { st.Entries[1][9].Leaf[3] ^= 1 }, []string{"epoch 1, entry 9: the entry's type, digest or leaf"}},
		"actor":   {func(st *audittest.State) { st.Entries[1][9].Event.Actor = "operator" }, []string{"epoch 1, entry 9: the event's fields"}},
		"camera":  {func(st *audittest.State) { st.Entries[1][9].Event.Camera = "" }, []string{"epoch 1, entry 9: the event's fields"}},
		"time":    {func(st *audittest.State) { st.Entries[1][9].Event.At++ }, []string{"epoch 1, entry 9: the event's fields"}},
		"leaf hash": {func(st *audittest.State) { flip(st, seal.StoredIndex(0, 1200)) },
			[]string{"epoch 1, entry 1200: the tree hash of entries 1200 to 1200 (level 0) is not"}},
		"node": {func(st *audittest.State) { flip(st, seal.StoredIndex(8, 2)) },
			[]string{"epoch 1, entry 767: the tree hash of entries 512 to 767 (level 8) is not"}},
		"node gone": {func(st *audittest.State) { delete(st.Hashes[1], seal.StoredIndex(8, 2)) },
			[]string{"epoch 1, entry 767: the tree hash of entries 512 to 767 (level 8) is missing"}},
		"head root":    {func(st *audittest.State) { st.Head.Root[0] ^= 1 }, []string{"epoch 1, entry 2600: the head's root"}},
		"entry gone":   {func(st *audittest.State) { st.Entries[1] = append(st.Entries[1][:1500:1500], st.Entries[1][1501:]...) }, []string{"epoch 1, entry 1500: the entry is missing"}},
		"entries swap": {func(st *audittest.State) { a := st.Entries[1]; a[5], a[6] = a[6], a[5]; a[5].Index, a[6].Index = 5, 6 }, []string{"epoch 1, entry 5: the tree hash of entries 5 to 5", "epoch 1, entry 5: the tree hash of entries 4 to 5", "epoch 1, entry 6: the tree hash of entries 6 to 6"}},
		"checkpoint":   {func(st *audittest.State) { flipByte(st, 1, 60) }, []string{"epoch 1, entry 700: the checkpoint:"}},
		"checkpoint filed wrongly": {func(st *audittest.State) { st.Checkpoints[1].Size = 701 },
			[]string{"epoch 1, entry 701: the checkpoint: the checkpoint filed under"}},
		"tail gone": {func(st *audittest.State) { st.Entries[1] = st.Entries[1][:2599] }, []string{"epoch 1, entry 2599: the entry is missing"}},
	} {
		s, sink := signedLog(t)
		s.Change(c.change)
		r := verify(t, s, sink)
		if name == "entries swap" {
			// The swapped pair, then every subtree above it.
			r.Problems = r.Problems[:min(3, len(r.Problems))]
		}
		wantsOnly(t, name, r, c.want...)
	}
}

func flip(st *audittest.State, index int64) {
	h := st.Hashes[1][index]
	h[9] ^= 1
	st.Hashes[1][index] = h
}

func flipByte(st *audittest.State, checkpoint, at int) {
	n := []byte(string(st.Checkpoints[checkpoint].Note))
	n[at] ^= 1
	st.Checkpoints[checkpoint].Note = n
}

// TestARewrittenLogIsBetrayedByItsCheckpoints rebuilds the whole log consistently with one event changed, as root could.
func TestARewrittenLogIsBetrayedByItsCheckpoints(t *testing.T) {
	real, sink := signedLog(t)
	forged := audittest.NewStore()
	var checkpoints []audit.Checkpoint
	for e, err := range real.Entries(t.Context(), 1, 0, 2600) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Index == 1000 {
			e.Event = event(t, custody.EventGapOpened)
		}
		if err := forged.Append(t.Context(), e.Event); err != nil {
			t.Fatal(err)
		}
	}
	real.Change(func(st *audittest.State) { checkpoints = st.Checkpoints })
	wantsOnly(t, "off the box alone", verify(t, forged, sink),
		"epoch 1, entry 1: the copy at witness of the checkpoint was signed for another log: an entry from 0 to 0")
	forged.Change(func(st *audittest.State) { st.Checkpoints = checkpoints })
	// Fresh salts make every entry differ, so the first checkpoint betrays it already; later ones are consequences.
	wantsOnly(t, "with the stored ones", verify(t, forged, nil),
		"epoch 1, entry 1: the checkpoint was signed for another log: an entry from 0 to 0")
}

func TestATruncatedLogIsBetrayed(t *testing.T) {
	_, sink := signedLog(t)
	short, own := audittest.NewStore(), &memSink{}
	grow(t, short, 40)
	put(t, own, checkpoint(t, short, 1))
	wantsOnly(t, "sound", verify(t, short, own))
	var full []byte
	for n, note := range sink.notes {
		if strings.HasSuffix(n, "2600") {
			full = note
		}
	}
	own.notes[audit.CheckpointName(1, 2600)] = full
	wantsOnly(t, "cut short", verify(t, short, own),
		"epoch 1, entry 40: the copy at witness of the checkpoint of 2600 entries proves that the log was cut short: entries 40 to 2599")
	own.notes[audit.CheckpointName(3, 1)] = note(t, 1, 3, 1, seal.Hash{})
	if r := verify(t, short, own); len(r.Problems) != 2 || !strings.Contains(r.Problems[1].What, "an epoch that the log does not have") {
		t.Errorf("later epoch: %v", r.Problems)
	}
}

func TestForeignAndUnreadableCopies(t *testing.T) {
	s, sink := signedLog(t)
	h, _ := s.Head(t.Context())
	sink.notes[audit.CheckpointName(1, 2)] = []byte("garbage")
	sink.notes[audit.CheckpointName(1, 3)] = note(t, 2, 1, 3, h.Root)
	wantsOnly(t, "foreign", verify(t, s, sink), "epoch 1, entry 2: the copy at witness of the checkpoint:", "epoch 1, entry 3: the copy at witness of the checkpoint: this is not a checkpoint")
	sink.set(errDown, false)
	if _, err := audit.Verify(t.Context(), audit.Verification{Store: s, Keys: signKeys(1).verifiers(), Site: site, Sinks: map[string]audit.CheckpointSink{"w": sink}}); err == nil {
		t.Error("a sink that cannot be read passes for sound")
	}
	sink.set(nil, false)
	s.Change(func(st *audittest.State) { st.Fail = custody.Errorf(custody.Unavailable, "down") })
	if _, err := audit.Verify(t.Context(), audit.Verification{Store: s, Keys: signKeys(1).verifiers(), Site: site}); custody.KindOf(err) != custody.Unavailable {
		t.Errorf("a store that cannot be read: %v", err)
	}
}

func TestManyProblemsAreCounted(t *testing.T) {
	s := newLog(t, 1200)
	s.Change(func(st *audittest.State) {
		for i := range st.Entries[1] {
			st.Entries[1][i].Event.Actor = "operator"
		}
	})
	if r := verify(t, s, nil); len(r.Problems) != audit.MaxProblems || r.Omitted != 200 {
		t.Errorf("%d problems, %d omitted", len(r.Problems), r.Omitted)
	}
	s.Change(func(st *audittest.State) { st.Entries[1] = nil })
	r := verify(t, s, nil)
	if len(r.Problems) != 102 || !strings.Contains(r.Problems[101].What, "cannot be verified") {
		t.Errorf("an empty table: %d problems, the last %v", len(r.Problems), r.Problems[len(r.Problems)-1])
	}
}

// BenchmarkVerify reports seconds per 10^6 entries; the target is 20 at most.
func BenchmarkVerify(b *testing.B) {
	const n = 100_000
	s := audittest.NewStore()
	for range n / 1000 {
		grow(b, s, 1000)
		checkpoint(b, s, 1)
	}
	for b.Loop() {
		if r := verify(b, s, nil); len(r.Problems) != 0 || r.Entries != n {
			b.Fatal(r.Problems)
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)*1e6/n, "s/1e6-entries")
}

func ExampleProblem() {
	fmt.Println(audit.Problem{Epoch: 2, Entry: 17, What: "the entry is missing"})
	// Output: epoch 2, entry 17: the entry is missing
}
