package main

import (
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

// TestSoak is a short one: of 20,000 passages in the long tests, where the
// kernels of generic Go would take an hour.
func TestSoak(t *testing.T) {
	defer goleak.VerifyNone(t)
	o := options{passages: 400, callers: 4}
	if os.Getenv("RERANK_SLOW") != "" {
		o = options{passages: 20_000, callers: 8}
	}
	var out strings.Builder
	if err := soak(t.Context(), o, &out); err != nil {
		t.Error(err)
	}
	t.Log(out.String())
}

func TestGrowth(t *testing.T) {
	var out strings.Builder
	steady, growing := make([]float64, 100), make([]float64, 100)
	for i := range steady {
		steady[i], growing[i] = 50+float64(i%3), 50+float64(i)
	}
	if err := flat(steady, &out); err != nil {
		t.Error(err)
	}
	if flat(growing, &out) == nil || flat(steady[:3], &out) == nil {
		t.Error("memory that grows, or that nobody looked at, is flat")
	}
}
