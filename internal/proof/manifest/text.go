package manifest

import (
	"bytes"
	"encoding/hex"
	"encoding/json"

	"github.com/footage-custody/custody/internal/custody"
)

// Time is an instant as the documents of a package write it: RFC 3339 in UTC with six decimals.
type Time custody.Instant

// MarshalText writes the one spelling.
func (t Time) MarshalText() ([]byte, error) { return []byte(custody.Instant(t).String()), nil }

// UnmarshalText reads that spelling and no other.
func (t *Time) UnmarshalText(b []byte) error {
	i, err := custody.ParseInstant(string(b))
	if err != nil || i.String() != string(b) {
		return custody.Errorf(custody.Corrupt, "%q is not a time in UTC with six decimals", clip(string(b), 40))
	}
	*t = Time(i)
	return nil
}

// String is the spelling.
func (t Time) String() string { return custody.Instant(t).String() }

// Span is [Start, End) in UTC.
type Span struct {
	Start Time `json:"start"`
	End   Time `json:"end"`
}

// SpanOf is the span as documents write it.
func SpanOf(s custody.Span) Span { return Span{Time(s.Start), Time(s.End)} }

// In is the span as the house counts it.
func (s Span) In() custody.Span {
	return custody.Span{Start: custody.Instant(s.Start), End: custody.Instant(s.End)}
}

// Digest is a SHA-256 digest, 64 lower-case hexadecimal digits in text.
type Digest [32]byte

// MarshalText writes the digits.
func (d Digest) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(d[:])), nil }

// UnmarshalText reads exactly 64 lower-case digits.
func (d *Digest) UnmarshalText(b []byte) error { return unhex(d[:], b) }

// String is the digits.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// Salt is the salt of a leaf, 32 lower-case hexadecimal digits in text.
type Salt [16]byte

// MarshalText writes the digits.
func (s Salt) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(s[:])), nil }

// UnmarshalText reads exactly 32 lower-case digits.
func (s *Salt) UnmarshalText(b []byte) error { return unhex(s[:], b) }

func unhex(to, b []byte) error {
	if len(b) != 2*len(to) || !bytes.Equal(bytes.ToLower(b), b) {
		return custody.Errorf(custody.Corrupt, "a digest has %d lower-case hexadecimal digits", 2*len(to))
	}
	_, err := hex.Decode(to, b)
	return err
}

// encode writes a document: two spaces of indent, the members as the types list them, a line feed at the end.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return nil, custody.Wrap(custody.Internal, err, "a document of the package could not be written")
	}
	return b.Bytes(), nil
}

// encodeLine writes a document on one line.
func encodeLine(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, custody.Wrap(custody.Internal, err, "a line of the package could not be written")
	}
	return b.Bytes(), nil
}

// decode reads what encoding with write gave and nothing else, so that no two readers can understand a document differently.
func decode(b []byte, to any, write func(any) ([]byte, error)) error {
	if err := json.Unmarshal(b, to); err != nil {
		return custody.Wrap(custody.Corrupt, err, "it is not the document that belongs there")
	}
	again, err := write(to)
	if err != nil || !bytes.Equal(again, b) {
		return custody.Errorf(custody.Corrupt, "it is not written in its one form (an unknown or repeated member, or other spacing)")
	}
	return nil
}

// clip shortens text that somebody else chose, before it is shown.
func clip(s string, n int) string {
	if len(s) > n {
		return s[:n] + "..."
	}
	return s
}
