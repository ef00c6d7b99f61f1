package db

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
)

// querier is a pool or a transaction that answers questions.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// tx is the sequencer's open transaction, as a change sees it.
type tx struct {
	ctx context.Context
	*sql.Tx
}

// exec runs one statement and returns the number of rows it touched.
func (t *tx) exec(query string, args ...any) (int64, error) {
	r, err := t.ExecContext(t.ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// row asks for at most one row.
func (t *tx) row(query string, args ...any) *sql.Row { return t.QueryRowContext(t.ctx, query, args...) }

// insertChunk bounds the rows of one INSERT.
const insertChunk = 64

// insert writes rows in chunks of 64, 16, 4 and 1: few statements, and few different texts to prepare.
func (t *tx) insert(table string, columns []string, rows [][]any) error {
	for len(rows) > 0 {
		n := insertChunk
		for n > len(rows) {
			n /= 4
		}
		args := make([]any, 0, n*len(columns))
		for _, r := range rows[:n] {
			args = append(args, r...)
		}
		if _, err := t.exec(insertText(table, columns, n), args...); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

func insertText(table string, columns []string, rows int) string {
	var b strings.Builder
	b.WriteString("INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") VALUES ")
	for r := range rows {
		if r > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('(')
		b.WriteString(placeholders(r*len(columns)+1, len(columns)))
		b.WriteByte(')')
	}
	return b.String()
}

// placeholders writes n bind markers, $from and up, separated by commas.
func placeholders(from, n int) string {
	b := make([]byte, 0, 6*n)
	for i := range n {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = append(b, '$')
		b = strconv.AppendInt(b, int64(from+i), 10)
	}
	return string(b)
}

// orNull is nil for the zero value of T and v otherwise.
func orNull[T comparable](v T) any {
	var zero T
	if v == zero {
		return nil
	}
	return v
}

// bytesOrNull is nil for an empty slice.
func bytesOrNull(b []byte) any {
	if len(b) == 0 {
		return nil
	}
	return b
}
