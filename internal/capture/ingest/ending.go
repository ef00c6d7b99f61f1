package ingest

import (
	"encoding/base64"
	"errors"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/liberrors"

	"github.com/footage-custody/custody/internal/media"
)

// ending says how an attempt ended.
type ending struct {
	cause  media.GapCause
	detail string // one sentence, no secrets, at most 200 bytes
	class  class
	fault  *fault
	err    error // nil when stopped on purpose
	length time.Duration
	units  uint64
}

const maxDetail = 200

// refusal is a reason of ours not to go on with a camera; its text is fit for a gap's detail.
type refusal string

func (r refusal) Error() string { return string(r) }

// classify says what an error means. stage is what was being done: "connect", an RTSP method, or "play".
func (a *attempt) classify(stage string, err error) ending {
	e := ending{err: err, cause: media.GapUnreachable, class: notReady}
	var (
		refused refusal
		broken  fault
		status  liberrors.ErrClientBadStatusCode
		network *net.OpError
	)
	switch {
	case errors.As(err, &broken):
		e.cause, e.class, e.fault, e.detail = media.GapFault, unwelcome, &broken, broken.Error()
	case errors.As(err, &refused):
		e.cause, e.class, e.detail = media.GapRefused, unwelcome, refused.Error()
	case isOurs(err):
		e.cause, e.class, e.detail = media.GapRefused, unwelcome, err.Error()
	case errors.Is(err, errSlow):
		e.detail = err.Error()
	case errors.As(err, &status):
		a.status(&e, stage, status)
	case stage == "play":
		e.cause, e.detail = media.GapClosed, "the camera ended the session"
	case errors.As(err, &network) && network.Op == "dial":
		e.class, e.detail = away, a.clean("the camera cannot be reached: "+network.Error())
	default:
		e.detail = a.clean("the camera did not complete " + stage + ": " + err.Error())
	}
	e.detail = strings.ToValidUTF8(e.detail[:min(len(e.detail), maxDetail)], "")
	return e
}

// isOurs reports that a limit of ours was passed: the peer is no camera, or a hostile one.
func isOurs(err error) bool {
	for _, limit := range [...]error{errFraming, errMessage, errTalkative, errUnread, errBadPackets, errDeaf, errFlood, errRestless} {
		if errors.Is(err, limit) {
			return true
		}
	}
	return false
}

// status explains an RTSP status code (RFC 2326 §7.1.1).
func (a *attempt) status(e *ending, stage string, s liberrors.ErrClientBadStatusCode) {
	switch s.Code {
	case 401, 403:
		e.cause, e.class = media.GapRefused, unwelcome
		e.detail = "the camera did not accept the user name and password"
		if a.s.src.User == "" {
			e.detail = "the camera asks for a user name and password"
		}
	case 404:
		e.detail = "the camera does not know the path of the address (404)"
	case 461:
		e.cause, e.class = media.GapRefused, unwelcome
		e.detail = "the camera does not offer RTP over " + a.s.target.transport + " (461)"
	default:
		e.detail = a.clean("the camera answered " + stage + " with " + s.Error())
	}
}

// clean makes a text that may quote the camera or the library fit for a detail: printable, and if it holds
// anything of the password, withheld.
func (a *attempt) clean(text string) string {
	secret := a.s.src.Password
	if secret != "" {
		basic := base64.StdEncoding.EncodeToString([]byte(a.s.src.User + ":" + secret))
		for _, form := range [...]string{secret, url.QueryEscape(secret), url.PathEscape(secret), basic} {
			if strings.Contains(text, form) {
				return "the camera's answer could not be used (its text is withheld: it quotes the password)"
			}
		}
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, text)
}
