package db

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/proof/seal"
	"github.com/footage-custody/custody/internal/trust/audit"
)

// maxBody bounds the bytes of one event.
const maxBody = 1 << 20

// validEvent refuses, before the queue, what the schema would refuse inside a batch.
func validEvent(e *custody.Event) error {
	switch {
	case !e.Type.Valid():
		return custody.Errorf(custody.Invalid, "event type %q is not of the form noun.verb", e.Type)
	case !custody.ValidID("evt_", string(e.ID)):
		return custody.Errorf(custody.Invalid, "event id %q is not well formed", e.ID)
	case len(e.Body) == 0 || len(e.Body) > maxBody:
		return custody.Errorf(custody.Invalid, "an event has a body of 1 byte to 1 MiB, not %d bytes", len(e.Body))
	case e.Actor == "" || len(e.Actor) > 128 || !isText(e.Actor):
		return custody.Errorf(custody.Invalid, "an event names its actor in 1 to 128 bytes of text")
	case len(e.Subject) > 128 || !isText(e.Subject):
		return custody.Errorf(custody.Invalid, "an event names its subject in at most 128 bytes of text")
	case len(e.Camera) > 64 || !isText(string(e.Camera)):
		return custody.Errorf(custody.Invalid, "an event names its camera by its id")
	}
	return nil
}

// isText reports what both databases store as text: UTF-8 without NUL.
func isText(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// toText makes s storable text of at most limit bytes, for sentences that matter less than the row they are in.
func toText(s string, limit int) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
	for len(s) > limit {
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
	}
	return s
}

// place is where a batch's first event went.
type place struct {
	epoch uint32
	index uint64
	leaf  seal.Hash
}

// lockHead takes the head's row and returns the head as it is inside the transaction.
func lockHead(t *tx) (audit.Head, error) {
	return scanHead(t.row(`UPDATE log_head SET size = size WHERE id = 1 RETURNING epoch, size, root`))
}

func scanHead(r *sql.Row) (h audit.Head, err error) {
	var root []byte
	if err := r.Scan(&h.Epoch, &h.Size, &root); err != nil {
		return h, err
	}
	return h, hashInto(&h.Root, root)
}

func hashInto(h *seal.Hash, b []byte) error {
	if len(b) != len(h) {
		return custody.Errorf(custody.Corrupt, "a stored hash has %d bytes instead of %d", len(b), len(h))
	}
	copy(h[:], b)
	return nil
}

// appendEvents gives the events their places at the end of the log: entries, bodies, tree nodes, head. It is the
// last thing a transaction does before COMMIT. The result is nil when there are no events.
func appendEvents(t *tx, events []custody.Event) (*place, error) {
	if len(events) == 0 {
		return nil, nil
	}
	head, err := lockHead(t)
	if err != nil {
		return nil, err
	}
	edge, err := readEdge(t.ctx, t.Tx, head)
	if err != nil {
		return nil, err
	}
	first := place{epoch: head.Epoch, index: head.Size}
	var entries, bodies, nodes [][]any
	for i := range events {
		e := &events[i]
		var salt seal.Salt
		rand.Read(salt[:])
		leaf := seal.EventLeaf(e.Type, salt, e.Body)
		if i == 0 {
			first.leaf = leaf
		}
		digest := saltedDigest(salt, e.Body)
		entries = append(entries, []any{head.Epoch, head.Size, string(e.Type), digest[:], leaf[:]})
		bodies = append(bodies, []any{head.Epoch, head.Size, string(e.ID), int64(e.At), e.Actor,
			orNull(string(e.Camera)), orNull(e.Subject), salt[:], e.Body})
		at := tlog.StoredHashIndex(0, int64(head.Size))
		hashes, err := tlog.StoredHashesForRecordHash(int64(head.Size), leaf, edge)
		if err != nil {
			return nil, err
		}
		for k, h := range hashes {
			edge[at+int64(k)] = h
			nodes = append(nodes, []any{head.Epoch, at + int64(k), h[:]})
		}
		head.Size++
	}
	if head.Root, err = tlog.TreeHash(int64(head.Size), edge); err != nil {
		return nil, err
	}
	if err := t.insert("log_entry", []string{"epoch", "idx", "type", "digest", "leaf"}, entries); err != nil {
		return nil, err
	}
	if err := t.insert("event_body", []string{"epoch", "idx", "event_id", "at", "actor", "camera_id", "subject", "salt", "body"}, bodies); err != nil {
		return nil, err
	}
	if err := t.insert("log_node", []string{"epoch", "idx", "hash"}, nodes); err != nil {
		return nil, err
	}
	_, err = t.exec(`UPDATE log_head SET size = $1, root = $2 WHERE id = 1`, head.Size, head.Root[:])
	return &first, err
}

