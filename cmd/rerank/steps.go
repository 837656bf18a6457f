package main

import (
	"time"

	"github.com/flashrerank/rerank/experiment"
)

// steps shows how far an experiment has come, part by part.
type steps struct {
	app  *app
	what string
	part *progress
}

func (a *app) steps() *steps { return &steps{app: a} }

// show tells the state of a run. Without a terminal the end of each part is
// told, however short it was.
func (s *steps) show(p experiment.Progress) {
	total := p.Total
	if total == 0 {
		total = -1
	}
	if p.What != s.what {
		s.finish()
		s.what, s.part = p.What, s.app.progress(p.What, total)
		if s.part != nil {
			s.part.from = p.Done
		}
	}
	if s.part == nil {
		return
	}
	s.part.total = total
	s.part.set(p.Done)
	if s.part.bar == nil && p.Done == total {
		s.part.line(time.Now())
	}
}

func (s *steps) finish() { s.part.finish() }
