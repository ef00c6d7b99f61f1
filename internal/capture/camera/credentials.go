package camera

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
)

const hidden = "[redacted]"

// redacted gives the type that embeds it a blank face to fmt, slog, encoding/json and whatever uses
// encoding.TextMarshaler.
type redacted struct{}

func (redacted) String() string               { return hidden }
func (redacted) GoString() string             { return hidden }
func (redacted) Format(s fmt.State, _ rune)   { _, _ = io.WriteString(s, hidden) }
func (redacted) LogValue() slog.Value         { return slog.StringValue(hidden) }
func (redacted) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }
func (redacted) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// Credentials are a camera's user and password. The zero Credentials are none. Every way of printing or
// marshalling them yields "[redacted]"; they must be asked for by name.
type Credentials struct {
	redacted
	login **login // two pointers, because fmt follows one when a verb does not fit
}

type login struct {
	User     string `json:"user"`
	Password string `json:"password"`
}

const maxCredential = 256

// NewCredentials checks and hides a user and a password. Both empty are the zero Credentials. It fails with Invalid, without
// repeating either, if one is longer than 256 bytes or holds a control character, if there is a password but no user, or
// if the user holds a colon (RFC 7617 §2).
func NewCredentials(user, password string) (Credentials, error) {
	switch {
	case user == "" && password == "":
		return Credentials{}, nil
	case user == "":
		return Credentials{}, custody.Errorf(custody.Invalid, "there is a password but no user")
	case len(user) > maxCredential || !isPlain(user) || strings.Contains(user, ":"):
		return Credentials{}, custody.Errorf(custody.Invalid, "the user must be text of at most %d bytes without a colon", maxCredential)
	case len(password) > maxCredential || !isPlain(password):
		return Credentials{}, custody.Errorf(custody.Invalid, "the password must be text of at most %d bytes", maxCredential)
	}
	l := &login{user, password}
	return Credentials{login: &l}, nil
}

// None reports whether there are no credentials.
func (c Credentials) None() bool { return c.login == nil }

// User is the user's name; empty if there is none.
func (c Credentials) User() string { return c.reveal().User }

// Password is the secret itself. It is for the RTSP client alone.
func (c Credentials) Password() string { return c.reveal().Password }

func (c Credentials) reveal() login {
	if c.login == nil {
		return login{}
	}
	return **c.login
}

// seal is the form that is encrypted.
func (c Credentials) seal() ([]byte, error) { return json.Marshal(c.reveal()) }

func unsealCredentials(plain []byte) (Credentials, error) {
	l := new(login)
	if err := json.Unmarshal(plain, l); err != nil {
		return Credentials{}, custody.Errorf(custody.Corrupt, "the stored credentials cannot be read: set them again")
	}
	return NewCredentials(l.User, l.Password)
}
