package vault_test

import "context"

// endingContext ends when it has been asked that often.
type endingContext struct {
	context.Context
	after int
	calls *int
}

func (c *endingContext) Err() error {
	if *c.calls++; *c.calls > c.after {
		return context.Canceled
	}
	return nil
}
