package letter

import (
	"crypto/sha256"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/footage-custody/custody/internal/custody"
)

var update = flag.Bool("update", false, "write testdata anew")

func writer(t testing.TB, alter ...func(*House)) *Writer {
	t.Helper()
	h := House{Name: "River Public Library", Address: "1 Main Street\nRiverton, Iowa 50000", Contact: "records@river.example", Custodian: "Library Director",
		Jurisdiction: IowaLibrary, Calendar: iowa(t)}
	for _, a := range alter {
		a(&h)
	}
	w, err := New(h)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// samples is every letter, of one story: somebody asks by telephone for an hour in the lobby, of which a part is gone and a part shows a
// patron's screen.
type samples struct {
	t testing.TB
	w *Writer
}

func (s samples) at(text string) custody.Instant { return at(s.t, text) }

func (s samples) span(from, to string) custody.Span {
	return custody.Span{Start: s.at("2026-11-02T" + from + "-06:00"), End: s.at("2026-11-02T" + to + "-06:00")}
}

func (s samples) lost() []Lost {
	return []Lost{
		{Camera: "Lobby", Span: s.span("11:30:00", "11:45:00"), Why: "destroyed on schedule after 30 days", Tombstone: "dsp_aaaaaaaaaaaaaaaaaaaaaaaaaa", At: s.at("2026-11-03T02:00:00-06:00")},
		{Camera: "Lobby", Span: s.span("11:45:00", "11:45:30.5"), Why: "the camera could not be reached"},
	}
}

func (s samples) items() []Item {
	return []Item{
		{Number: "REQ-2026-0007/1", Camera: "Lobby", Span: s.span("12:00:00", "12:10:00"), Outcome: Granted},
		{Number: "REQ-2026-0007/2", Camera: "Self-check", Span: s.span("12:00:00", "12:00:40"), Outcome: Refused, Citation: "Iowa Code 22.7(13)", Reason: "the screen of a patron can be read"},
		{Number: "REQ-2026-0007/3", Camera: "Back door", Span: s.span("12:00:00", "12:10:00"), Outcome: InspectOnly, Citation: "Iowa Code 22.7(50)", Reason: "it shows how the door is secured"},
		{Number: "REQ-2026-0007/4", Camera: "Lobby", Span: s.span("11:30:00", "11:45:30.5"), Outcome: NoRecord, Citation: "Iowa Code 22.1", Lost: s.lost()},
	}
}

func (s samples) acknowledgement() Acknowledgement {
	received := s.at("2026-11-03T10:00:00-06:00")
	decide, business := s.w.Calendar.AfterBusinessDays(received, 10)
	outer, _ := s.w.Calendar.AfterCalendarDays(received, 20)
	return Acknowledgement{Dated: received, Number: "REQ-2026-0007", Kind: OpenRecords, PickUp: "ABCD EFGH", To: "Zoë", Received: received, Channel: "by telephone",
		Text: "The lobby, please.\n\nAround noon on Monday.", Oral: true, ReadBack: true, Held: []Held{{"Lobby", s.span("11:30:00", "13:30:00")}, {"", s.span("12:00:00", "13:00:00")}},
		Review: received.Add(90 * 24 * time.Hour), Lost: s.lost(), Clocks: []Clock{{"we decide by", decide, business}, {"the law's outer limit is", outer, nil}}}
}

func (s samples) certification() Certification {
	return Certification{Made: s.at("2026-11-16T09:00:00-06:00"), Number: "REQ-2026-0007", Package: "REQ-2026-0007-P1", Programs: []string{"custody 1.0", "ffmpeg 7.1"},
		Records: []Record{{Item: s.items()[0], Place: "by the entrance", Files: []string{"data/original/1-1.mp4", "data/viewing/1.mp4"}, Segments: 11,
			Gaps: []Gap{{s.span("12:03:00", "12:03:15"), "the camera could not be reached"}}, Clock: "3.2 s behind the system's clock"}, {Item: s.items()[1]}}}
}

func (s samples) all() map[string]func() (Letter, error) {
	w, digest := s.w, sha256.Sum256([]byte("a package"))
	made := s.at("2026-11-16T09:30:00-06:00")
	back, _ := w.Calendar.AfterBusinessDays(s.at("2026-11-20T09:00:00-06:00"), 5)
	return map[string]func() (Letter, error){
		"acknowledgement": func() (Letter, error) { return w.Acknowledge(s.acknowledgement()) },
		"acknowledgement-officer": func() (Letter, error) {
			a := s.acknowledgement()
			a.Kind, a.PickUp, a.To, a.Channel, a.Oral, a.Lost, a.Held = LawEnforcement, "", "Officer N. Riviera, Springfield PD", "in person", false, nil, nil
			return w.Acknowledge(a)
		},
		"response": func() (Letter, error) {
			return w.Respond(Response{Dated: made, Number: "REQ-2026-0007", Kind: OpenRecords, To: "Zoë", PickUp: "ABCD EFGH", Package: "REQ-2026-0007-P1", Items: s.items()})
		},
		"denial-officer": func() (Letter, error) {
			return w.Respond(Response{Dated: made, Number: "REQ-2026-0007", Kind: LawEnforcement, To: "Officer N. Riviera", Items: s.items()[1:2]})
		},
		"no-record": func() (Letter, error) {
			return w.NoRecords(Response{Dated: made, Number: "REQ-2026-0007", Kind: OpenRecords, PickUp: "ABCD EFGH", Items: s.items()[3:]})
		},
		"invitation": func() (Letter, error) {
			return w.Invite(Invitation{Dated: made, Number: "REQ-2026-0007", PickUp: "ABCD EFGH", Items: s.items()[2:3], Place: "Meeting room 2",
				Times: []custody.Instant{s.at("2026-11-18T10:00:00-06:00"), s.at("2026-11-19T16:00:00-06:00")}})
		},
		"receipt": func() (Letter, error) {
			return w.Receipt(Receipt{Dated: made, Number: "REQ-2026-0007", Package: "REQ-2026-0007-P1", Digest: digest, Way: "as a folder on a stick", Recipient: "N. Riviera",
				Agency: "Springfield PD", Badge: "B-7", By: "Carla, clerk", Files: []File{{"data/original/1-1.mp4", 300_123_456, digest}, {"package.json", 4096, digest}, {"bagit.txt", 55, digest}}})
		},
		"recall": func() (Letter, error) {
			return w.Recall(RecallNotice{Dated: s.at("2026-11-20T09:00:00-06:00"), Number: "REQ-2026-0007", Package: "REQ-2026-0007-P1", Digest: digest, To: "N. Riviera",
				Agency: "Springfield PD", HandedOn: made, Recalled: s.at("2026-11-20T08:55:00-06:00"), Why: "a minute that was not decided is in it", AnswerBy: back})
		},
		"hold": func() (Letter, error) {
			return w.Hold(HoldNotice{Dated: made, Number: "REQ-2026-0007", Hold: "hld_aaaaaaaaaaaaaaaaaaaaaaaaaa", Reason: "asked for", Placed: s.at("2026-11-03T10:00:01-06:00"),
				Held: []Held{{"Lobby", s.span("11:30:00", "13:30:00")}}, Review: s.at("2027-02-01T10:00:00-06:00"), Lost: s.lost()})
		},
		"certification": func() (Letter, error) { return w.Certify(s.certification()) },
		"withheld":      func() (Letter, error) { return w.Withheld(made, "REQ-2026-0007", s.items()) },
		"disposal": func() (Letter, error) {
			return w.Dispose(Disposal{Made: made, Span: custody.Span{Start: s.at("2026-10-01T00:00:00-05:00"), End: s.at("2026-11-01T00:00:00-05:00")}, Held: 2,
				Acts: []Disposed{{Disposition: "dsp_aaaaaaaaaaaaaaaaaaaaaaaaaa", Camera: "Lobby", Span: s.span("00:00:00", "08:00:00"), Segments: 480, Bytes: 14_400_000_000,
					At: s.at("2026-10-31T02:00:00-05:00"), Authority: "the site's 30-day schedule", Final: s.at("2026-11-14T02:30:00-06:00")}}})
		},
	}
}

func newSamples(t testing.TB) samples { return samples{t, writer(t)} }

// TestLetters holds every letter's text against testdata; -update writes it anew.
func TestLetters(t *testing.T) {
	for name, write := range newSamples(t).all() {
		l, err := write()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		file := filepath.Join("testdata", name+".txt")
		got := l.Text()
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		for line := range strings.Lines(got) {
			if utf8.RuneCountInString(strings.TrimRight(line, "\n")) > Columns {
				t.Errorf("%s has a line that is too long: %q", name, line)
			}
		}
	}
}

// TestTheWordsArePlain: short sentences, no blame, and a legal default never stands alone.
func TestTheWordsArePlain(t *testing.T) {
	blame := regexp.MustCompile(`(?i)\b(you failed|your fault|violat|illegal|must not|prohibited|pursuant|hereby|aforementioned|shall)\b`)
	for name, write := range newSamples(t).all() {
		l, err := write()
		if err != nil {
			t.Fatal(err)
		}
		for i, b := range l.blocks {
			if b.kind == quote || b.kind == fact || strings.Contains(b.text, "penalty of perjury") {
				continue // somebody else's words; data; words that the law prescribes
			}
			if m := blame.FindString(b.text); m != "" {
				t.Errorf("%s says %q: %s", name, m, b.text)
			}
			for _, s := range regexp.MustCompile(`[.;:] `).Split(strings.NewReplacer("a.m.", "am", "p.m.", "pm").Replace(b.text), -1) {
				if n := len(strings.Fields(s)); n > 40 && name != "certification" {
					t.Errorf("%s has a sentence of %d words: %s", name, n, s)
				}
			}
			if strings.Contains(b.text, "Iowa Code 23.7") && !strings.Contains(b.text, caution) {
				t.Errorf("%s, block %d states a default of law without saying so", name, i)
			}
		}
	}
	w := writer(t, func(h *House) { h.Remedies, h.Fees = "Ask the board.\nIt meets on Mondays.", "Copies cost nothing." })
	s := samples{t, w}
	l, err := w.Acknowledge(s.acknowledgement())
	if err != nil || strings.Contains(l.Text(), "23.7") || !strings.Contains(l.Text(), "Ask the board. It meets on Mondays.") || !strings.Contains(l.Text(), "Copies cost nothing.") {
		t.Errorf("the body's own words: %v\n%s", err, l.Text())
	}
	if l, err = writer(t).Acknowledge(s.acknowledgement()); err != nil || regexp.MustCompile(`(?i)\b(fee|cost|charge|pay|free)`).MatchString(l.Text()) {
		t.Errorf("something is assumed about fees: %v\n%s", err, l.Text())
	}
}

// TestNothingIsGivenLessWithoutALaw: each letter names what it lacks.
func TestNothingIsGivenLessWithoutALaw(t *testing.T) {
	s := newSamples(t)
	w := s.w
	item := func(alter func(*Item)) []Item {
		items := slices.Clone(s.items())
		alter(&items[1])
		return items
	}
	respond := func(r Response) func() (Letter, error) { return func() (Letter, error) { return w.Respond(r) } }
	for name, write := range map[string]func() (Letter, error){
		"no kind":       respond(Response{Number: "R", Items: s.items()}),
		"no number":     respond(Response{Kind: OpenRecords, Items: s.items()}),
		"no items":      respond(Response{Kind: OpenRecords, Number: "R"}),
		"no citation":   respond(Response{Kind: OpenRecords, Number: "R", Items: item(func(i *Item) { i.Citation = " \u202e" })}),
		"no outcome":    respond(Response{Kind: OpenRecords, Number: "R", Items: item(func(i *Item) { i.Outcome = "maybe" })}),
		"no camera":     respond(Response{Kind: OpenRecords, Number: "R", Items: item(func(i *Item) { i.Camera = "" })}),
		"an empty span": respond(Response{Kind: OpenRecords, Number: "R", Items: item(func(i *Item) { i.Span.End = i.Span.Start })}),
		"not no-record": func() (Letter, error) { return w.NoRecords(Response{Kind: OpenRecords, Number: "R", Items: s.items()}) },
		"without proof": func() (Letter, error) {
			i := s.items()[3]
			i.Lost = nil
			return w.NoRecords(Response{Kind: OpenRecords, Number: "R", Items: []Item{i}})
		},
		"nothing held": func() (Letter, error) { return w.Withheld(0, "R", s.items()[:1]) },
		"no code":      func() (Letter, error) { a := s.acknowledgement(); a.PickUp = ""; return w.Acknowledge(a) },
		"no text":      func() (Letter, error) { a := s.acknowledgement(); a.Text = "\n"; return w.Acknowledge(a) },
		"no place": func() (Letter, error) {
			return w.Invite(Invitation{Number: "R", Items: s.items()[2:3], Times: []custody.Instant{1}})
		},
		"no time": func() (Letter, error) { return w.Invite(Invitation{Number: "R", Items: s.items()[2:3], Place: "p"}) },
		"to what is not": func() (Letter, error) {
			return w.Invite(Invitation{Number: "R", Items: s.items()[1:2], Place: "p", Times: []custody.Instant{1}})
		},
		"no recipient": func() (Letter, error) { return w.Receipt(Receipt{Number: "R", Package: "P", By: "c", Way: "w"}) },
		"no reason":    func() (Letter, error) { return w.Recall(RecallNotice{Number: "R", Package: "P"}) },
		"nothing kept": func() (Letter, error) { return w.Hold(HoldNotice{Hold: "h", Reason: "r"}) },
		"no record":    func() (Letter, error) { return w.Certify(Certification{Number: "R", Package: "P"}) },
		"no period":    func() (Letter, error) { return w.Dispose(Disposal{}) },
		"no authority": func() (Letter, error) {
			return w.Dispose(Disposal{Span: custody.Span{End: 1}, Acts: []Disposed{{Disposition: "d", Camera: "c"}}})
		},
	} {
		if l, err := write(); custody.KindOf(err) != custody.Invalid || err == nil || l.Title != "" {
			t.Errorf("%s: %q, %v", name, l.Title, err)
		}
	}
	for name, alter := range map[string]func(*House){
		"no name":         func(h *House) { h.Name = "\u2066" },
		"no calendar":     func(h *House) { h.Calendar = nil },
		"no jurisdiction": func(h *House) { h.Jurisdiction = "" },
		"a long address":  func(h *House) { h.Address = strings.Repeat("x", maxWords+1) },
	} {
		h := writer(t).House
		alter(&h)
		if _, err := New(h); custody.KindOf(err) != custody.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestADraftSaysSo on every page, and nobody has signed it.
func TestADraftSaysSo(t *testing.T) {
	s := newSamples(t)
	c := s.certification()
	for range 60 {
		c.Records = append(c.Records, c.Records[0])
	}
	l, err := s.w.Certify(c)
	if err != nil {
		t.Fatal(err)
	}
	b, err := l.PDF(c.Made)
	if err != nil {
		t.Fatal(err)
	}
	f := readPDF(t, b)
	if len(f.pages) < 5 {
		t.Fatalf("%d pages", len(f.pages))
	}
	for i, page := range f.pages {
		if !strings.Contains(page, "DRAFT, NOT SIGNED") {
			t.Errorf("page %d does not say that it is a draft", i+1)
		}
	}
}

// FuzzQuote puts anything anywhere: the letter keeps its form, and both forms can be made.
func FuzzQuote(f *testing.F) {
	f.Add("a\nb", "Zoë", "22.7(13)")
	f.Add("\u202e\x00\xff", "***\n\nItem", strings.Repeat("x", 500))
	f.Add("漢字 العربية 👩‍👩‍👧", "\u2028", " ")
	s := newSamples(f)
	f.Fuzz(func(t *testing.T, text, name, reason string) {
		a := samples{t, s.w}.acknowledgement()
		a.Text, a.To, a.Lost[0].Why = text, name, reason
		l, err := s.w.Acknowledge(a)
		if err != nil {
			if custody.KindOf(err) != custody.Invalid {
				t.Error(err)
			}
			return
		}
		plain := l.Text()
		if !utf8.ValidString(plain) || strings.ContainsAny(plain, "\x00\r\t\u202e\u2028\u2066\x1b") {
			t.Errorf("%q is not plain text", plain)
		}
		if n := strings.Count(plain, "\nIf you disagree with us\n---"); n != 1 {
			t.Errorf("%d headings of one kind: %q", n, plain)
		}
		b, err := l.PDF(a.Dated)
		if err != nil || len(b) == 0 {
			t.Error(err)
		}
	})
}
