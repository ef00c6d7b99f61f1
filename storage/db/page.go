package db

import (
	"context"
	"database/sql"
	"iter"
)

// pageRows bounds what an iterator holds in memory.
const pageRows = 256

// pages yields rows page by page. fetch returns at most pageRows rows after last, or from the beginning if last
// is nil. No connection is held while the consumer works.
func pages[T any](ctx context.Context, d *DB, doing string, fetch func(ctx context.Context, last *T) ([]T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var last *T
		for {
			page, err := fetch(ctx, last)
			if err != nil {
				var zero T
				yield(zero, fault(d.dialect, err, doing))
				return
			}
			for i := range page {
				if !yield(page[i], nil) {
					return
				}
			}
			if len(page) < pageRows {
				return
			}
			last = &page[len(page)-1]
		}
	}
}

// collect reads every row of a query.
func collect[T any](ctx context.Context, q querier, scan func(*sql.Rows) (T, error), query string, args ...any) ([]T, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}
