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
	"time"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/site/config"
)

// smallDisk mounts a file system of that many bytes for the length of the test. Who may not mount runs the test again in a user
// namespace of its own, where he may; then it returns false, because that run has proved everything.
func smallDisk(t *testing.T, size string) (dir string, here bool) {
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

// ballast fills the disk until only left bytes are free, as another program would.
func ballast(t *testing.T, dir string, left int64) (path string) {
	t.Helper()
	path = filepath.Join(dir, "ballast")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if left > 0 {
		if err := syscall.Fallocate(int(f.Fd()), 0, 0, free(t, dir)-left); err != nil {
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

func free(t *testing.T, dir string) int64 {
	t.Helper()
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		t.Fatal(err)
	}
	return int64(st.Bavail) * st.Bsize
}

// TestTheDiskFillsUp: cameras of 4 Mbit/s fill a small disk that also holds the database and the objects. Recording stops at the
// reserve, says so, and goes on by itself when there is room. Then another program takes the last byte at once, and at last the spool
// reaches its own limit.
func TestTheDiskFillsUp(t *testing.T) {
	t.Parallel()
	const cameras, reserve = 3, 256 << 20
	dir, here := smallDisk(t, "480m")
	if !here {
		return
	}
	farm := Farm(t, simcam.Options{Count: cameras, Profile: simcam.Bench, Ledger: 1 << 18, Now: time.Now})
	site := New(t, Options{Edit: func(c *config.Config) {
		zone, origin := c.Site, c.Operator
		*c = config.Default(filepath.Join(dir, "data"))
		c.Site, c.Operator = zone, origin
		c.Spool.MinFreeBytes = reserve
	}})
	site.Add(farm.Cameras()...)
	stored := site.Open()
	p := site.Serve()
	says := func(line string) func() bool { return func() bool { return metricLine(t, p, line) } }
	alarm, fullGap := says(`custody_alarm{alarm="storage-full"} 1`), says("custody_stream_gap_open{")
	recording := func() bool { return !fullGap() && !alarm() }
	WaitUntil(t, time.Minute, "all cameras record", func() bool { return recording() && Sent(farm.Cameras()[cameras-1]) > 60 })

	// The cameras use up the last 8 MiB above the reserve by themselves.
	path := ballast(t, dir, reserve+8<<20)
	WaitUntil(t, time.Minute, "the disk is full", func() bool { return alarm() && fullGap() })
	if left := free(t, dir); left < reserve-16<<20 {
		t.Errorf("%d bytes are left: recording did not stop at the reserve of %d", left, reserve)
	}
	WaitUntil(t, time.Minute, "the database tells of it", func() bool { return len(openAlarms(t, stored)) > 0 })
	lasting := time.NewTimer(Scaled(5*time.Second, time.Minute))
	<-lasting.C
	before := time.Now()
	remove(t, path)
	WaitUntil(t, 10*time.Second, "recording resumes by itself", recording)
	t.Logf("recording again %v after there was room", time.Since(before).Round(time.Millisecond))

	// Another program takes everything at once, the reserve too.
	path = ballast(t, dir, 0)
	WaitUntil(t, time.Minute, "the disk is full", func() bool { return alarm() && fullGap() })
	lasting.Reset(Scaled(8*time.Second, time.Minute))
	<-lasting.C
	before = time.Now()
	remove(t, path)
	WaitUntil(t, 30*time.Second, "recording resumes by itself", recording)
	t.Logf("recording again %v after there was room", time.Since(before).Round(time.Millisecond))

	// The spool outgrows its own limit: a file without blocks stands for hours without the object store.
	path = filepath.Join(site.Conf.Spool.Dir, "large.spool")
	if err := errors.Join(os.WriteFile(path, nil, 0o600), os.Truncate(path, int64(site.Conf.Spool.MaxBytes))); err != nil {
		t.Fatal(err)
	}
	WaitUntil(t, time.Minute, "the spool is at its limit", func() bool { return alarm() && fullGap() })
	remove(t, path)
	WaitUntil(t, 10*time.Second, "recording resumes by itself", recording)
	WaitUntil(t, 2*time.Minute, "every alarm is over", func() bool {
		return len(openAlarms(t, stored)) == 0 && !metricLine(t, p, "custody_alarm{")
	})
	still(t, farm.Cameras())
	p.Stop()
	for _, c := range farm.Cameras() {
		wantFullGaps(t, stored, farm, c)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

// wantFullGaps proves that the gaps of cause storage-full are exactly where frames are missing.
func wantFullGaps(t *testing.T, stored *Stored, farm *simcam.Farm, cam *simcam.Camera) {
	t.Helper()
	units, gaps := stored.Units(CameraName(cam)), stored.Gaps(CameraName(cam))
	for _, g := range gaps {
		t.Logf("%s: %s %s %s", CameraName(cam), g.Cause, g.Span, g.Detail)
	}
	holes := Holes(t, units, farm, cam)
	if len(holes) != 3 {
		t.Errorf("%s: frames are missing in %d places, there was no room three times", CameraName(cam), len(holes))
	}
	TruthfulGaps(t, units, gaps, holes, media.GapStorageFull, time.Second/15)
}
