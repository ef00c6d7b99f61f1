//go:build !linux

package ingest

import "syscall"

// setLowWater does nothing: elsewhere a deadline beside a low-water mark does not deliver what came.
func setLowWater(syscall.RawConn, int) {}
