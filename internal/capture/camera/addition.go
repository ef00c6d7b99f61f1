package camera

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Limits of what a person may enter.
const (
	MaxName = 80   // characters
	MaxURL  = 2048 // bytes
)

// Addition is a camera about to be registered. It has been checked: only NewAddition and the list parsers make
// one, and the zero Addition is refused. Like Credentials it never prints a password.
type Addition struct {
	name, place    string
	class          access.Class
	audio, enabled bool
	streams        []source
}

// source is a stream without its id; its URL has no user info.
type source struct {
	role      media.StreamRole
	url       string
	host      string // with the port
	transport string
	login     Credentials
}

// Input is what a person enters about a camera. URLs may carry a user and a password, which are moved to the encrypted
// credentials; User and Password are then to be left empty. It is never kept, and never printed.
type Input struct {
	redacted
	Name           string       // 1 to 80 printable characters
	Place          string       // where it is, for people, such as "Main entrance, ground floor": at most 80 printable characters
	Class          access.Class // what it shows; empty for public-area
	URL            string       // main stream: rtsp:// or rtsps://
	SubURL         string       // sub stream; may be empty
	User, Password string       // for both streams
	Transport      string       // "tcp" (also if empty) or "udp"; rtsps is always tcp
	Audio          bool
	Disabled       bool
}

// NewAddition checks an Input. Everything that is wrong with it is reported at once, as Invalid, by field and without
// repeating what was entered.
func NewAddition(in Input) (Addition, error) {
	a, problems := in.check()
	return a, problems.err("the camera cannot be added")
}

func (in Input) check() (Addition, problems) {
	var ps problems
	a := Addition{name: in.Name, place: in.Place, class: cmp.Or(in.Class, access.PublicArea), audio: in.Audio, enabled: !in.Disabled}
	checkText(&ps, "name", in.Name, 1)
	checkText(&ps, "place", in.Place, 0)
	checkClass(&ps, a.class)
	shared, err := NewCredentials(in.User, in.Password)
	if err != nil {
		ps.add(0, "user, password: %s", custody.PublicText(err))
	}
	addresses := []struct {
		field string
		role  media.StreamRole
		text  string
	}{{"url", media.Main, in.URL}, {"sub_url", media.Sub, in.SubURL}}
	for _, at := range addresses {
		if at.text == "" && at.role == media.Sub {
			continue
		}
		s, err := parseSource(at.role, at.text, in.Transport, shared)
		if err != nil {
			ps.add(0, "%s: %s", at.field, custody.PublicText(err))
			continue
		}
		if len(a.streams) == 1 && s.login.None() && a.streams[0].host == s.host {
			s.login = a.streams[0].login // one device, one login; never sent to another
		}
		a.streams = append(a.streams, s)
	}
	if len(ps) > 0 {
		return Addition{}, ps
	}
	return a, nil
}

// parseSource splits an RTSP URL from its credentials. No error repeats any part of the URL.
func parseSource(role media.StreamRole, text, transport string, shared Credentials) (source, error) {
	if text == "" || len(text) > MaxURL || !isPlain(text) || strings.ContainsFunc(text, unicode.IsSpace) {
		return source{}, custody.Errorf(custody.Invalid, "it must be an RTSP URL of 1 to %d bytes without spaces", MaxURL)
	}
	u, err := url.Parse(text)
	if err != nil { // the cause repeats the URL
		return source{}, custody.Errorf(custody.Invalid, "it is not a URL: write it like rtsp://192.0.2.7:554/stream1, and percent-encode special characters")
	}
	switch {
	case u.Scheme != "rtsp" && u.Scheme != "rtsps":
		return source{}, custody.Errorf(custody.Invalid, "it must begin with rtsp:// or rtsps://")
	case u.Hostname() == "" || u.Opaque != "":
		return source{}, custody.Errorf(custody.Invalid, "it must name the camera's host, like rtsp://192.0.2.7/stream1")
	case !validPort(u):
		return source{}, custody.Errorf(custody.Invalid, "its port must be a number from 1 to 65535")
	case u.Fragment != "" || u.RawFragment != "":
		return source{}, custody.Errorf(custody.Invalid, "it must not have a part after #")
	case hasOpenPassword(u):
		return source{}, custody.Errorf(custody.Invalid, "it carries a password in its path or query, where it cannot be encrypted: use the camera's ordinary RTSP login")
	}
	if transport, err = chooseTransport(u.Scheme, transport); err != nil {
		return source{}, err
	}
	s := source{role: role, host: u.Host, transport: transport, login: shared}
	if u.User != nil {
		password, _ := u.User.Password()
		own, err := NewCredentials(u.User.Username(), password)
		if err != nil {
			return source{}, err
		}
		if !own.None() && !shared.None() {
			return source{}, custody.Errorf(custody.Invalid, "give the user and password either in the URL or beside it, not both")
		}
		s.login, u.User = own, nil
	}
	s.url = u.String()
	return s, nil
}

func validPort(u *url.URL) bool {
	if u.Port() == "" {
		return !strings.HasSuffix(u.Host, ":")
	}
	n, err := strconv.ParseUint(u.Port(), 10, 16)
	return err == nil && n > 0
}

// hasOpenPassword recognises the vendors' habit of putting a login into the path or the query.
func hasOpenPassword(u *url.URL) bool {
	for _, part := range []string{u.Path, u.RawQuery} {
		text, err := url.QueryUnescape(part)
		if err != nil {
			text = part
		}
		text = strings.ToLower(text)
		for _, mark := range []string{"password=", "passwd=", "passwort=", "pass=", "pwd=", "psw="} {
			if strings.Contains(text, mark) {
				return true
			}
		}
	}
	return false
}

func chooseTransport(scheme, transport string) (string, error) {
	switch {
	case transport == "" || transport == "tcp":
		return "tcp", nil
	case transport != "udp":
		return "", custody.Errorf(custody.Invalid, "the transport must be tcp or udp")
	case scheme == "rtsps":
		return "", custody.Errorf(custody.Invalid, "rtsps is always carried by tcp: leave the transport out")
	}
	return "udp", nil
}

// checkText adds what is wrong with a name or a place.
func checkText(ps *problems, field, s string, least int) {
	n := utf8.RuneCountInString(s)
	switch {
	case n < least || n > MaxName || !utf8.ValidString(s) || strings.TrimSpace(s) != s ||
		strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }):
		ps.add(0, "%s: it must have %d to %d printable characters and no space at either end", field, least, MaxName)
	case namesPrivateRoom(s):
		ps.add(0, "%s: no camera may be placed in a restroom, locker room or another place where people undress (Iowa Code ch. 27); "+
			"if it shows the way there, name it after what it shows", field)
	}
}

func checkClass(ps *problems, c access.Class) {
	if !slices.Contains(access.Classes(), c) {
		ps.add(0, "class: it must be public-area, staff-area or library-record")
	}
}

// isPlain reports valid text without control characters.
func isPlain(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

// Name is the camera's name.
func (a Addition) Name() string { return a.name }

// String is the camera's name, so that printing an Addition shows nothing else.
func (a Addition) String() string { return a.name }
