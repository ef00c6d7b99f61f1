package db

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/proof/seal"
	"github.com/footage-custody/custody/internal/trust/audit"
)

// VerifyLog recomputes the whole log of every epoch from its entries: leaf from type and digest, digest from
// salt and body where they still exist, every tree hash from the leaves, the head's root. Corrupt names the
// first contradiction. Memory is bounded; entries appended meanwhile do not disturb it.
func (d *DB) VerifyLog(ctx context.Context) error {
	const doing = "verifying the log"
	t, err := d.read.BeginTx(ctx, d.dialect.snapshot())
	if err != nil {
		return fault(d.dialect, err, doing)
	}
	defer t.Rollback()
	return fault(d.dialect, verifyLog(ctx, t), doing)
}

func verifyLog(ctx context.Context, q querier) error {
	head, err := scanHead(q.QueryRowContext(ctx, `SELECT epoch, size, root FROM log_head WHERE id = 1`))
	if err != nil {
		return err
	}
	epochs, err := collect(ctx, q, func(rows *sql.Rows) (e uint32, err error) { return e, rows.Scan(&e) },
		`SELECT epoch FROM log_entry UNION SELECT epoch FROM log_node UNION SELECT epoch FROM log_head ORDER BY epoch`)
	if err != nil {
		return err
	}
	for _, epoch := range epochs {
		size, root, err := verifyEpoch(ctx, q, epoch)
		switch {
		case err != nil:
			return err
		case epoch > head.Epoch:
			return custody.Errorf(custody.Corrupt, "the log has entries of epoch %d, later than its head", epoch)
		case epoch == head.Epoch && (size != head.Size || root != head.Root):
			return custody.Errorf(custody.Corrupt, "the log's head says size %d and another root than its %d entries of epoch %d give", head.Size, size, epoch)
		}
	}
	return nil
}

// verifyEpoch walks entries and stored hashes side by side.
func verifyEpoch(ctx context.Context, q querier, epoch uint32) (size uint64, root seal.Hash, err error) {
	var tree peaks
	var node int64
	for {
		entries, err := readEntries(ctx, q, epoch, size, 1<<63-1)
		if err != nil {
			return 0, root, err
		}
		var want []seal.Hash
		for i := range entries {
			if err := verifyEntry(&entries[i]); err != nil {
				return 0, root, err
			}
			want = append(want, tree.push(entries[i].Leaf)...)
		}
		if err := verifyNodes(ctx, q, epoch, node, want); err != nil {
			return 0, root, err
		}
		node += int64(len(want))
		size += uint64(len(entries))
		if len(entries) < pageRows {
			break
		}
	}
	var extra int
	if err := q.QueryRowContext(ctx, `SELECT count(*) FROM log_node WHERE epoch = $1 AND idx >= $2`, int64(epoch), node).Scan(&extra); err != nil {
		return 0, root, err
	}
	if extra > 0 {
		return 0, root, custody.Errorf(custody.Corrupt, "the log's tree has %d hashes more than its entries of epoch %d", extra, epoch)
	}
	return size, tree.root(), nil
}

func verifyEntry(e *audit.Entry) error {
	if e.Salt != nil && saltedDigest(*e.Salt, e.Event.Body) != e.Digest {
		return custody.Errorf(custody.Corrupt, "the text of log entry %d of epoch %d is not what was sealed", e.Index, e.Epoch)
	}
	if seal.EventLeafOfDigest(e.Event.Type, e.Digest) != e.Leaf {
		return custody.Errorf(custody.Corrupt, "log entry %d of epoch %d does not give its leaf", e.Index, e.Epoch)
	}
	return nil
}

func verifyNodes(ctx context.Context, q querier, epoch uint32, from int64, want []seal.Hash) error {
	stored, err := collect(ctx, q, func(rows *sql.Rows) (b []byte, err error) { return b, rows.Scan(&b) },
		`SELECT hash FROM log_node WHERE epoch = $1 AND idx >= $2 AND idx < $3 ORDER BY idx`, int64(epoch), from, from+int64(len(want)))
	if err != nil {
		return err
	}
	for i := range want {
		if i >= len(stored) || !bytes.Equal(stored[i], want[i][:]) {
			return custody.Errorf(custody.Corrupt, "tree hash %d of epoch %d is missing or is not that of the log's entries", from+int64(i), epoch)
		}
	}
	return nil
}

// peaks are the complete subtrees of a growing tree, largest first (RFC 6962 §2.1).
type peaks []peak

type peak struct {
	level int
	hash  seal.Hash
}

// push adds a leaf and returns the hashes that it completes, in tlog's order of storage.
func (p *peaks) push(leaf seal.Hash) []seal.Hash {
	done := []seal.Hash{leaf}
	*p = append(*p, peak{0, leaf})
	for n := len(*p); n > 1 && (*p)[n-1].level == (*p)[n-2].level; n = len(*p) {
		up := tlog.NodeHash((*p)[n-2].hash, (*p)[n-1].hash)
		*p = append((*p)[:n-2], peak{(*p)[n-1].level + 1, up})
		done = append(done, up)
	}
	return done
}

func (p peaks) root() seal.Hash {
	if len(p) == 0 {
		return sha256.Sum256(nil)
	}
	root := p[len(p)-1].hash
	for i := len(p) - 2; i >= 0; i-- {
		root = tlog.NodeHash(p[i].hash, root)
	}
	return root
}
