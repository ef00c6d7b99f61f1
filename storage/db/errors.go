package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/footage-custody/custody/internal/custody"
)

// fault turns a driver's error into one of the house's; errors that already are pass through.
func fault(d dialect, err error, doing string) error {
	var known *custody.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return err
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), errors.Is(err, sql.ErrConnDone), errors.Is(err, driver.ErrBadConn):
		return custody.Wrap(custody.Unavailable, err, "%s was interrupted: try again", doing)
	}
	switch d.classify(err) {
	case duplicate:
		return custody.Wrap(custody.Exists, err, "%s: it is there already", doing)
	case missing:
		return custody.Wrap(custody.NotFound, err, "%s: something it refers to does not exist", doing)
	case refused:
		return custody.Wrap(custody.Invalid, err, "%s: a value is outside its range", doing)
	case appendOnly:
		return custody.Wrap(custody.Denied, err, "%s: what is recorded there may not be changed", doing)
	case unavailable, race:
		return custody.Wrap(custody.Unavailable, err, "%s: the database is not available now", doing)
	case damaged:
		return custody.Wrap(custody.Corrupt, err, "%s: the database file is damaged", doing)
	}
	return custody.Wrap(custody.Internal, err, "%s failed", doing)
}

// lostConnection recognises errors that say the server was not reached or went away.
func lostConnection(err error) trouble {
	var n net.Error
	var c *pgconn.ConnectError
	if errors.As(err, &n) || errors.As(err, &c) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || pgconn.SafeToRetry(err) {
		return unavailable
	}
	return other
}
