package testenv

import (
	"runtime/metrics"
	"testing"
	"time"
)

// Bounds on what an input of a fuzz target may cost. They are far above what any takes
// that is read in linear time, and far below what a machine has.
const (
	boundPerByte = 1 << 10  // bytes that are allocated for each of the input
	boundFree    = 64 << 20 // and beside
	boundTime    = 20 * time.Second
)

// Bound begins to measure what an input of n bytes costs. What it returns ends that, and
// fails the test where more was allocated, or more time taken, than n allows:
//
//	defer testenv.Bound(t, len(data))()
func Bound(t testing.TB, n int) func() {
	begun, before := time.Now(), allocated()
	return func() {
		t.Helper()
		if got, most := allocated()-before, uint64(n)*boundPerByte+boundFree; got > most {
			t.Errorf("%d bytes were allocated for an input of %d; %d are possible", got, n, most)
		}
		if d := time.Since(begun); d > boundTime {
			t.Errorf("an input of %d bytes took %v", n, d)
		}
	}
}

// Allocated returns the bytes that are allocated while f runs, in all of the program.
func Allocated(f func()) uint64 {
	before := allocated()
	f()
	return allocated() - before
}

// allocated returns the bytes that were ever allocated.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
