package station

import (
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/footage-custody/custody/internal/custody"
)

// Machine returns the machine's own clocks. It fails with Unavailable where the kernel has no CLOCK_BOOTTIME.
func Machine() (Sources, error) {
	if _, err := bootTime(); err != nil {
		return Sources{}, custody.Wrap(custody.Unavailable, err, "this kernel has no monotonic clock that counts suspension")
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		boot = nil // an unknown boot: a restart then reserves time instead of trusting the monotonic clock
	}
	return Sources{
		Wall: time.Now,
		Mono: func() time.Duration { d, _ := bootTime(); return d },
		Boot: strings.TrimSpace(string(boot)),
	}, nil
}

func bootTime() (time.Duration, error) {
	var ts unix.Timespec
	err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts)
	return time.Duration(ts.Nano()), err
}

// Adjtimex is the Kernel of a Linux machine. It only reads.
type Adjtimex struct{}

// Look implements Kernel.
func (Adjtimex) Look() (KernelTime, error) {
	var x unix.Timex
	state, err := unix.Adjtimex(&x)
	if err != nil {
		return KernelTime{}, custody.Wrap(custody.Unavailable, err, "the kernel did not tell the state of its clock")
	}
	offset := time.Duration(x.Offset) * time.Microsecond
	if x.Status&unix.STA_NANO != 0 {
		offset = time.Duration(x.Offset)
	}
	return KernelTime{
		Synchronised: state != unix.TIME_ERROR && x.Status&unix.STA_UNSYNC == 0,
		Offset:       offset,
		MaxError:     time.Duration(x.Maxerror) * time.Microsecond,
		EstError:     time.Duration(x.Esterror) * time.Microsecond,
		Status:       x.Status,
	}, nil
}
