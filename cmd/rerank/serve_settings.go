package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/flashrerank/rerank/internal/strictyaml"
	"github.com/flashrerank/rerank/pipeline"
	"github.com/flashrerank/rerank/server"
)

// serveConfig is all that a server can be told. Each setting has one name, in the YAML
// file with underscores, as a flag with hyphens, and in the environment in capitals
// behind RERANK_.
type serveConfig struct {
	Listen   string `yaml:"listen,omitempty"`
	TLSCert  string `yaml:"tls_cert,omitempty"`
	TLSKey   string `yaml:"tls_key,omitempty"`
	KeysFile string `yaml:"keys_file,omitempty"`
	Index    string `yaml:"index,omitempty"` // that of Search
	Traces   string `yaml:"traces,omitempty"`
	Profiles string `yaml:"profiles,omitempty"`
	Metrics  string `yaml:"metrics,omitempty"`

	ServedModelName []string `yaml:"served_model_name,omitempty"` // names of the one model of Models

	server.Config `yaml:",inline"`
}

// defaultListen is a port of this machine alone.
const defaultListen = "127.0.0.1:8787"

// setting is one of the values that flags and the environment can set.
type setting struct {
	name, help string // of the flag; back quotes in the help name the value
	set        func(c *serveConfig, value string) error
}

// serveSettings are all settings but those that only the file can say.
var serveSettings = []setting{
	{"listen", "`address` to listen on, or unix:PATH for a socket (default " + defaultListen + ")", text(func(c *serveConfig) *string { return &c.Listen })},
	{"tls-cert", "`file` with the certificate chain, for HTTPS", text(func(c *serveConfig) *string { return &c.TLSCert })},
	{"tls-key", "`file` with the certificate's key", text(func(c *serveConfig) *string { return &c.TLSKey })},
	{"keys-file", "`file` with one API key per line, and after a space the name of its client; without keys anyone who can connect is served", text(func(c *serveConfig) *string { return &c.KeysFile })},
	{"key-concurrent", "largest `number` of requests of a client at once (default: unlimited)", number(func(c *serveConfig) *int { return &c.KeyConcurrent })},
	{"key-per-minute", "largest `number` of requests of a client in a minute (default: unlimited)", number(func(c *serveConfig) *int { return &c.KeyPerMinute })},
	{"index", "`folder` of an index for /search and /documents", text(func(c *serveConfig) *string { return &c.Index })},
	{"create", "create an empty index where --index names none", truth(func(c *serveConfig) *bool { return &c.Create })},
	{"analyzer", "`analyzer` of an index that is created (default english)", text(func(c *serveConfig) *string { return &c.Analyzer })},
	{"read-only", "refuse changes of the index", truth(func(c *serveConfig) *bool { return &c.ReadOnly })},
	{"bulk-timeout", "`time` limit for a change of the index (default 10m)", aboveZero(duration(func(c *serveConfig) *time.Duration { return &c.BulkTimeout }))},
	{"models", "`names` of the models to serve, separated by commas, as name or name=model (default: the embedded one, under any name)", setModels},
	{"served-model-name", "`names` of the one model that is served, separated by commas; the first is the one in answers", list(func(c *serveConfig) *[]string { return &c.ServedModelName })},
	{"default-prompt", "`text` put before what is embedded where a request does not tell query from document", text(func(c *serveConfig) *string { return &c.DefaultPrompt })},
	{"default-prompt-name", "the model's own prompt of this `name` there instead: query or document", text(func(c *serveConfig) *string { return &c.DefaultPromptName })},
	{"lazy", "load models when they are first asked for, not before the server listens", truth(func(c *serveConfig) *bool { return &c.Lazy })},
	{"max-body", "largest request, in `bytes` (default 33554432)", aboveZero(number64(func(c *serveConfig) *int64 { return &c.MaxBody }))},
	{"max-bodies", "most `bytes` that the bodies of all requests hold at once (default: eight times --max-body)", aboveZero(number64(func(c *serveConfig) *int64 { return &c.MaxBodies }))},
	{"max-documents", "largest `number` of documents in a request (default 10000)", aboveZero(number(func(c *serveConfig) *int { return &c.MaxDocuments }))},
	{"max-tokens", "largest `number` of tokens in a request (default: unlimited)", number(func(c *serveConfig) *int { return &c.MaxTokens })},
	{"timeout", "`time` limit for a request, including waiting (default 1m)", aboveZero(duration(func(c *serveConfig) *time.Duration { return &c.Timeout }))},
	{"concurrent", "`number` of requests computed at once (default 4)", aboveZero(number(func(c *serveConfig) *int { return &c.Concurrent }))},
	{"queue", "`number` of requests that may wait; further ones are told to retry (default 64)", number(func(c *serveConfig) *int { c.Queue = cmp.Or(c.Queue, new(int)); return c.Queue })},
	{"workers", "`number` of threads that compute (default: one per CPU)", aboveZero(number(func(c *serveConfig) *int { return &c.Workers }))},
	{"idle", "unload a model after this `time` without requests (default: never)", duration(func(c *serveConfig) *time.Duration { return &c.Idle })},
	{"origins", "`origins` of web pages that may call the server, such as https://example.org, or * for all (default: none)", list(func(c *serveConfig) *[]string { return &c.Origins })},
	{"hosts", "`names` under which a proxy passes requests on, such as rerank.example.org, or * for all (default: without keys, a server on a loopback address answers under this machine's own)", list(func(c *serveConfig) *[]string { return &c.Hosts })},
	{"protect-all", "ask for a key at the probes, /metrics, /docs and /openapi.json too", truth(func(c *serveConfig) *bool { return &c.ProtectAll })},
	{"url-prefix", "answer below this `path` only, such as /rerank-service", text(func(c *serveConfig) *string { return &c.URLPrefix })},
	{"metrics", "serve /metrics on this `address` instead, to anyone who can connect", text(func(c *serveConfig) *string { return &c.Metrics })},
	{"profiles", "also serve Go's profiles at /debug/pprof/ on this `address`, to anyone who can connect (default: off)", text(func(c *serveConfig) *string { return &c.Profiles })},
	{"traces", "send traces to this `URL` by OTLP over HTTP, such as http://localhost:4318/v1/traces (default: OTEL_EXPORTER_OTLP_ENDPOINT, if set)", text(func(c *serveConfig) *string { return &c.Traces })},
	{"cache", "memory for the vectors and scores of earlier documents, in `bytes` (default 0)", number64(func(c *serveConfig) *int64 { return &c.Cache })},
}

