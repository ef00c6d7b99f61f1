package custody

import (
	"errors"
	"fmt"
)

// Kind says what sort of trouble an error is. One map, at the door, turns a Kind into a status; on
// the command line Invalid is exit code 2 and every other Kind exit code 1.
type Kind uint8

const (
	Internal    Kind = iota // a fault of ours; the zero Kind, so an unclassified error is never the caller's
	Invalid                 // the input is wrong; the public sentence names the field and the remedy
	NotFound                // does not exist, or is not yours to know about
	Denied                  // you may know of it but not do this
	Conflict                // the state is not the one you judged
	Exists                  // already there, and different
	Unavailable             // a part we need is down, full or slow; retry later
	Corrupt                 // stored bytes are not what was sealed
	Exhausted               // a declared limit was reached
)

var kindNames = [...]string{"internal", "invalid", "not-found", "denied", "conflict", "exists", "unavailable", "corrupt", "exhausted"}

// String is the Kind's stable name in logs and problem documents.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "internal"
}

// Error is a Kind, a sentence that a user may read, and a private cause for the log. The sentence
// never contains a secret.
type Error struct {
	Kind   Kind
	Public string
	Cause  error
}

// Error returns the public sentence and, for the log, the cause. Show PublicText to users.
func (e *Error) Error() string {
	if e.Cause == nil {
		return e.Public
	}
	return e.Public + ": " + e.Cause.Error()
}

// Unwrap returns the private cause.
func (e *Error) Unwrap() error { return e.Cause }

// Errorf makes an Error with a public sentence and no cause.
func Errorf(k Kind, format string, args ...any) *Error {
	return &Error{Kind: k, Public: fmt.Sprintf(format, args...)}
}

// Wrap puts a Kind and a public sentence before a cause. It returns nil if cause is nil.
func Wrap(k Kind, cause error, format string, args ...any) error {
	if cause == nil {
		return nil
	}
	return &Error{Kind: k, Public: fmt.Sprintf(format, args...), Cause: cause}
}

// KindOf returns the Kind of the outermost Error in err's chain, Internal if there is none.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// PublicText is what a user may read of err.
func PublicText(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Public
	}
	return "something went wrong on our side"
}
