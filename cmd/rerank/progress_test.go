package main

import (
	"bytes"
	"testing"
	"time"
)

// TestProgressLines: without a terminal a long part is told now and then.
func TestProgressLines(t *testing.T) {
	var errs bytes.Buffer
	a := &app{stderr: &errs}
	p := a.progress("reading", 1000)
	p.from = 100
	p.set(200)
	if errs.Len() > 0 {
		t.Errorf("at once: %q", errs.String())
	}
	p.since, p.told = p.since.Add(-20*time.Second), p.told.Add(-11*time.Second)
	p.add(100)
	if got, want := errs.String(), "rerank: reading: 300 of 1,000, 10.000/s, 1m10s left\n"; got != want {
		t.Errorf("after a while: %q, want %q", got, want)
	}
	errs.Reset()
	p.add(100)
	p.finish()
	if errs.Len() > 0 {
		t.Errorf("soon after: %q", errs.String())
	}
	a.quiet = true
	p = a.progress("reading", 1000)
	p.add(1)
	p.finish()
	if p != nil || errs.Len() > 0 {
		t.Errorf("quiet: %q", errs.String())
	}
}
