package server

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"net/url"
	"runtime"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/flashrerank/rerank/pipeline"
)

// Config says how a server answers. The zero value is the default: the embedded
// model under any name, and no keys.
type Config struct {
	// Models are the models to choose from by name. With none, the embedded default
	// answers under any name; with some, a name that is not among them, nor among
	// their aliases, is not found, and a request without one gets the first.
	Models []Model `yaml:"models,omitempty"`

	// Lazy has configured models loaded when they are first asked for, in place of before the
	// server starts.
	Lazy bool `yaml:"lazy,omitempty"`

	// Keys are the bearer tokens that are let in, and Clients those who have keys and are told
	// apart; with neither, everybody is let in.
	Keys    []string `yaml:"keys,omitempty"`
	Clients []Client `yaml:"clients,omitempty"`

	KeyConcurrent int `yaml:"key_concurrent,omitempty"` // requests of a client, or a key without one, at once; 0 means no limit of their own
	KeyPerMinute  int `yaml:"key_per_minute,omitempty"` // its requests in a minute; likewise

	// ProtectAll puts the routes that are open otherwise behind the keys too: probes,
	// metrics and the description.
	ProtectAll bool `yaml:"protect_all,omitempty"`

	MaxBody int64 `yaml:"max_body,omitempty" default:"32 MiB"` // bytes of a request; 0 means 32 MiB
	// MaxBodies are the bytes that the bodies of all requests may hold at once, until they
	// are answered, with 64 for each value in them; 0 means eight times MaxBody.
	MaxBodies int64 `yaml:"max_bodies,omitempty" default:"eight times max_body"`

	MaxDocuments int           `yaml:"max_documents,omitempty" default:"10,000"`       // of a request; 0 means 10,000
	MaxTokens    int           `yaml:"max_tokens,omitempty"`                           // of the texts of a request, counted by the model; 0 means no limit of their own
	Timeout      time.Duration `yaml:"timeout,omitempty" default:"a minute"`           // of a request, waiting included; 0 means a minute
	Concurrent   int           `yaml:"concurrent,omitempty" default:"4"`               // requests that are computed at once; 0 means 4
	Queue        *int          `yaml:"queue,omitempty"`                                // requests that wait for their turn; nil means 64, and with 0 none waits
	Idle         time.Duration `yaml:"idle,omitempty"`                                 // after which a model that nobody asks is unloaded; 0 means never
	Cache        int64         `yaml:"cache,omitempty"`                                // bytes of vectors and scores that are kept; 0 means none
	Workers      int           `yaml:"workers,omitempty" default:"the number of CPUs"` // goroutines of a model that compute at the same time; 0 means GOMAXPROCS

	// Origins are those whose pages in browsers may ask, as https://example.org, "*" meaning
	// any; with none, no page may.
	Origins []string `yaml:"origins,omitempty"`

	// Hosts are names that requests may be sent to, as a proxy passes them on, "*" meaning
	// any. Without keys, a listener on a loopback address answers under the names of this
	// machine and these only.
	Hosts []string `yaml:"hosts,omitempty"`

	// Traces takes a span of each request, and of its waiting and computing, without
	// texts; nil means that there are none.
	Traces trace.TracerProvider `yaml:"-"`

	// URLPrefix is what all paths begin with, as /rerank-service; "" means nothing.
	URLPrefix string `yaml:"url_prefix,omitempty"`

	// MetricsApart leaves /metrics out, for a listener of its own that [Server.Metrics] answers.
	MetricsApart bool `yaml:"-"`

	// DefaultPrompt is put before each text that is embedded, and DefaultPromptName, "query" or
	// "document", has the model's own prompt put there, where a request does not tell which of
	// both its texts are.
	DefaultPrompt     string `yaml:"default_prompt,omitempty"`
	DefaultPromptName string `yaml:"default_prompt_name,omitempty"`

	// Version is what the server says its version is.
	Version string `yaml:"-"`

	// Search is how an index is searched, at /search, and changed, at /documents; without
	// Search.Index there is none. Where that folder holds no index yet, Create has one made,
	// with vectors of Search.Model.
	Search      pipeline.Config `yaml:"search,omitempty"`
	Create      bool            `yaml:"create,omitempty"`                             // whether an index that is not there is made
	Analyzer    string          `yaml:"analyzer,omitempty"`                           // of an index that is made; "" means analysis.Default
	ReadOnly    bool            `yaml:"read_only,omitempty"`                          // whether documents cannot be changed
	BulkTimeout time.Duration   `yaml:"bulk_timeout,omitempty" default:"ten minutes"` // of a change; 0 means ten minutes
}

// Model is a model that a server answers by.
type Model struct {
	Name    string          `yaml:"name"`              // in requests
	Rerank  string          `yaml:"rerank,omitempty"`  // what it is, as pipeline.NewReranker takes it; "" means Name
	Aliases []string        `yaml:"aliases,omitempty"` // other names for it
	Type    string          `yaml:"type,omitempty"`    // what lists call it, "rerank" or "embedding"; "" means embedding for a bi-encoder alone
	Early   *pipeline.Early `yaml:"early,omitempty"`   // nil: every document is judged in full
}

