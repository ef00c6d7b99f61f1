// Package release is being laid out.
package release
