package letter

import (
	"fmt"

	"github.com/footage-custody/custody/internal/custody"
)

// File is one file of a package.
type File struct {
	Path   string
	Size   int64
	SHA256 [32]byte
}

// Receipt is what the paper says that a recipient signs.
type Receipt struct {
	Dated     custody.Instant
	Number    string // of the request
	Package   string // number of the package
	Digest    [32]byte
	Way       string // "as a folder on a stick"
	Recipient string // may be empty: who brings the pick-up code gives no name
	Agency    string // of law enforcement
	Badge     string
	ByCode    bool   // the recipient brought the pick-up code
	By        string // who hands over: a name or an office
	Files     []File
}

// MaxListed is how many files a receipt lists; of more it says how many there are, and where all of them stand.
const MaxListed = 200

// Receipt writes the receipt to sign, for a hand-over that was not yet signed for. Errors: Invalid, naming what is missing.
func (w *Writer) Receipt(r Receipt) (Letter, error) {
	if err := needs("request's number", r.Number, "package's number", r.Package, "name of who hands over", r.By, "way of the hand-over", r.Way); err != nil {
		return Letter{}, err
	}
	if clean(r.Recipient) == "" && !r.ByCode {
		return Letter{}, custody.Errorf(custody.Invalid, "the receipt needs the recipient's name, or that they brought the pick-up code")
	}
	p := w.begin("Receipt for package "+r.Package, r.Package+" - receipt", r.Dated)
	p.fact("Request", clean(r.Number))
	p.fact("Package", clean(r.Package))
	p.fact("Handed over", clean(r.Way))
	p.fact("By", clean(r.By))
	to := clean(r.Recipient)
	if to == "" {
		to = "the person who brought the pick-up code"
	}
	p.fact("To", to)
	p.factIf("Agency", clean(r.Agency))
	p.factIf("Badge", clean(r.Badge))
	p.head("What you receive")
	var size int64
	for _, f := range r.Files {
		size += f.Size
	}
	p.say(fmt.Sprintf("%s, %s together. The digest of the package is the SHA-256 of its file tagmanifest-sha256.txt, which names every other file:",
		counted(len(r.Files), "file"), sizeOf(size)))
	p.digest(r.Digest)
	p.say("The page VERIFY.html in the package says how to check it without us. If this digest is the same on your copy and the check finds nothing, " +
		"nothing in it was changed.")
	w.files(p, r.Files)
	p.head("Please sign")
	p.say("I received the package named above. The digest on this paper is the one that I was shown. I know that the recordings may show people " +
		"who have nothing to do with the request.")
	p.sign("Name and signature of the recipient; who gives no name signs with a mark")
	p.sign("Date and time")
	p.sign("Signature of " + clean(r.By))
	return *p.l, nil
}

func (w *Writer) files(p page, files []File) {
	for i, f := range files {
		if i == MaxListed {
			p.say(fmt.Sprintf("and %s more. All of them stand in manifest-sha256.txt in the package.", counted(len(files)-i, "file")))
			return
		}
		p.list(fmt.Sprintf("%s, %s", clean(f.Path), sizeOf(f.Size)))
	}
}

// RecallNotice is what the letter says that asks for a package back.
type RecallNotice struct {
	Dated     custody.Instant
	Number    string // of the request
	Package   string // number of the package
	Digest    [32]byte
	To        string // may be empty
	Agency    string
	HandedOn  custody.Instant // when they took it
	Recalled  custody.Instant
	Why       string
	AnswerBy  custody.Instant // end of a day as the Calendar returned it; 0 leaves it out
	Recipient string          // who answers are sent to; empty for the house's contact
}

// Recall writes the letter to somebody who has a package that was recalled. Errors: Invalid, naming what is missing.
func (w *Writer) Recall(r RecallNotice) (Letter, error) {
	if err := needs("request's number", r.Number, "package's number", r.Package, "reason", r.Why); err != nil {
		return Letter{}, err
	}
	p := w.begin("Please return package "+r.Package, r.Package+" - recall", r.Dated)
	p.factIf("To", clean(r.To))
	p.factIf("Agency", clean(r.Agency))
	p.fact("Request", clean(r.Number))
	p.fact("Package", clean(r.Package))
	p.fact("You received it", w.Calendar.Local(r.HandedOn))
	p.fact("We recalled it", w.Calendar.Local(r.Recalled))
	p.fact("Reason", clean(r.Why))
	p.say("You did nothing wrong by receiving this package. It should not have left in this form, and we ask for your help.")
	p.head("What we ask of you")
	p.list("Do not look at it, copy it or pass it on any more.")
	p.list("Give the stick or disc back to us, or delete the package and every copy of it.")
	p.list("Tell us who received a copy from you, so that we can write to them too.")
	p.list("If a law, a court or your own rules oblige you to keep it, keep it closed and tell us so.")
	if r.AnswerBy != 0 {
		p.say(fmt.Sprintf("Please answer by %s.", w.Calendar.lastDay(r.AnswerBy)))
	}
	p.factIf("Your answer goes to", clean(r.Recipient))
	p.say("You know the package by this digest, the SHA-256 of its file tagmanifest-sha256.txt:")
	p.digest(r.Digest)
	p.head("Your answer")
	p.list("[  ] I give it back with this letter.")
	p.list("[  ] I deleted it and every copy of it.")
	p.list("[  ] I have to keep it, because: ______________________________")
	p.list("[  ] I passed it on to: ______________________________")
	p.sign("Name, date and signature")
	p.sign(w.Custodian)
	return *p.l, nil
}

// HoldNotice is what the letter says that tells somebody what is kept.
type HoldNotice struct {
	Dated  custody.Instant
	Number string // of the request; empty for a hold without one
	Hold   string // id of the hold
	To     string // may be empty
	Reason string
	Placed custody.Instant
	Held   []Held
	Review custody.Instant
	Lapses custody.Instant // 0 for no end
	Lost   []Lost
}

// Hold writes the notice of a hold. Errors: Invalid, naming what is missing.
func (w *Writer) Hold(h HoldNotice) (Letter, error) {
	if err := needs("hold's id", h.Hold, "reason", h.Reason); err != nil {
		return Letter{}, err
	}
	if len(h.Held) == 0 {
		return Letter{}, custody.Errorf(custody.Invalid, "the notice needs what is held")
	}
	p := w.begin("Recordings are being kept", h.Hold+" - hold", h.Dated)
	p.factIf("To", clean(h.To))
	p.factIf("Request", clean(h.Number))
	p.fact("Hold", clean(h.Hold))
	p.fact("Since", w.Calendar.Local(h.Placed))
	p.fact("Reason", clean(h.Reason))
	p.say("These recordings are not deleted while the hold stands, however full the disk is. That they are kept says nothing about who may see them.")
	for _, k := range h.Held {
		name := clean(k.Camera)
		if name == "" {
			name = "Every camera, also those that are added later"
		}
		p.list(name + ": " + w.when(k.Span))
	}
	if len(h.Lost) > 0 {
		p.say("Of this time there was nothing to keep any more, or it was never recorded:")
		w.lost(p, h.Lost)
	}
	if h.Review != 0 {
		p.say(fmt.Sprintf("On %s somebody looks at whether it still has to stand. It does not end on that day by itself.", w.Calendar.Date(h.Review)))
	}
	if h.Lapses != 0 {
		p.say(fmt.Sprintf("It ends on %s unless somebody confirms it before.", w.Calendar.Local(h.Lapses)))
	} else {
		p.say("It ends when two people, one of them the " + w.Custodian + ", lift it.")
	}
	return *p.l, nil
}
