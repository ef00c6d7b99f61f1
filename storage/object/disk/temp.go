package disk

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
)

const (
	tempPrefix  = "put-"
	tempSuffix  = ".part"
	maxSuspects = 1024
)

// newTemp creates a locked file under root/.tmp. The lock tells other processes that it is being written.
func (d *Store) newTemp() (*os.File, error) {
	f, err := os.CreateTemp(d.tempDir(), tempPrefix+"*"+tempSuffix)
	if err != nil {
		return nil, d.lost(err, "written")
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		d.dropTemp(f)
		return nil, failure(err, "written")
	}
	return f, nil
}

// dropTemp removes the temporary name and closes the file. What it cannot remove the next Open clears.
func (d *Store) dropTemp(f *os.File) {
	os.Remove(f.Name())
	f.Close()
}

// clearTemp removes files of our own naming under root/.tmp that no process holds.
func (d *Store) clearTemp() error {
	entries, err := os.ReadDir(d.tempDir())
	if err != nil {
		return failure(err, "prepared")
	}
	for _, e := range entries {
		name := strings.TrimSuffix(e.Name(), ".link")
		if !e.Type().IsRegular() || !strings.HasPrefix(name, tempPrefix) || !strings.HasSuffix(name, tempSuffix) {
			continue
		}
		if err := removeUnheld(filepath.Join(d.tempDir(), e.Name())); err != nil {
			return failure(err, "prepared")
		}
	}
	return nil
}

func removeUnheld(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		return nil // being written by another process
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// shards remembers the shard directories whose names this process has made durable.
type shards struct {
	mu  sync.Mutex
	set map[string]bool
}

func (s *shards) add(dir string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.set == nil {
		s.set = map[string]bool{}
	}
	s.set[dir] = true
}

func (s *shards) has(dir string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.set[dir]
}

// suspects remembers source files whose fsync failed, by device and inode. When it is full the
// answer is yes for every file: then everything is copied.
type suspects struct {
	mu  sync.Mutex
	set map[inode]bool
}

type inode struct{ dev, ino uint64 }

func (s *suspects) add(info os.FileInfo) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.set == nil {
		s.set = map[inode]bool{}
	}
	if len(s.set) < maxSuspects {
		s.set[inodeOf(info)] = true
	}
}

func (s *suspects) has(info os.FileInfo) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.set[inodeOf(info)] || len(s.set) >= maxSuspects
}

func inodeOf(info os.FileInfo) inode {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return inode{}
	}
	return inode{uint64(st.Dev), st.Ino}
}
