// Package letter is being laid out.
package letter
