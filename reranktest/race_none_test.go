//go:build !race

package reranktest_test

const racing = false
