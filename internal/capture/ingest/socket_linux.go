package ingest

import "syscall"

// setLowWater asks the kernel to report the socket readable only once it holds n bytes (SO_RCVLOWAT), or its end. A kernel
// that refuses costs wake-ups, nothing else.
func setLowWater(c syscall.RawConn, n int) {
	c.Control(func(fd uintptr) {
		syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVLOWAT, n)
	})
}
