package bench

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Machine says where the figures come from, and how fast the two things are today that every recorder
// waits for: a neighbour, or memory that was never touched before, shows here.
type Machine struct {
	CPU       string  `json:"cpu"`
	Cores     int     `json:"cores"`
	MemoryGiB float64 `json:"memory_gib"`
	Kernel    string  `json:"kernel"`
	Go        string  `json:"go"`
	SHA256    float64 `json:"sha256_mb_s"` // of one core
	WriteCost float64 `json:"write_ms_mb"` // CPU of the kernel to take one MB into a new file
}

func machine(dir string) Machine {
	m := Machine{Cores: runtime.NumCPU(), Go: runtime.Version(), SHA256: hashRate(), WriteCost: writeCost(dir)}
	info, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(info)) {
		if k, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(k) == "model name" {
			m.CPU = strings.TrimSpace(v)
			break
		}
	}
	mem, _ := os.ReadFile("/proc/meminfo")
	m.MemoryGiB = float64(kilobytes(mem, "MemTotal:")) / (1 << 30)
	release, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	m.Kernel = string(bytes.TrimSpace(release))
	return m
}

// String describes the machine in one line.
func (m Machine) String() string {
	return fmt.Sprintf("%d cores %s, %.0f GiB, Linux %s, %s; SHA-256 %.0f MB/s a core; a file write costs %.2f ms/MB",
		m.Cores, m.CPU, m.MemoryGiB, m.Kernel, m.Go, m.SHA256, m.WriteCost)
}

// hashRate is in MB/s of CPU time, which a busy neighbour disturbs less than wall time.
func hashRate() float64 {
	block := make([]byte, 1<<20)
	const rounds = 200
	from := ownCPU()
	for range rounds {
		sha256.Sum256(block)
	}
	return rounds * 1.048576 / max((ownCPU()-from).Seconds(), 1e-9)
}

// writeCost is in ms of CPU a MB. In a virtual machine it rises tenfold while the kernel hands out memory that the host
// has not backed yet; recorder and control pay it alike. It is 0 if the directory cannot be written.
func writeCost(dir string) float64 {
	f, err := os.Create(filepath.Join(dir, "write-cost"))
	if err != nil {
		return 0
	}
	defer os.Remove(f.Name())
	defer f.Close()
	block := make([]byte, 1<<20)
	const rounds = 512
	from := ownCPU()
	for range rounds {
		if _, err := f.Write(block); err != nil {
			return 0
		}
	}
	return float64((ownCPU() - from).Microseconds()) / 1000 / (rounds * 1.048576)
}

// profiled writes a CPU profile of this process to a file while act works; no file, no profile.
func profiled(path string, act func() error) error {
	if path == "" {
		return act()
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return errors.Join(err, f.Close())
	}
	err = act()
	pprof.StopCPUProfile()
	return errors.Join(err, f.Close())
}

// ownCPU is the CPU time of this process.
func ownCPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// load is the machine's load average of the last minute.
func load() float64 {
	b, _ := os.ReadFile("/proc/loadavg")
	first, _, _ := strings.Cut(string(b), " ")
	l, _ := strconv.ParseFloat(first, 64)
	return l
}
