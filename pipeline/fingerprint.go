package pipeline

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
)

// Fingerprints identify what the first stage and each stage after it compute,
// in their order: equal fingerprints, over equal indexes, give equal output for
// equal input. They cover the configuration and the models by the fingerprints
// of their weights, but neither the index nor this program.
func (p *Pipeline) Fingerprints() ([]string, error) {
	vectors := p.snapshot.Model().Fingerprint
	first := p.config.First
	first.Depth = p.config.depth()
	prints := []string{}
	add := func(what ...any) error {
		data, err := json.Marshal(what)
		if err != nil {
			return fmt.Errorf("pipeline: fingerprint: %w", err)
		}
		sum := sha256.Sum256(data)
		prints = append(prints, hex.EncodeToString(sum[:]))
		return nil
	}
	if err := add("first", first, vectors); err != nil {
		return nil, err
	}
	for _, s := range p.config.stages() {
		name := s.Rerank
		s.Name, s.Rerank = "", reading(name)
		if err := add("stage", s, p.models[name], p.config.First.BM25, vectors); err != nil {
			return nil, err
		}
	}
	return prints, nil
}

// reading says how a stage reads its model, without the model's place: the same
// weights in another folder are the same model.
func reading(name string) string {
	switch {
	case isName(name):
		return name
	case strings.HasPrefix(name, cosinePrefix):
		return cosinePrefix
	}
	if _, ok := serviceOf(name); ok {
		return name
	}
	return "folder"
}

// modelFingerprint returns the fingerprint of the model behind a reranker's
// name, "" if it has none.
func (l *Loader) modelFingerprint(name string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch name {
	case MiniLMCosine:
		return l.fingerprintOf(MiniLM)
	case Best:
		return l.fingerprintOf(MiniLM) + " " + l.fingerprintOf(Cross)
	}
	return l.fingerprintOf(strings.TrimPrefix(name, cosinePrefix))
}

// fingerprintOf is that of a loaded model.
func (l *Loader) fingerprintOf(folder string) string {
	if m, ok := l.models[folder]; ok {
		return m.Model().Fingerprint
	}
	if m, ok := l.crossencoders[folder]; ok {
		return m.Model().Fingerprint
	}
	return ""
}