// Types of models, as lists have them.
const (
	typeRerank    = "rerank"
	typeEmbedding = "embedding"
)

func (m Model) checkType() error {
	switch m.Type {
	case "", typeRerank:
		return nil
	case typeEmbedding:
		return pipeline.CheckEmbedder(m.what())
	}
	return fmt.Errorf("%q is neither %s nor %s", m.Type, typeRerank, typeEmbedding)
}

func (m Model) what() string {
	if m.Rerank == "" {
		return m.Name
	}
	return m.Rerank
}

// standard are the models of a server without models: the default, and what embeds.
var standard = []Model{{Name: pipeline.Default}, {Name: pipeline.MiniLM, Type: typeEmbedding}}

// filled returns the configuration with its defaults, or all that is wrong with it.
func (c Config) filled() (Config, error) {
	var errs []error
	seen := map[string]bool{}
	for i, m := range c.Models {
		if m.Name == "" {
			errs = append(errs, fmt.Errorf("models[%d]: it has no name", i))
		}
		for _, name := range append([]string{m.Name}, m.Aliases...) {
			if seen[name] {
				errs = append(errs, fmt.Errorf("models[%d]: there are two models called %q", i, name))
			}
			seen[name] = true
		}
		if err := m.checkType(); err != nil {
			errs = append(errs, fmt.Errorf("models[%d]: type: %w", i, err))
		}
		if m.what() == pipeline.None {
			errs = append(errs, fmt.Errorf("models[%d]: %q is no model", i, m.what()))
		} else if err := pipeline.CheckReranker(m.what()); errors.Is(err, fs.ErrNotExist) { // others may be mended before they are asked for
			errs = append(errs, fmt.Errorf("models[%d]: %w", i, err))
		}
	}
	errs = append(errs, c.checkKeys()...)
	if err := checkPrefix(c.URLPrefix); err != nil {
		errs = append(errs, fmt.Errorf("url_prefix: %w", err))
	}
	if err := c.checkPrompts(); err != nil {
		errs = append(errs, err)
	}
	for i, origin := range c.Origins {
		if u, err := url.Parse(origin); origin != "*" && (err != nil || u.Scheme == "" || u.Host == "" || u.Path != "") {
			errs = append(errs, fmt.Errorf("origins[%d]: %q is no origin, as https://example.org", i, origin))
		}
	}
	for i, host := range c.Hosts {
		if u, err := url.Parse("http://" + host); host != "*" && (err != nil || host == "" || u.Host != host || u.Port() != "") {
			errs = append(errs, fmt.Errorf("hosts[%d]: %q is no name of a host, as rerank.example.org", i, host))
		}
	}
	errs = append(errs,
		fill("max_body", &c.MaxBody, 32<<20, math.MaxInt/16), // eight of them are counted, and what they are read into
		fill("max_bodies", &c.MaxBodies, 0, math.MaxInt64/2),
		fill("cache", &c.Cache, 0, math.MaxInt64/2),
		fill("timeout", &c.Timeout, time.Minute, forever),
		fill("idle", &c.Idle, 0, forever),
		fill("bulk_timeout", &c.BulkTimeout, 10*time.Minute, forever),
		fill("max_documents", &c.MaxDocuments, 10_000, math.MaxInt32),
		fill("concurrent", &c.Concurrent, 4, math.MaxInt32),
		fill("max_tokens", &c.MaxTokens, 0, math.MaxInt32),
		fill("workers", &c.Workers, runtime.GOMAXPROCS(0), math.MaxInt32),
	)
	if c.MaxBodies == 0 {
		c.MaxBodies = 8 * c.MaxBody
	} else if c.MaxBodies < c.MaxBody {
		errs = append(errs, fmt.Errorf("max_bodies: %d is less than max_body, %d", c.MaxBodies, c.MaxBody))
	}
	if c.Queue == nil {
		c.Queue = new(64)
	} else if *c.Queue < 0 {
		errs = append(errs, fmt.Errorf("queue: %d is negative", *c.Queue))
	}
	if c.Create && c.ReadOnly {
		errs = append(errs, errors.New("create: an index that is made would stay empty, as read_only is set"))
	}
	if err := errors.Join(errs...); err != nil {
		return c, fmt.Errorf("server: configuration: %w", err)
	}
	return c, nil
}

// forever is longer than anybody waits, and can be added to the time of day.
const forever = 100 * 365 * 24 * time.Hour

// fill gives a number that is 0 its usual value, and says what is wrong with one that is
// negative or more than most.
func fill[T int | int64 | time.Duration](name string, value *T, usual, most T) error {
	switch {
	case *value < 0:
		return fmt.Errorf("%s: %v is negative", name, *value)
	case *value > most:
		return fmt.Errorf("%s: %v is more than %v", name, *value, most)
	case *value == 0:
		*value = usual
	}
	return nil
}
