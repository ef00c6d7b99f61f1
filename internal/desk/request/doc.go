// Package request is being laid out.
package request
