//go:build !race

package tokenizer_test

// raceEnabled tells that the race detector is on.
const raceEnabled = false
