//go:build !linux && !darwin

package index

import "errors"

// exchange would let two folders change places at once.
func exchange(_, _ string) error { return errors.ErrUnsupported }
