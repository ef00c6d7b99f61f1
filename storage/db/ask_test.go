package db

import (
	"context"
	"database/sql"
)

func askText(ctx context.Context, q querier, query string, args ...any) ([][]string, error) {
	return collect(ctx, q, func(rows *sql.Rows) ([]string, error) {
		columns, err := rows.Columns()
		if err != nil {
			return nil, err
		}
		cells, targets := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range cells {
			targets[i] = &cells[i]
		}
		if err := rows.Scan(targets...); err != nil {
			return nil, err
		}
		out := make([]string, len(cells))
		for i, c := range cells {
			out[i] = c.String
		}
		return out, nil
	}, query, args...)
}
