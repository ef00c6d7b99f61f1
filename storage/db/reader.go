package db

import (
	"context"
	"database/sql"
	"sync"
)

// maxKept bounds the statements that are kept prepared; there are about a hundred fixed texts, and searches that put theirs
// together out of a few clauses.
const maxKept = 256

// reader is the read-only pool with its statements prepared once for each connection: SQLite spends as long on understanding a
// small query as on answering it. It is safe for concurrent use.
type reader struct {
	*sql.DB

	keep int // how many; 0 for PostgreSQL, whose driver does this itself and knows when a schema changed
	mu   sync.RWMutex
	kept map[string]*sql.Stmt
}

func newReader(d dialect, pool *sql.DB) *reader {
	r := &reader{DB: pool, kept: map[string]*sql.Stmt{}}
	if d.name() == SQLite {
		r.keep = maxKept
	}
	return r
}

// QueryContext is sql.DB's.
func (r *reader) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if s := r.statement(ctx, query); s != nil {
		return s.QueryContext(ctx, args...)
	}
	return r.DB.QueryContext(ctx, query, args...)
}

// QueryRowContext is sql.DB's.
func (r *reader) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if s := r.statement(ctx, query); s != nil {
		return s.QueryRowContext(ctx, args...)
	}
	return r.DB.QueryRowContext(ctx, query, args...)
}

// statement is the prepared text; nil if it cannot be prepared, or if too many are kept: then the query is asked as it stands, and
// its error is the caller's.
func (r *reader) statement(ctx context.Context, query string) *sql.Stmt {
	r.mu.RLock()
	s, full := r.kept[query], len(r.kept) >= r.keep
	r.mu.RUnlock()
	if s != nil || full {
		return s
	}
	s, err := r.DB.PrepareContext(ctx, query)
	if err != nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if first := r.kept[query]; first != nil || len(r.kept) >= r.keep {
		s.Close()
		return first
	}
	r.kept[query] = s
	return s
}

// Close gives the statements back and closes the pool.
func (r *reader) Close() error {
	r.mu.Lock()
	for query, s := range r.kept {
		s.Close()
		delete(r.kept, query)
	}
	r.mu.Unlock()
	return r.DB.Close()
}
