package identity

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
)

const hidden = "[redacted]"

// Secret is a password, a code or a token on its way through. Convert it to a string to have its text; every way of printing
// or marshalling it yields "[redacted]".
type Secret string

// String is the face for fmt where Format is not asked.
func (Secret) String() string { return hidden }

// GoString is the face for %#v.
func (Secret) GoString() string { return hidden }

// Format is the face for every other verb.
func (Secret) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, hidden) }

// LogValue is the face for log/slog.
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalJSON is the face for encoding/json; there is no way back.
func (Secret) MarshalJSON() ([]byte, error) { return json.Marshal(hidden) }

// MarshalText is the face for encoding.TextMarshaler.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }
