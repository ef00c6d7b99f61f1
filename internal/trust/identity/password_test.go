package identity

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/footage-custody/custody/internal/custody"
)

func newTestHasher(t testing.TB, c HashCost) *hasher {
	t.Helper()
	h, err := newHasher(c)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestHashesOfEitherKind(t *testing.T) {
	argon, pbkdf := newTestHasher(t, HashCost{1, 8, 1}), newTestHasher(t, HashCost{1, 8, 1})
	argon.cost = phc{passes: 1, kib: 8, salt: argon.cost.salt, hash: argon.cost.hash}
	pbkdf.cost = phc{rounds: 2, salt: pbkdf.cost.salt, hash: pbkdf.cost.hash}
	for head, h := range map[string]*hasher{"$argon2id$v=19$m=8,t=1,p=1$": argon, "$pbkdf2-sha256$i=2$": pbkdf} {
		one, err := h.make(t.Context(), "a password")
		if err != nil || !strings.HasPrefix(one, head) {
			t.Fatalf("%q, %v", one, err)
		}
		two, _ := h.make(t.Context(), "a password")
		if one == two {
			t.Error("two hashes have one salt")
		}
		for _, other := range []*hasher{argon, pbkdf} {
			ok, current, err := other.check(t.Context(), one, "a password")
			if !ok || err != nil || current != (other == h) {
				t.Errorf("right: %v, %v, %v", ok, current, err)
			}
		}
		if ok, _, err := h.check(t.Context(), one, "b password"); ok || err != nil {
			t.Errorf("wrong: %v, %v", ok, err)
		}
		if ok, _, err := h.check(t.Context(), "", "a password"); ok || err != nil {
			t.Errorf("nobody's: %v, %v", ok, err)
		}
	}
}

func TestTheProductionCost(t *testing.T) {
	c := newTestHasher(t, HashCost{}).cost
	if argon := c.passes == 3 && c.kib == 64<<10 && c.rounds == 0; !argon && c.rounds != 600_000 {
		t.Errorf("the cost is %d passes, %d KiB, %d rounds", c.passes, c.kib, c.rounds)
	}
	for _, c := range []HashCost{{Passes: 11}, {KiB: 1}, {KiB: 1 << 20}} {
		if _, err := newHasher(c); custody.KindOf(err) != custody.Invalid {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestMoreThanTheLineIsTurnedAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newTestHasher(t, HashCost{1, 8, 1})
		for range atOnce {
			h.turns <- struct{}{} // all turns are taken
		}
		ctx, cancel := context.WithCancel(t.Context())
		errs := make(chan error, inLine)
		for range inLine {
			go func() { _, err := h.make(ctx, "x"); errs <- err }()
		}
		synctest.Wait()
		if _, err := h.make(t.Context(), "x"); custody.KindOf(err) != custody.Unavailable {
			t.Errorf("one too many: %v", err)
		}
		cancel()
		for range inLine {
			if err := <-errs; custody.KindOf(err) != custody.Unavailable {
				t.Errorf("one who gave up: %v", err)
			}
		}
		for range atOnce {
			<-h.turns
		}
		if _, err := h.make(t.Context(), "x"); err != nil || len(h.line) != 0 {
			t.Errorf("afterwards: %v, %d in line", err, len(h.line))
		}
	})
}

func TestRefusalsAreBounded(t *testing.T) {
	f := newRefusals()
	for i := range 2 * refusalKeys {
		f.due([]limit{{key: strconv.Itoa(i)}}, custody.Instant(i))
	}
	if len(f.seen) > refusalKeys+1 {
		t.Errorf("%d keys are kept", len(f.seen))
	}
	if due, _ := f.due([]limit{{key: "new"}}, custody.Instant(2*refusalKeys)); due {
		t.Error("who comes beyond the bound is written down every time")
	}
}

func FuzzPHC(f *testing.F) {
	h := newTestHasher(f, HashCost{1, 8, 1})
	one, err := h.make(f.Context(), "a password")
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{
		one, "", "$", "$$$$$", "$argon2id$v=19$m=4294967295,t=1,p=1$AAAA$AAAA", "$argon2id$v=19$m=8,t=-1,p=1$$", "$pbkdf2-sha256$i=99999999$AAAA$AAAA",
		strings.Replace(one, "p=1", "p=255", 1), strings.Replace(one, "m=8", "m=08", 1), one + "=", strings.Repeat("$", 300),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := parsePHC(s)
		if err != nil {
			if custody.KindOf(err) != custody.Corrupt {
				t.Errorf("%v", err)
			}
			return
		}
		if p.String() != s || !p.bounded() {
			t.Errorf("%q is read as %q", s, p)
		}
	})
}
