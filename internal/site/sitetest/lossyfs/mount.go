package lossyfs

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

type mount struct {
	server *fuse.Server
	dir    string
}

// The kernel learns of every change because it makes it, so what it knows stays true.
const believe = time.Hour

// Mount shows the disk at dir, which exists and is empty. It needs /dev/fuse, and root or fusermount3.
func (d *Disk) Mount(dir string) error {
	if d.mounted != nil {
		return errors.New("lossyfs: mounted already")
	}
	timeout := believe
	server, err := fs.Mount(dir, &node{d: d, n: d.root}, &fs.Options{
		MountOptions: fuse.MountOptions{FsName: "lossyfs", Name: "lossyfs", DirectMount: true, DisableXAttrs: true, MaxWrite: 1 << 20},
		EntryTimeout: &timeout, AttrTimeout: &timeout, RootStableAttr: &fs.StableAttr{Ino: d.root.ino},
	})
	if err != nil {
		return fmt.Errorf("lossyfs: %w (apt-get install fuse3)", err)
	}
	d.mounted = &mount{server, dir}
	return nil
}

// Unmount takes the disk away from its directory. No file on it may be open, but one whose program was killed a moment ago may.
func (d *Disk) Unmount() error {
	if d.mounted == nil {
		return nil
	}
	var err error
	for range 100 {
		if err = d.mounted.server.Unmount(); err == nil {
			d.mounted = nil
			return nil
		}
		time.Sleep(20 * time.Millisecond) // the kernel does not say when the last file is closed
	}
	return fmt.Errorf("lossyfs: %w", err)
}

// Export writes what is on the disk into a directory of an ordinary file system. A file with two names becomes two files.
func (d *Disk) Export(dir string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.root.export(dir)
}

func (n *inode) export(path string) error {
	if !n.isDir() {
		return os.WriteFile(path, n.data, os.FileMode(n.mode&0o777))
	}
	if err := os.MkdirAll(path, os.FileMode(n.mode&0o777)); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(n.entries)) {
		if err := n.entries[name].export(filepath.Join(path, name)); err != nil {
			return err
		}
	}
	return nil
}
