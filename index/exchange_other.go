//go:build !linux && !darwin

package index

import "errors"

// exchange would let two folders change places at once.
func exchange(_, _ string) error { return errors.ErrUnsupported }

// isMount would report whether a file system is mounted on a folder.
func isMount(string) bool { return false }
