package sitetest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Vitals are what a process takes of the machine at one moment.
type Vitals struct {
	RSS         int64 // bytes
	CPU         time.Duration
	Goroutines  int
	Descriptors int
	UDP         int // sockets
}

// String is for a test's log.
func (v Vitals) String() string {
	return fmt.Sprintf("%d MiB, %.1f s CPU, %d goroutines, %d descriptors, %d UDP sockets", v.RSS>>20, v.CPU.Seconds(), v.Goroutines, v.Descriptors, v.UDP)
}

// Vitals looks at the process as the kernel does; the goroutines are what it says on /metrics.
func (p *Process) Vitals() Vitals {
	p.s.t.Helper()
	v, err := p.vitals()
	if err != nil {
		p.s.t.Fatal(err)
	}
	return v
}

var residentSize, goroutines = regexp.MustCompile(`VmRSS:\s+(\d+) kB`), regexp.MustCompile(`(?m)^go_goroutines (\d+)`)

func (p *Process) vitals() (v Vitals, err error) {
	proc := fmt.Sprintf("/proc/%d/", p.PID())
	status, err := os.ReadFile(proc + "status")
	if err != nil {
		return v, err
	}
	kib, err := number(residentSize, status)
	if err != nil {
		return v, err
	}
	v.RSS = int64(kib) << 10
	if v.CPU, err = cpuTime(proc); err != nil {
		return v, err
	}
	if v.Descriptors, v.UDP, err = sockets(proc); err != nil {
		return v, err
	}
	r, err := http.Get("http://" + p.Metrics() + "/metrics")
	if err != nil {
		return v, err
	}
	defer r.Body.Close()
	page, err := io.ReadAll(io.LimitReader(r.Body, 16<<20))
	if err != nil {
		return v, err
	}
	v.Goroutines, err = number(goroutines, page)
	return v, err
}

func number(in *regexp.Regexp, text []byte) (int, error) {
	m := in.FindSubmatch(text)
	if m == nil {
		return 0, fmt.Errorf("%s is nowhere in %d bytes", in, len(text))
	}
	return strconv.Atoi(string(m[1]))
}

// cpuTime is user and system time (proc(5), stat fields 14 and 15, in hundredths of a second).
func cpuTime(proc string) (time.Duration, error) {
	stat, err := os.ReadFile(proc + "stat")
	if err != nil {
		return 0, err
	}
	f := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(f) < 13 {
		return 0, fmt.Errorf("%sstat has %d fields", proc, len(f))
	}
	user, err1 := strconv.Atoi(f[11])
	system, err2 := strconv.Atoi(f[12])
	if err1 != nil || err2 != nil {
		return 0, fmt.Errorf("%sstat is not made of numbers", proc)
	}
	return time.Duration(user+system) * 10 * time.Millisecond, nil
}

// sockets counts open descriptors, and those of them that are UDP sockets.
func sockets(proc string) (all, udp int, err error) {
	inodes := map[string]bool{}
	for _, table := range [...]string{"net/udp", "net/udp6"} {
		text, err := os.ReadFile(proc + table)
		if err != nil {
			return 0, 0, err
		}
		for line := range strings.Lines(string(text)) {
			if f := strings.Fields(line); len(f) > 9 {
				inodes["socket:["+f[9]+"]"] = true
			}
		}
	}
	open, err := os.ReadDir(proc + "fd")
	if err != nil {
		return 0, 0, err
	}
	for _, d := range open {
		if name, err := os.Readlink(proc + "fd/" + d.Name()); err == nil && inodes[name] {
			udp++
		}
	}
	return len(open), udp, nil
}
