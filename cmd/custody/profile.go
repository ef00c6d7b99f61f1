package main

import (
	"os"
	"runtime/pprof"

	"github.com/footage-custody/custody/internal/custody"
)

// startProfile writes a CPU profile to a file until the returned function is called; no file, no profile.
func startProfile(path string) (end func(), err error) {
	if path == "" {
		return func() {}, nil
	}
	f, err := os.Create(path)
	if err == nil {
		err = pprof.StartCPUProfile(f)
	}
	if err != nil {
		return nil, custody.Wrap(custody.Invalid, err, "--cpuprofile: %s cannot be written", path)
	}
	return func() { pprof.StopCPUProfile(); f.Close() }, nil
}
