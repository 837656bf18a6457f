package pipeline

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/flashrerank/rerank/cascade"
	"github.com/flashrerank/rerank/hub"
	"github.com/flashrerank/rerank/internal/strictyaml"
)

// Parse reads a configuration from YAML, as the package comment shows it. A
// key that is not known, or comes twice, is an error which tells line and
// column. Values are checked by [Config.Validate], not here.
func Parse(data []byte) (Config, error) {
	var c Config
	if err := strictyaml.Decode(data, &c, Refuses); err != nil {
		return Config{}, fmt.Errorf("pipeline: configuration: %w", err)
	}
	return c, nil
}

// Refuses says what is wrong with the text of a key that is written otherwise
// than it is kept, nil if nothing is. Readers of YAML that contains stages tell
// the place of an error by it.
func Refuses(key, value string) error {
	switch key {
	case "timeout", "within":
		_, err := time.ParseDuration(value)
		return err
	case "on_error":
		return new(cascade.OnError).UnmarshalText([]byte(value))
	}
	return nil
}

// Load reads a configuration from a YAML file. Relative folders in it are
// relative to the file's own.
func Load(path string) (Config, error) {
	data, err := strictyaml.ReadFile(path)
	if err != nil {
		return Config{}, fmt.Errorf("pipeline: configuration: %w", err)
	}
	c, err := Parse(data)
	if err != nil {
		return Config{}, fmt.Errorf("%s: %w", path, err)
	}
	c.rebase(filepath.Dir(path))
	return c, nil
}

// rebase makes relative folders relative to dir.
func (c *Config) rebase(dir string) {
	if c.Index != "" && !filepath.IsAbs(c.Index) {
		c.Index = filepath.Join(dir, c.Index)
	}
	c.Model = Rebase(dir, c.Model)
	for i := range c.Stages {
		c.Stages[i].Rerank = Rebase(dir, c.Stages[i].Rerank)
	}
}

// Rebase makes the relative folder of a model or re-ranker relative to dir. What
// has a name of this package stays as it is, and so does a model of the Hub that
// has a short name or "hub:" before it.
func Rebase(dir, name string) string {
	prefix, folder := "", name
	if rest, ok := strings.CutPrefix(name, cosinePrefix); ok {
		prefix, folder = cosinePrefix, rest
	}
	if precision, rest := precisionOf(folder); precision != "" {
		prefix, folder = prefix+string(precision)+":", rest
	}
	if _, service := serviceOf(name); service {
		return name
	}
	if isName(folder) || filepath.IsAbs(folder) {
		return name
	}
	if _, known := hub.Lookup(folder); known || strings.HasPrefix(folder, hubPrefix) {
		return name
	}
	return prefix + filepath.Join(dir, folder)
}

// YAML writes the configuration in the form that [Parse] reads.
func (c Config) YAML() ([]byte, error) {
	if c.Stages != nil && len(c.Stages) == 0 {
		c.Stages = []Stage{{Rerank: None}} // an empty list would be left out, which means the default
	}
	data, err := yaml.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("pipeline: configuration: %w", err)
	}
	return data, nil
}
