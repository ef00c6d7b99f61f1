package lossyfs

import (
	"context"
	"maps"
	"slices"
	"syscall"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// node is what FUSE sees of an inode.
type node struct {
	fs.Inode
	d *Disk
	n *inode
}

var _ interface {
	fs.NodeLookuper
	fs.NodeGetattrer
	fs.NodeSetattrer
	fs.NodeOpener
	fs.NodeCreater
	fs.NodeReader
	fs.NodeWriter
	fs.NodeFsyncer
	fs.NodeReaddirer
	fs.NodeMkdirer
	fs.NodeLinker
	fs.NodeUnlinker
	fs.NodeRmdirer
	fs.NodeRenamer
	fs.NodeStatfser
} = (*node)(nil)

func (o *node) attr(out *fuse.Attr) {
	out.Ino, out.Mode, out.Nlink, out.Size = o.n.ino, o.n.mode, uint32(o.n.names), uint64(len(o.n.data))
	out.Blksize, out.Blocks = page, (out.Size+511)/512
}

// child is the FUSE side of an inode; a file with two names has one.
func (o *node) child(ctx context.Context, n *inode, out *fuse.EntryOut) *fs.Inode {
	made := &node{d: o.d, n: n}
	made.attr(&out.Attr)
	return o.NewInode(ctx, made, fs.StableAttr{Mode: n.mode & syscall.S_IFMT, Ino: n.ino})
}

// Lookup implements fs.NodeLookuper.
func (o *node) Lookup(ctx context.Context, name string, out *fuse.EntryOut) (child *fs.Inode, errno syscall.Errno) {
	errno = o.d.look(func() syscall.Errno {
		n := o.n.entries[name]
		if n == nil {
			return syscall.ENOENT
		}
		child = o.child(ctx, n, out)
		return 0
	})
	return child, errno
}

// Getattr implements fs.NodeGetattrer.
func (o *node) Getattr(_ context.Context, _ fs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	return o.d.look(func() syscall.Errno { o.attr(&out.Attr); return 0 })
}

// Setattr implements fs.NodeSetattrer: size and mode.
func (o *node) Setattr(_ context.Context, _ fs.FileHandle, in *fuse.SetAttrIn, out *fuse.AttrOut) syscall.Errno {
	return o.d.change(func() syscall.Errno {
		if size, ok := in.GetSize(); ok {
			o.n.resize(int64(size))
		}
		if mode, ok := in.GetMode(); ok {
			o.n.mode = o.n.mode&syscall.S_IFMT | mode&^syscall.S_IFMT
		}
		o.attr(&out.Attr)
		return 0
	})
}

// Open implements fs.NodeOpener.
func (o *node) Open(_ context.Context, flags uint32) (fs.FileHandle, uint32, syscall.Errno) {
	if flags&syscall.O_TRUNC == 0 {
		return nil, fuse.FOPEN_KEEP_CACHE, o.d.running()
	}
	return nil, 0, o.d.change(func() syscall.Errno { o.n.resize(0); return 0 })
}

// Create implements fs.NodeCreater.
func (o *node) Create(ctx context.Context, name string, _ uint32, mode uint32, out *fuse.EntryOut) (child *fs.Inode, fh fs.FileHandle, flags uint32, errno syscall.Errno) {
	errno = o.d.change(func() syscall.Errno {
		if o.n.entries[name] != nil {
			return syscall.EEXIST
		}
		n := o.d.newFile(syscall.S_IFREG | mode&0o7777)
		o.n.rename(renamed{name, n})
		child = o.child(ctx, n, out)
		return 0
	})
	return child, nil, 0, errno
}

// Read implements fs.NodeReader.
func (o *node) Read(_ context.Context, _ fs.FileHandle, dest []byte, off int64) (fuse.ReadResult, syscall.Errno) {
	n := 0
	errno := o.d.look(func() syscall.Errno {
		if off < int64(len(o.n.data)) {
			n = copy(dest, o.n.data[off:])
		}
		return 0
	})
	return fuse.ReadResultData(dest[:n]), errno
}

// Write implements fs.NodeWriter.
func (o *node) Write(_ context.Context, _ fs.FileHandle, data []byte, off int64) (uint32, syscall.Errno) {
	errno := o.d.change(func() syscall.Errno { o.n.write(data, off); return 0 })
	return uint32(len(data)), errno
}

// Fsync implements fs.NodeFsyncer, for files and directories.
func (o *node) Fsync(context.Context, fs.FileHandle, uint32) syscall.Errno {
	return o.d.change(func() syscall.Errno { o.n.sync(); return 0 })
}

// Readdir implements fs.NodeReaddirer.
func (o *node) Readdir(context.Context) (fs.DirStream, syscall.Errno) {
	var list []fuse.DirEntry
	errno := o.d.look(func() syscall.Errno {
		for _, name := range slices.Sorted(maps.Keys(o.n.entries)) {
			n := o.n.entries[name]
			list = append(list, fuse.DirEntry{Name: name, Ino: n.ino, Mode: n.mode})
		}
		return 0
	})
	return fs.NewListDirStream(list), errno
}

// Mkdir implements fs.NodeMkdirer.
func (o *node) Mkdir(ctx context.Context, name string, mode uint32, out *fuse.EntryOut) (child *fs.Inode, errno syscall.Errno) {
	errno = o.d.change(func() syscall.Errno {
		if o.n.entries[name] != nil {
			return syscall.EEXIST
		}
		n := o.d.newDir(syscall.S_IFDIR | mode&0o7777)
		o.n.rename(renamed{name, n})
		child = o.child(ctx, n, out)
		return 0
	})
	return child, errno
}

// Link implements fs.NodeLinker.
func (o *node) Link(ctx context.Context, target fs.InodeEmbedder, name string, out *fuse.EntryOut) (child *fs.Inode, errno syscall.Errno) {
	errno = o.d.change(func() syscall.Errno {
		if o.n.entries[name] != nil {
			return syscall.EEXIST
		}
		n := target.(*node).n
		o.n.rename(renamed{name, n})
		child = o.child(ctx, n, out)
		return 0
	})
	return child, errno
}

// Unlink implements fs.NodeUnlinker.
func (o *node) Unlink(_ context.Context, name string) syscall.Errno {
	return o.d.change(func() syscall.Errno {
		if o.n.entries[name] == nil {
			return syscall.ENOENT
		}
		o.n.rename(renamed{name, nil})
		return 0
	})
}

// Rmdir implements fs.NodeRmdirer.
func (o *node) Rmdir(_ context.Context, name string) syscall.Errno {
	return o.d.change(func() syscall.Errno {
		n := o.n.entries[name]
		if n == nil {
			return syscall.ENOENT
		}
		if len(n.entries) > 0 {
			return syscall.ENOTEMPTY
		}
		o.n.rename(renamed{name, nil})
		return 0
	})
}

const noReplace = 1 // RENAME_NOREPLACE of renameat2(2)

// Rename implements fs.NodeRenamer. Between two directories it is two changes, as POSIX allows.
func (o *node) Rename(_ context.Context, name string, parent fs.InodeEmbedder, to string, flags uint32) syscall.Errno {
	return o.d.change(func() syscall.Errno {
		n, dir := o.n.entries[name], parent.(*node).n
		switch {
		case flags&^noReplace != 0:
			return syscall.EINVAL
		case flags != 0 && dir.entries[to] != nil:
			return syscall.EEXIST
		case n == nil:
			return syscall.ENOENT
		case dir.entries[to] == n:
			return 0
		case dir == o.n:
			dir.rename(renamed{to, n}, renamed{name, nil})
		default:
			dir.rename(renamed{to, n})
			o.n.rename(renamed{name, nil})
		}
		return 0
	})
}

// Statfs implements fs.NodeStatfser: there is always room.
func (o *node) Statfs(_ context.Context, out *fuse.StatfsOut) syscall.Errno {
	out.Bsize, out.Frsize, out.NameLen = page, page, 255
	out.Blocks, out.Bfree, out.Bavail = 100<<30/page, 90<<30/page, 90<<30/page
	return 0
}
