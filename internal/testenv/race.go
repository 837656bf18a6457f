//go:build race

package testenv

// Race says that the race detector is on. It reports what a test wants to show first,
// and makes sync.Pool drop what it is given, so that more is allocated.
const Race = true
