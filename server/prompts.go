package server

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/internal/loose"
	"github.com/flashrerank/rerank/pipeline"
)

// Names of prompts, as sentence-transformers has them.
const (
	promptQuery    = "query"
	promptDocument = "document"
)

func (c Config) checkPrompts() error {
	if c.DefaultPrompt+c.DefaultPromptName != "" && len(c.Models) > 0 && !slices.ContainsFunc(c.Models, func(m Model) bool { return pipeline.IsEmbedder(m.what()) }) {
		return errors.New("default_prompt and default_prompt_name have no effect: no model makes embeddings")
	}
	switch c.DefaultPromptName {
	case "":
		return nil
	case promptQuery, promptDocument:
		if c.DefaultPrompt != "" {
			return errors.New("default_prompt and default_prompt_name: only one of both can be the default")
		}
		return nil
	}
	return fmt.Errorf("default_prompt_name: %q is neither %s nor %s", c.DefaultPromptName, promptQuery, promptDocument)
}

// roleOf reads what the texts of a request are, and whether it does not tell. TEI's clients
// name a prompt; one that is not known is an error, as it would make other vectors.
func roleOf(d *dialect, b *loose.Object) (role rerank.Role, unsaid bool) {
	said := b.Word("input_type")
	if d == &tei {
		name := b.Word("prompt_name")
		if name != "" && name != promptQuery && name != promptDocument && name != "passage" {
			b.Fail("prompt_name", fmt.Errorf("it is neither %s nor %s", promptQuery, promptDocument))
		}
		said = cmp.Or(name, said)
	}
	switch said {
	case "search_query", promptQuery:
		return rerank.RoleQuery, false
	case "":
		return rerank.RoleDocument, true
	}
	return rerank.RoleDocument, false
}

// prompted gives texts whose role is not told the default one, or the default prompt.
func (c Config) prompted(e embedding) embedding {
	if !e.unsaid {
		return e
	}
	if c.DefaultPromptName == promptQuery {
		e.role = rerank.RoleQuery
	}
	if c.DefaultPrompt != "" {
		texts := make([]string, len(e.texts))
		for i, text := range e.texts {
			texts[i] = c.DefaultPrompt + text
		}
		e.texts = texts
	}
	return e
}
