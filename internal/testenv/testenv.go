// Package testenv tells tests which parts are at hand: shared test
// collections, a Python with the peers, real model weights. A test whose part
// is missing skips with the reason on a user's machine and fails in CI. It also makes the
// files that tests of several packages ask for.
package testenv

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/flashrerank/rerank/internal/simd"
)

// Data returns the path of an entry of the test collections, which RERANK_DATA
// names the folder of.
func Data(t testing.TB, elem ...string) string {
	t.Helper()
	return filepath.Join(append([]string{require(t, "RERANK_DATA", "the folder of the test collections")}, elem...)...)
}

// PeerModel returns the path of a file of the all-MiniLM-L6-v2 package as its
// publisher ships it (fp32), which RERANK_MINILM names the folder of.
func PeerModel(t testing.TB, elem ...string) string {
	t.Helper()
	return filepath.Join(append([]string{require(t, "RERANK_MINILM", "the folder of the published all-MiniLM-L6-v2")}, elem...)...)
}

// Manuals returns the folder of translated manual pages, a folder for each language, which
// RERANK_MANUALS names.
func Manuals(t testing.TB) string {
	t.Helper()
	return require(t, "RERANK_MANUALS", "a folder of translated manual pages")
}

// Native skips what would take minutes without assembly. What the kernels compute is
// compared with generic Go by package simd.
func Native(t testing.TB) {
	t.Helper()
	if simd.Level() == "generic" {
		t.Skip("real weights are for native kernels: generic Go is a hundred times slower")
	}
}

// Python runs a script with the Python that RERANK_PYTHON names, which has the
// peers installed, and returns what it printed.
func Python(t testing.TB, stdin []byte, script string, args ...string) []byte {
	t.Helper()
	python := require(t, "RERANK_PYTHON", "a Python with the peers installed")
	cmd := exec.CommandContext(t.Context(), python, append([]string{script}, args...)...)
	cmd.Stdin = bytes.NewReader(stdin)
	cmd.Env = append(cmd.Environ(), "OMP_NUM_THREADS=1") // threads that wait for each other turn on the spot
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("running %s: %v\n%s", script, err, stderr.Bytes())
	}
	return out
}

// require returns the value of an environment variable that names what.
func require(t testing.TB, variable, what string) string {
	t.Helper()
	value := os.Getenv(variable)
	if value != "" {
		return value
	}
	// RERANK_CI is set by .ci/run once it has provided everything.
	if os.Getenv("RERANK_CI") != "" {
		t.Fatalf("%s is not set in CI: it must name %s", variable, what)
	}
	t.Skipf("%s is not set: it names %s", variable, what)
	return ""
}
