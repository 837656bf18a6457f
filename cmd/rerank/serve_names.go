package main

import (
	"cmp"
	"slices"
	"strings"

	"github.com/flashrerank/rerank/pipeline"
	"github.com/flashrerank/rerank/server"
)

// nameModel gives the one model that is served the names that --served-model-name has, the
// first in answers. The embedded model then answers under these names only, and what embeds
// stays beside it.
func (c *serveConfig) nameModel() error {
	names := c.ServedModelName
	if len(names) == 0 {
		return nil
	}
	if slices.ContainsFunc(names, func(name string) bool { return strings.TrimSpace(name) == "" }) {
		return usagef("--served-model-name: a name is empty")
	}
	switch len(c.Models) {
	case 0:
		c.Models = []server.Model{{Name: pipeline.Default}, {Name: pipeline.MiniLM, Type: "embedding"}}
	case 1:
	default:
		return usagef("--served-model-name names one model, and there are %d: name=model in --models names each", len(c.Models))
	}
	m := &c.Models[0]
	m.Rerank = cmp.Or(m.Rerank, m.Name)
	m.Name, m.Aliases = names[0], append(slices.Clone(names[1:]), m.Aliases...)
	c.ServedModelName = nil
	return nil
}
