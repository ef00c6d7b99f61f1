package sitetest

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/footage-custody/custody/storage/db/dbtest"
	"github.com/footage-custody/custody/storage/object/objecttest/gateway"
)

// A recorder of eight cameras is killed again and again: while it records, while it starts and recovers, and between
// two steps on its disk. Each time at most the fragment being filled is lost, the loss is a gap, and what is stored is whole.
func TestKilledAtAnyMoment(t *testing.T) {
	killSeries(t, New(t, Options{}), Scaled(10, 100), rand.New(rand.NewPCG(2, 1)))
}

// The same on PostgreSQL and a real S3 server.
func TestKilledAtAnyMomentOnPostgresAndS3(t *testing.T) {
	s3, err := gateway.Start(t.Context(), gateway.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s3.Stop)
	killSeries(t, New(t, Options{Postgres: dbtest.Server(t), S3: s3}), Scaled(3, 20), rand.New(rand.NewPCG(2, 2)))
}

func killSeries(t *testing.T, site *Site, kills int, random *rand.Rand) {
	l := newLoad(t)
	site.Add(l.cams...)
	var deaths []death
	for k := range kills {
		deaths = append(deaths, l.killOnce(t, site, k, random))
		if k%3 == 2 { // at other times the next start finds everything as it was
			site.consistent(t, l)
		}
	}
	p := site.Serve()
	l.settledIn(t)
	p.Stop()
	l.proves(t, site, deaths)
}

// killOnce starts the recorder and kills it in one of three ways in turn.
func (l *load) killOnce(t *testing.T, site *Site, k int, random *rand.Rand) death {
	t.Helper()
	p := site.Launch()
	var how string
	switch k % 4 {
	case 0, 3:
		wait := 300*time.Millisecond + time.Duration(random.Int64N(int64(3700*time.Millisecond)))
		if k%20 == 19 { // long enough for a steady camera's segment to be full
			wait += time.Duration(random.Int64N(int64(60 * time.Second)))
		}
		how = fmt.Sprintf("kill %d, %s after it said that it records", k, wait)
		until(t, p, p.Recording(), startWithin)
		until(t, p, time.After(wait), wait+time.Second)
	case 2:
		steps := 1 + random.IntN(250)
		how = fmt.Sprintf("kill %d, at step %d on the disk", k, steps)
		until(t, p, site.steps(t, steps), 5*time.Second)
	case 1:
		wait := time.Duration(random.Int64N(int64(250 * time.Millisecond)))
		how = fmt.Sprintf("kill %d, %s into the start", k, wait)
		until(t, p, time.After(wait), wait+time.Second)
	}
	live := false
	select {
	case <-p.Recording():
		live = true
	default:
	}
	t.Logf("%s, recording: %t", how, live)
	return l.note(how, p.Kill)
}

// until waits for a signal, at most so long; a recorder that ends by itself fails the test.
func until[T any](t *testing.T, p *Process, signal <-chan T, within time.Duration) {
	t.Helper()
	select {
	case <-signal:
	case <-time.After(within):
	case <-p.Ended():
		t.Fatalf("custody serve ended by itself: %v\n%s", p.err, p.Log())
	}
}

// consistent proves that a killed site has no row without its object.
func (s *Site) consistent(t *testing.T, l *load) {
	t.Helper()
	stored := s.Open()
	stored.rows(t, l.cams)
	if err := stored.DB.Close(); err != nil {
		t.Error(err)
	}
}

// settledIn waits until every camera that is never interrupted has sent some seconds more.
func (l *load) settledIn(t *testing.T) {
	t.Helper()
	goal := make([]uint64, steady)
	for i := range goal {
		goal[i] = Sent(l.cams[i]) + 60
	}
	WaitUntil(t, 30*time.Second, "all cameras send again", func() bool {
		for i, n := range goal {
			if Sent(l.cams[i]) < n {
				return false
			}
		}
		return true
	})
}

// steps is closed at the nth change of a name in the spool, the object store's temporary directory or the database's,
// which is where the commit protocol's steps show. On another store the spool and the data directory alone are watched.
func (s *Site) steps(t *testing.T, n int) <-chan struct{} {
	t.Helper()
	fd, err := syscall.InotifyInit1(syscall.IN_CLOEXEC | syscall.IN_NONBLOCK)
	if err != nil {
		t.Fatal(err)
	}
	f := os.NewFile(uintptr(fd), "inotify")
	t.Cleanup(func() { f.Close() })
	const names = syscall.IN_CREATE | syscall.IN_DELETE | syscall.IN_MOVED_TO | syscall.IN_MODIFY
	dirs, err := filepath.Glob(filepath.Join(s.Conf.DataDir, "objects", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range append(dirs, s.Conf.Spool.Dir, s.Conf.DataDir, filepath.Join(s.Conf.DataDir, "objects")) {
		if _, err := syscall.InotifyAddWatch(fd, dir, names); err != nil && err != syscall.ENOENT {
			t.Fatal(err)
		}
	}
	reached := make(chan struct{})
	go func() {
		buf := make([]byte, 64<<10)
		for n > 0 {
			k, err := f.Read(buf)
			if err != nil {
				return
			}
			for b := buf[:k]; len(b) >= syscall.SizeofInotifyEvent; n-- {
				b = b[syscall.SizeofInotifyEvent+int(binary.NativeEndian.Uint32(b[12:])):]
			}
		}
		close(reached)
	}()
	return reached
}
