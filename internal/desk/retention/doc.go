// Package retention is being laid out.
package retention