// saltedDigest is the digest that stays in the log for ever (CONTRACTS 9).
func saltedDigest(salt seal.Salt, body []byte) [32]byte {
	h := sha256.New()
	h.Write(salt[:])
	h.Write(body)
	return [32]byte(h.Sum(nil))
}

// edge holds the hashes of a log's complete subtrees: all that is needed to append to it and to hash it.
type edge map[int64]seal.Hash

// ReadHashes implements tlog.HashReader.
func (e edge) ReadHashes(indexes []int64) ([]seal.Hash, error) {
	out := make([]seal.Hash, len(indexes))
	for i, x := range indexes {
		h, ok := e[x]
		if !ok {
			return nil, custody.Errorf(custody.Corrupt, "the log lacks its tree hash %d: run custody check", x)
		}
		out[i] = h
	}
	return out, nil
}

// readEdge reads the right edge of the tree and proves it against the head.
func readEdge(ctx context.Context, q querier, head audit.Head) (edge, error) {
	e := edge{}
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]seal.Hash, error) {
		hashes, err := readHashes(ctx, q, head.Epoch, indexes)
		for i, h := range hashes {
			e[indexes[i]] = h
		}
		return hashes, err
	})
	root, err := tlog.TreeHash(int64(head.Size), reader)
	if err != nil {
		return nil, err
	}
	if root != head.Root {
		return nil, custody.Errorf(custody.Corrupt, "the log's head and its tree disagree at size %d of epoch %d: run custody check", head.Size, head.Epoch)
	}
	return e, nil
}

// readHashes returns the stored hashes at the indexes, in the order asked.
func readHashes(ctx context.Context, q querier, epoch uint32, indexes []int64) ([]seal.Hash, error) {
	if n := len(indexes); n > 0 && isRun(indexes) {
		return readHashRun(ctx, q, epoch, indexes[0], n)
	}
	found := make(map[int64]seal.Hash, len(indexes))
	for rest := indexes; len(rest) > 0; {
		n := min(len(rest), insertChunk)
		if err := readHashChunk(ctx, q, epoch, rest[:n], found); err != nil {
			return nil, err
		}
		rest = rest[n:]
	}
	return edge(found).ReadHashes(indexes)
}

// isRun reports whether each index follows the one before, as when a whole log is verified.
func isRun(indexes []int64) bool {
	for i, x := range indexes {
		if x != indexes[0]+int64(i) {
			return false
		}
	}
	return true
}

// readHashRun reads n hashes that are stored side by side.
func readHashRun(ctx context.Context, q querier, epoch uint32, from int64, n int) ([]seal.Hash, error) {
	rows, err := q.QueryContext(ctx, `SELECT idx, hash FROM log_node WHERE epoch = $1 AND idx >= $2 AND idx < $3 ORDER BY idx`, epoch, from, from+int64(n))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := make([]seal.Hash, 0, n)
	var raw sql.RawBytes
	for rows.Next() {
		var idx int64
		var h seal.Hash
		if err := rows.Scan(&idx, &raw); err != nil {
			return nil, err
		}
		if idx != from+int64(len(out)) {
			break
		}
		if err := hashInto(&h, raw); err != nil {
			return nil, err
		}
		out = append(out, h)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if len(out) < n {
		return nil, custody.Errorf(custody.Corrupt, "the log lacks its tree hash %d: run custody check", from+int64(len(out)))
	}
	return out, nil
}

// readHashChunk fills the list of one fixed statement by repeating its last index.
func readHashChunk(ctx context.Context, q querier, epoch uint32, indexes []int64, found map[int64]seal.Hash) error {
	args := make([]any, 0, 1+insertChunk)
	args = append(args, epoch)
	for i := range insertChunk {
		args = append(args, indexes[min(i, len(indexes)-1)])
	}
	rows, err := q.QueryContext(ctx, fmt.Sprintf(`SELECT idx, hash FROM log_node WHERE epoch = $1 AND idx IN (%s)`, placeholders(2, insertChunk)), args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var idx int64
		var b []byte
		var h seal.Hash
		if err := rows.Scan(&idx, &b); err != nil {
			return err
		}
		if err := hashInto(&h, b); err != nil {
			return err
		}
		found[idx] = h
	}
	return rows.Err()
}
