package simcam

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/footage-custody/custody/internal/custody"
)

// ParseFault reads a fault as the command line and the control endpoint write it: a name and, after a question
// mark, parameters as in a URL, for example "freeze?for=5s" or "lose?percent=2.5&seed=7". FaultNames lists the
// names. It fails with Invalid for an unknown name, parameter or value.
func ParseFault(s string) (Fault, error) {
	name, query, _ := strings.Cut(s, "?")
	read := grammar()[name]
	if read == nil {
		return nil, custody.Errorf(custody.Invalid, "the fault %q is not known: use one of %s", name, strings.Join(FaultNames(), ", "))
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return nil, custody.Wrap(custody.Invalid, err, "the parameters of the fault %s are not key=value pairs joined by &", name)
	}
	w := &words{fault: name, left: values}
	f := read(w)
	for key := range w.left {
		w.fail(key, "is not a parameter of this fault")
	}
	if w.err != nil {
		return nil, w.err
	}
	return f, nil
}

// FaultNames lists what ParseFault knows, sorted.
func FaultNames() []string { return slices.Sorted(maps.Keys(grammar())) }

func grammar() map[string]func(*words) Fault {
	return map[string]func(*words) Fault{
		"heal":             func(*words) Fault { return Heal{} },
		"freeze":           func(w *words) Fault { return Freeze{w.wait("for")} },
		"no-keyframe":      func(w *words) Fault { return NoKeyframe{w.wait("for")} },
		"refuse":           func(w *words) Fault { return Refuse{w.wait("for")} },
		"close-after":      func(w *words) Fault { return CloseAfter{w.wait("after")} },
		"lose":             func(w *words) Fault { return Lose{w.percent("percent"), w.seed(), w.number("next")} },
		"duplicate":        func(w *words) Fault { return Duplicate{w.percent("percent"), w.seed()} },
		"reorder":          func(w *words) Fault { return Reorder{w.percent("percent"), w.seed()} },
		"endless-fragment": func(w *words) Fault { return EndlessFragment{w.number("bytes")} },
		"wrong-sdp":        func(w *words) Fault { return WrongSDP{SDPKind(w.text("kind"))} },
		"authenticate": func(w *words) Fault {
			return Authenticate{AuthScheme(w.text("scheme")), w.text("user"), w.text("password"), w.number("stale-after")}
		},
		"redirect":          func(w *words) Fault { return Redirect{w.text("url")} },
		"slow-replies":      func(w *words) Fault { return SlowReplies{w.wait("per-byte")} },
		"no-options":        func(*words) Fault { return NoOptions{} },
		"ignore-keep-alive": func(*words) Fault { return IgnoreKeepAlive{} },
		"session-timeout":   func(w *words) Fault { return SessionTimeout{w.wait("after"), w.flag("enforce")} },
		"sender-reports": func(w *words) Fault {
			return SenderReports{w.flag("off"), w.wait("interval"), w.wait("offset"), w.real("drift-ppm"), w.ntp("ntp")}
		},
		"first-rtp": func(w *words) Fault { return FirstRTP{uint32(w.number("at"))} },
		"drop":      func(w *words) Fault { return Drop{w.flag("reset"), w.flag("mid-unit")} },
		"jump-rtp":  func(w *words) Fault { return JumpRTP{int64(w.number("ticks"))} },
		"switch":    func(w *words) Fault { return Switch{w.number("to")} },
		"huge-nal":  func(w *words) Fault { return HugeNAL{w.number("bytes")} },
		"flip-sets": func(w *words) Fault { return FlipSets{w.number("every"), SetsKind(w.text("kind"))} },
		"flip-ssrc": func(w *words) Fault { return FlipSSRC{w.number("every")} },
		"leap-rtp":  func(w *words) Fault { return LeapRTP{w.number("every"), int64(w.number("ticks"))} },
		"crumbs":    func(w *words) Fault { return Crumbs{w.number("count"), w.number("bytes")} },
		"swarm":     func(w *words) Fault { return Swarm{w.number("units")} },
		"garbage":   func(w *words) Fault { return Garbage{GarbageKind(w.text("kind")), w.number("bytes"), w.seed()} },
	}
}

// words takes a fault's parameters one by one and remembers the first that is wrong.
type words struct {
	fault string
	left  url.Values
	err   error
}

func (w *words) fail(key, why string) {
	if w.err == nil {
		w.err = custody.Errorf(custody.Invalid, "the fault %s: %s %s", w.fault, key, why)
	}
}

func (w *words) text(key string) string {
	v := w.left.Get(key)
	w.left.Del(key)
	return v
}

func (w *words) flag(key string) bool { v := w.text(key); return v == "true" || v == "1" }

func (w *words) wait(key string) time.Duration {
	v := w.text(key)
	if v == "" {
		return 0
	}
	d, err := time.ParseDuration(v)
	if err != nil {
		w.fail(key, "is not a duration: write it like 5s or 200ms")
	}
	return d
}

func (w *words) number(key string) int {
	v := w.text(key)
	if v == "" {
		return 0
	}
	n, err := strconv.ParseInt(v, 0, 64)
	if err != nil {
		w.fail(key, "is not a whole number")
	}
	return int(n)
}

func (w *words) seed() uint64 { return uint64(w.number("seed")) }

func (w *words) real(key string) float64 {
	v := w.text(key)
	if v == "" {
		return 0
	}
	x, err := strconv.ParseFloat(v, 64)
	if err != nil {
		w.fail(key, "is not a number")
	}
	return x
}

func (w *words) percent(key string) float64 {
	x := w.real(key)
	if !(x >= 0 && x <= 100) {
		w.fail(key, "is not between 0 and 100")
	}
	return x
}

func (w *words) ntp(key string) *uint64 {
	v := w.text(key)
	if v == "" {
		return nil
	}
	n, err := strconv.ParseUint(v, 0, 64)
	if err != nil {
		w.fail(key, "is not a 64-bit number")
	}
	return &n
}
