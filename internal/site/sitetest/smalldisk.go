package sitetest

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
)

// SmallDisk mounts a file system of that many bytes for the length of the test. Who may not mount runs the test again in a user
// namespace of its own, where he may; then it returns false, because that run has proved everything.
func SmallDisk(t *testing.T, size string) (dir string, here bool) {
	t.Helper()
	dir = t.TempDir()
	err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size)
	if err == nil {
		t.Cleanup(func() {
			if err := syscall.Unmount(dir, 0); err != nil {
				t.Error("unmount:", err)
			}
		})
		return dir, true
	}
	const again = "CUSTODY_TEST_IN_NAMESPACE"
	if !errors.Is(err, syscall.EPERM) || os.Getenv(again) != "" {
		t.Fatal("a small file system cannot be mounted:", err)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), again+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}}
	runtime.LockOSThread() // its parent dies with this thread
	defer runtime.UnlockOSThread()
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Error("in a user namespace of its own:", err)
	}
	return "", false
}

// Ballast fills the disk until only left bytes are free, as another program would.
func Ballast(t *testing.T, dir string, left int64) (path string) {
	t.Helper()
	path = filepath.Join(dir, "ballast")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if left > 0 {
		if err := syscall.Fallocate(int(f.Fd()), 0, 0, freeOn(t, dir)-left); err != nil {
			t.Fatal(err)
		}
		return path
	}
	if _, err := io.Copy(f, zeros{}); !errors.Is(err, syscall.ENOSPC) {
		t.Fatal("the disk takes more than it has:", err)
	}
	return path
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func freeOn(t *testing.T, dir string) int64 {
	t.Helper()
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		t.Fatal(err)
	}
	return int64(st.Bavail) * st.Bsize
}
