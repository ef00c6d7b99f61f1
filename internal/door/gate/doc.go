// Package gate is the one way in: it finds out who calls, asks the judge, and only then calls a handler.
package gate
