package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"github.com/flashrerank/rerank/server"
)

func (a *app) serveCommand() *cobra.Command {
	var file string
	var printConfig bool
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Answer the clients of rerank services",
		Long: `Serve the rerank APIs of Cohere (v1 and v2), Jina, Voyage, TEI, vLLM, infinity,
Mixedbread, NVIDIA NIM, Together and Weaviate on one port: to use a client of theirs,
change its base URL. The embedded model answers to any model name unless --models is
given. With --index the server also searches an index at /search and adds, replaces
and deletes documents at /documents; --create makes an empty one where there is none.

Every setting can be given as a flag, as an environment variable (--max-body is
RERANK_MAX_BODY) or as a key of the YAML file that --config names (max_body). Flags
override variables, and variables override the file. API keys come from --keys-file
or from RERANK_KEYS, separated by commas. docs/server.md describes all settings.

The server listens on this machine only unless --listen says otherwise. After Ctrl-C
it finishes the requests that have begun.`,
		Example: `  rerank serve
  rerank serve --listen :8787 --keys-file keys.txt
  rerank serve --index notes --create
  rerank serve --models minilm,big=int8:BAAI/bge-reranker-base --idle 10m
  curl localhost:8787/v2/rerank -d '{"query":"when does the lease end","documents":["Bread.","It ends in May."]}'`,
		Args: arguments(cobra.NoArgs, "no arguments"),
	}
	flags := cmd.Flags()
	flags.StringVar(&file, "config", "", "YAML `file` with settings")
	flags.BoolVar(&printConfig, "print-config", false, "print the settings in force and exit")
	for _, s := range serveSettings {
		if strings.Contains(s.help, "`") {
			flags.String(s.name, "", s.help)
		} else { // it is true or false
			flags.Bool(s.name, false, s.help)
		}
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := readServeConfig(file, func(name string) (string, bool) {
			f := flags.Lookup(name)
			return f.Value.String(), f.Changed
		})
		if err != nil {
			return err
		}
		if a.json {
			return usagef("--json has no effect on serve: its log is JSON, and --print-config writes YAML")
		}
		if printConfig {
			return a.printServeConfig(c)
		}
		return a.serve(cmd.Context(), c)
	}
	return cmd
}

func (a *app) printServeConfig(c serveConfig) error {
	text, err := c.shown()
	if err != nil {
		return err
	}
	_, err = io.WriteString(a.stdout, text)
	return written(err)
}

func (a *app) serve(ctx context.Context, c serveConfig) error {
	// One thread more than compute waits for the network: where all of them compute, the
	// runtime looks for requests every ten milliseconds only.
	if c.Workers == 0 {
		c.Workers = runtime.GOMAXPROCS(0)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(c.Workers + 1))
	level := slog.LevelInfo
	if a.quiet {
		level = slog.LevelWarn
	}
	log := slog.New(slog.NewJSONHandler(a.stderr, &slog.HandlerOptions{Level: level}))
	traces, err := c.traces(ctx, log)
	if err != nil {
		return err
	}
	if traces != nil {
		c.Config.Traces = traces
		defer func() {
			if err := endTraces(traces); err != nil {
				log.Warn("ending", "error", err)
			}
		}()
	}
	c.Version, c.MetricsApart = newVersionInfo().Version, c.Metrics != ""
	s, err := server.New(c.Config, log)
	if err != nil {
		return explainOpen(err, c.Search.Index)
	}
	endProfiles, err := c.serveProfiles(a, s)
	if err != nil {
		return errors.Join(err, s.Close())
	}
	defer endProfiles()
	endMetrics, err := c.serveMetrics(a, s)
	if err != nil {
		return errors.Join(err, s.Close())
	}
	defer endMetrics()
	l, err := c.listener()
	if err != nil {
		return errors.Join(err, s.Close())
	}
	a.remark("listening on %s", c.url(l.Addr()))
	if ip, ok := l.Addr().(*net.TCPAddr); ok && !c.Keyed() && !ip.IP.IsLoopback() {
		a.remark("whoever can connect may ask%s: --keys-file names those who may", map[bool]string{true: ", and change the index"}[c.Search.Index != "" && !c.ReadOnly])
	}
	a.drains.Store(true)
	return errors.Join(s.Serve(ctx, l), s.Close())
}