func text(of func(*serveConfig) *string) func(*serveConfig, string) error {
	return func(c *serveConfig, value string) error {
		*of(c) = value
		return nil
	}
}

func list(of func(*serveConfig) *[]string) func(*serveConfig, string) error {
	return func(c *serveConfig, value string) error {
		*of(c) = strings.Split(value, ",")
		return nil
	}
}

func number(of func(*serveConfig) *int) func(*serveConfig, string) error {
	return func(c *serveConfig, value string) (err error) {
		*of(c), err = strconv.Atoi(value)
		return atLeastZero(*of(c), err)
	}
}

func number64(of func(*serveConfig) *int64) func(*serveConfig, string) error {
	return func(c *serveConfig, value string) (err error) {
		*of(c), err = strconv.ParseInt(value, 10, 64)
		return atLeastZero(*of(c), err)
	}
}

func atLeastZero[T int | int64 | time.Duration](x T, err error) error {
	if err == nil && x < 0 {
		return errors.New("it is negative")
	}
	return err
}

// aboveZero refuses a zero that is given: in the configuration it would mean that
// nothing was.
func aboveZero(set func(*serveConfig, string) error) func(*serveConfig, string) error {
	return func(c *serveConfig, value string) error {
		if d, err := time.ParseDuration(value); err == nil && d == 0 {
			return errors.New("0 is not possible; leave it out for the default")
		}
		return set(c, value)
	}
}

func truth(of func(*serveConfig) *bool) func(*serveConfig, string) error {
	return func(c *serveConfig, value string) (err error) {
		*of(c), err = strconv.ParseBool(value)
		return err
	}
}

func duration(of func(*serveConfig) *time.Duration) func(*serveConfig, string) error {
	return func(c *serveConfig, value string) (err error) {
		*of(c), err = time.ParseDuration(value)
		return atLeastZero(*of(c), err)
	}
}

func setModels(c *serveConfig, value string) error {
	c.Models = nil
	for part := range strings.SplitSeq(value, ",") {
		name, what, _ := strings.Cut(strings.TrimSpace(part), "=")
		c.Models = append(c.Models, server.Model{Name: name, Rerank: what})
	}
	return nil
}

func (s setting) variable() string {
	return "RERANK_" + strings.ToUpper(strings.ReplaceAll(s.name, "-", "_"))
}

// readServeConfig puts the configuration together: the file, over it the environment,
// over that the flags.
func readServeConfig(file string, flag func(name string) (value string, given bool)) (serveConfig, error) {
	var c serveConfig
	if file != "" {
		data, err := strictyaml.ReadFile(file)
		if err == nil {
			err = strictyaml.Decode(data, &c, refusesServe)
		}
		if err != nil {
			return c, fmt.Errorf("%s: %w", file, err)
		}
	}
	for _, s := range serveSettings {
		for _, from := range []struct {
			what string
			get  func() (string, bool)
		}{
			{s.variable(), func() (string, bool) { return os.LookupEnv(s.variable()) }},
			{"--" + s.name, func() (string, bool) { return flag(s.name) }},
		} {
			if value, given := from.get(); given {
				if err := s.set(&c, value); err != nil {
					return c, usagef("%s %q: %w", from.what, value, err)
				}
			}
		}
	}
	if keys := os.Getenv("RERANK_KEYS"); keys != "" {
		c.Keys = strings.Split(keys, ",")
	}
	if c.KeysFile != "" {
		if err := c.readKeys(); err != nil {
			return c, err
		}
	}
	if err := c.nameModel(); err != nil {
		return c, err
	}
	if c.Index != "" {
		c.Search.Index, c.Index = c.Index, ""
	}
	if c.Search.Index == "" {
		for _, s := range []struct {
			flag string
			set  bool
		}{{"analyzer", c.Analyzer != ""}, {"create", c.Create}, {"read-only", c.ReadOnly}, {"bulk-timeout", c.BulkTimeout != 0}} {
			if s.set {
				return c, usagef("--%s has no effect without an index: --index names its folder", s.flag)
			}
		}
	}
	for _, s := range []struct {
		flag string
		set  bool
	}{{"protect-all", c.ProtectAll}, {"key-concurrent", c.KeyConcurrent > 0}, {"key-per-minute", c.KeyPerMinute > 0}} {
		if s.set && !c.Keyed() {
			return c, usagef("--%s has no effect without keys: --keys-file names them", s.flag)
		}
	}
	if c.Lazy && len(c.Models) == 0 {
		return c, usagef("--lazy has no effect without --models: the embedded model is loaded by the first request in any case")
	}
	if c.Listen == "" {
		c.Listen = defaultListen
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return c, usagef("--tls-cert and --tls-key must be given together")
	}
	return c, nil
}

func refusesServe(key, value string) error {
	if key == "idle" || key == "bulk_timeout" {
		key = "timeout"
	}
	return pipeline.Refuses(key, value)
}
