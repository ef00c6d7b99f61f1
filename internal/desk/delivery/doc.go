// Package delivery is being laid out.
package delivery
