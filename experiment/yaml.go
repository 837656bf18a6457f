package experiment

import (
	"fmt"
	"path/filepath"

	"github.com/flashrerank/rerank/internal/strictyaml"
	"github.com/flashrerank/rerank/pipeline"
)

// Parse reads a configuration from YAML, as the package comment shows it. A key
// that is not known, or comes twice, is an error which tells line and column.
func Parse(data []byte) (Config, error) {
	var c Config
	if err := strictyaml.Decode(data, &c, pipeline.Refuses); err != nil {
		return Config{}, fmt.Errorf("experiment: configuration: %w", err)
	}
	return c, nil
}

// Load reads a configuration from a YAML file. Relative folders in it are
// relative to the file's own.
func Load(path string) (Config, error) {
	data, err := strictyaml.ReadFile(path)
	if err != nil {
		return Config{}, fmt.Errorf("experiment: configuration: %w", err)
	}
	c, err := Parse(data)
	if err != nil {
		return Config{}, fmt.Errorf("%s: %w", path, err)
	}
	dir := filepath.Dir(path)
	if c.Data != "" && !filepath.IsAbs(c.Data) {
		c.Data = filepath.Join(dir, c.Data)
	}
	c.Model = pipeline.Rebase(dir, c.Model)
	for i, r := range c.Rerank {
		c.Rerank[i] = pipeline.Rebase(dir, r)
	}
	for i := range c.Systems {
		for j := range c.Systems[i].Stages {
			stage := &c.Systems[i].Stages[j]
			stage.Rerank = pipeline.Rebase(dir, stage.Rerank)
		}
	}
	return c, nil
}
