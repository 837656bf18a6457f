package main

import (
	"fmt"
	"hash/maphash"
	"strings"

	"github.com/flashrerank/rerank/cmd/rerank/internal/terminal"
	"github.com/flashrerank/rerank/internal/count"
)

// Limits of what is told of equal IDs.
const (
	maxEqual   = 5       // are named
	maxOrigins = 4 << 20 // IDs are remembered, in about 100 MB
)

// equalIDs are IDs that more than one source of a command has.
type equalIDs struct {
	Count int       `json:"count"` // documents whose ID another source had before
	First []equalID `json:"first"`
}

// equalID is one of them.
type equalID struct {
	ID      string   `json:"id"`
	Sources []string `json:"sources"`
}

// origins remembers which source an ID came from first.
type origins struct {
	names []string // of the sources
	seed  maphash.Seed
	first map[uint64]int // by the hash of the ID; nil for a single source
}

func newOrigins(sources []source) *origins {
	o := &origins{}
	for _, s := range sources {
		o.names = append(o.names, s.name)
	}
	if len(sources) > 1 {
		o.seed, o.first = maphash.MakeSeed(), map[uint64]int{}
	}
	return o
}

// add takes an ID of a source.
func (o *origins) add(id string, source int, to *equalIDs) {
	if o.first == nil {
		return
	}
	key := maphash.String(o.seed, id)
	before, known := o.first[key]
	switch {
	case !known && len(o.first) < maxOrigins:
		o.first[key] = source
	case known && before != source:
		to.Count++
		if len(to.First) < maxEqual {
			to.First = append(to.First, equalID{id, []string{o.names[before], o.names[source]}})
		}
	}
}

// remarkEqual names the documents that replaced others.
func (a *app) remarkEqual(o indexed) {
	if o.Equal.Count > 0 {
		var parts []string
		for _, e := range o.Equal.First {
			parts = append(parts, fmt.Sprintf("%s (%s)", terminal.Clean(e.ID), terminal.Clean(strings.Join(e.Sources, ", "))))
		}
		a.remark("%s replaced by one with the same ID from a later source: %s", count.Of(o.Equal.Count, "document"), firstOf(parts, o.Equal.Count))
	}
	if o.overridden > o.Equal.Count && len(o.Overridden) > 0 {
		var parts []string
		for _, id := range o.Overridden {
			parts = append(parts, terminal.Clean(id))
		}
		a.remark("replaced by a later document with the same ID: %s", firstOf(parts, o.overridden))
	}
}

// firstOf lists the first of n things.
func firstOf(first []string, n int) string {
	list := strings.Join(first, ", ")
	if more := n - len(first); more > 0 {
		list += fmt.Sprintf(" and %s more", count.Thousands(more))
	}
	return list
}
