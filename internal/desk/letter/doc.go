// Package letter writes what leaves the house on paper, and counts days: letters, receipts, certificates, and the calendar that their dates
// come from.
//
// Owns: the business days of a body (calendar.go, holiday.go), what a local time means in the two nights a year in which it is not plain
// (resolve.go), the words of every letter (acknowledge.go, response.go, handover.go, certificate.go, disposal.go), what of them is the law of
// a jurisdiction (wording.go), and their two forms: plain text (document.go) and PDF (sheet.go, pdf.go, face.go).
//
// Trusts: the time zone database that the program carries. Nothing that people typed: it becomes one line, or lines of a quotation, without
// control characters or characters that turn the reading order round, so no name can add a sentence to a letter.
//
// Invariants: a letter is made of its data and of nothing else. The same data make the same text and the same bytes of PDF, whose date
// is given. Both forms have the same words. Every date that a clock ends on can be shown with the days that were counted and
// those that were passed over. Every time stands there with its zone, and where evidence depends on it in UTC too. Where a letter states a
// legal default it says that counsel confirms it. Nothing is said about fees but what the body itself set. Whatever is not given in full is
// told with the law that it rests on and with what the requester may do. A certification is a draft, says so on every page, and is not signed.
//
// The words are short and blame nobody: a letter is for somebody who has never read one of ours.
//
// A PDF has the typefaces' glyphs that it uses, a map back to characters, and its structure - headings, paragraphs, lists, reading order,
// language - so that readers that speak can read it. Characters that the typefaces have not (Chinese, say) are shown as a sign for
// that in the PDF and stand in the text. Scripts that join their letters are not joined.
//
// Memory: a letter, and about 1.5 MB of typefaces with the program. Locks: none; everything is read-only once it is made.
//
// Does not: decide, send, sign, keep, read a clock.
package letter
