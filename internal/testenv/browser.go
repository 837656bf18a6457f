package testenv

import (
	"os"
	"testing"
)

// Browser returns the path of a Chromium, which RERANK_BROWSER names.
func Browser(t testing.TB) string {
	t.Helper()
	path := require(t, "RERANK_BROWSER", "a Chromium or Chrome")
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("RERANK_BROWSER: %v", err)
	}
	return path
}
