package disk

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"

	"github.com/footage-custody/custody/internal/trust/vault"
	"github.com/footage-custody/custody/storage/object"
)

// List implements vault.Objects. It holds the names of one shard per kind of key (seg_, pkg_ ...), never
// all of them. Objects put or purged while it runs may or may not appear. Files whose names are not
// keys, or that stand in a foreign shard, are not objects and are not listed.
func (d *Store) List(ctx context.Context) iter.Seq2[vault.Stat, error] {
	return func(yield func(vault.Stat, error) bool) {
		shards, kinds, err := d.survey(ctx)
		if err != nil {
			yield(vault.Stat{}, err)
			return
		}
		for key, err := range merge(d.perKind(ctx, shards, kinds)) {
			if err != nil {
				yield(vault.Stat{}, err)
				return
			}
			_, name := d.path(key)
			info, err := os.Lstat(name)
			if errors.Is(err, fs.ErrNotExist) {
				continue // purged meanwhile
			}
			if err != nil {
				yield(vault.Stat{}, failure(err, "listed"))
				return
			}
			if info.Mode().IsRegular() && !yield(vault.Stat{Key: key, Size: info.Size()}, nil) {
				return
			}
		}
	}
}

// survey returns the shards in order and the kinds of key that occur in them.
func (d *Store) survey(ctx context.Context) (shards []string, kinds map[string]bool, err error) {
	if err := d.present(); err != nil {
		return nil, nil, err
	}
	entries, err := os.ReadDir(d.root)
	if err != nil {
		return nil, nil, failure(err, "listed")
	}
	kinds = map[string]bool{}
	for _, e := range entries {
		if len(e.Name()) != 2 || !e.IsDir() {
			continue
		}
		shards = append(shards, e.Name())
		names, err := d.names(ctx, e.Name())
		if err != nil {
			return nil, nil, err
		}
		for _, name := range names {
			kinds[kind(name)] = true
		}
	}
	return shards, kinds, nil
}

// perKind returns one stream of keys in order for each kind.
func (d *Store) perKind(ctx context.Context, shards []string, kinds map[string]bool) []iter.Seq2[string, error] {
	var streams []iter.Seq2[string, error]
	for k := range kinds {
		streams = append(streams, func(yield func(string, error) bool) {
			for _, s := range shards {
				names, err := d.names(ctx, s)
				if err != nil {
					yield("", err)
					return
				}
				names = slices.DeleteFunc(names, func(n string) bool { return kind(n) != k })
				slices.Sort(names)
				for _, n := range names {
					if !yield(n, nil) {
						return
					}
				}
			}
		})
	}
	return streams
}

// names returns the keys in one shard, unsorted.
func (d *Store) names(ctx context.Context, s string) ([]string, error) {
	if err := ctx.Err(); err != nil {
		return nil, failure(err, "listed")
	}
	dir, err := os.Open(filepath.Join(d.root, s))
	if err != nil {
		return nil, d.lost(err, "listed")
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, failure(err, "listed")
	}
	return slices.DeleteFunc(names, func(n string) bool { return !object.ValidKey(n) || shard(n) != s }), nil
}

// merge joins ordered streams into one; the first error ends it.
func merge(streams []iter.Seq2[string, error]) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		var heads []head
		for _, s := range streams {
			next, stop := iter.Pull2(s)
			defer stop()
			if h, ok := (head{next: next}).advance(); ok {
				heads = append(heads, h)
			}
		}
		for len(heads) > 0 {
			i := 0
			for j := range heads {
				if heads[j].key < heads[i].key {
					i = j
				}
			}
			if !yield(heads[i].key, heads[i].err) || heads[i].err != nil {
				return
			}
			h, ok := heads[i].advance()
			if heads[i] = h; !ok {
				heads = slices.Delete(heads, i, i+1)
			}
		}
	}
}

// head is a stream and its first unread key; an error sorts before every key.
type head struct {
	key  string
	err  error
	next func() (string, error, bool)
}

func (h head) advance() (head, bool) {
	key, err, ok := h.next()
	return head{key, err, h.next}, ok
}
