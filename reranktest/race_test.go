//go:build race

package reranktest_test

// racing says that the race detector is on. It finds what is wrong with
// implementations that write to a request before the suite does.
const racing = true
