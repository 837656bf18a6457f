package server

import (
	"errors"
	"fmt"
	"net/http"
	"syscall"
	"testing"

	"github.com/flashrerank/rerank/index"
)

// TestUnchanged: a client is told why a change failed, where that is no secret.
func TestUnchanged(t *testing.T) {
	for _, c := range []struct {
		err    error
		status int
	}{
		{index.ErrLocked, http.StatusServiceUnavailable},
		{index.ErrMoved, http.StatusServiceUnavailable},
		{syscall.ENOSPC, http.StatusInsufficientStorage},
		{&index.DocumentError{ID: "a", Err: errors.New("too long")}, http.StatusBadRequest},
		{errors.New("anything else"), http.StatusInternalServerError},
	} {
		if got := failureOf(unchanged(fmt.Errorf("pipeline: index: commit: %w", c.err))); got.status != c.status {
			t.Errorf("%v: %d", c.err, got.status)
		}
	}
}
