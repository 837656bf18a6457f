package main

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/flashrerank/rerank/analysis"
	"github.com/flashrerank/rerank/eval"
	"github.com/flashrerank/rerank/hosted"
	"github.com/flashrerank/rerank/hub"
	"github.com/flashrerank/rerank/pipeline"
)

// completes makes the shell complete the values of flags, and folders of
// indexes, in all commands below root.
func completes(root *cobra.Command) {
	for _, cmd := range root.Commands() {
		completes(cmd)
	}
	root.Flags().VisitAll(func(f *pflag.Flag) {
		if complete := completer(root.Name(), f); complete != nil {
			_ = root.RegisterFlagCompletionFunc(f.Name, complete) // the flag is there
		}
	})
	switch root.Name() {
	case "search", "compare", "export", "delete":
		root.ValidArgsFunction = firstIsFolder
	case "info", "verify":
		root.ValidArgsFunction = values(embeddedAndFetched, cobra.ShellCompDirectiveDefault)
	case "remove":
		root.ValidArgsFunction = values(fetchedModels, cobra.ShellCompDirectiveNoFileComp)
	case "pull":
		root.ValidArgsFunction = values(knownModels, cobra.ShellCompDirectiveNoFileComp)
	case "demo", "sort", "version", "bench":
		root.ValidArgsFunction = cobra.NoFileCompletions
	}
}

// completer returns what completes a flag of a command, nil for files and what
// cannot be foreseen.
func completer(cmd string, f *pflag.Flag) cobra.CompletionFunc {
	const noFile = cobra.ShellCompDirectiveNoFileComp
	switch f.Name {
	case "rerank":
		return values(rerankerNames, cobra.ShellCompDirectiveDefault)
	case "model":
		return values(embeddedAndFetched, cobra.ShellCompDirectiveDefault)
	case "first":
		return values(pipeline.Kinds, noFile)
	case "analyzer":
		return values(analysis.Names, noFile)
	case "measures":
		return values(eval.Names, noFile)
	case "bm25":
		return values(bm25Variants, noFile)
	case "corpus":
		return values(demoCorpora, noFile)
	case "format":
		if cmd == "eval" {
			return values(reportFormats, noFile)
		}
		return values(documentFormats, noFile)
	case "pipeline":
		return cobra.FixedCompletions([]cobra.Completion{"yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt)
	case "default-prompt-name":
		return values(func() []string { return []string{"query", "document"} }, noFile)
	case "key-concurrent", "key-per-minute", "served-model-name", "default-prompt", "url-prefix", "metrics",
		"max-body", "max-documents", "max-tokens", "concurrent", "queue", "workers", "idle", "bulk-timeout", "profiles", "traces", "origins", "hosts":
		return cobra.NoFileCompletions
	case "n", "depth", "within", "timeout", "filter", "time", "chunk", "overlap", "queries", "level", "max", "price":
		return cobra.NoFileCompletions
	case "output", "data", "index", "cache":
		if cmd == "serve" && f.Name == "cache" { // bytes
			return cobra.NoFileCompletions
		}
		return cobra.FixedCompletions(nil, cobra.ShellCompDirectiveFilterDirs)
	}
	return nil
}

// values completes one of the names, or the last of several with commas between
// them.
func values(names func() []string, directive cobra.ShellCompDirective) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		before := typed[:strings.LastIndexByte(typed, ',')+1]
		var list []cobra.Completion
		for _, name := range names() {
			if strings.HasPrefix(name, typed[len(before):]) {
				list = append(list, before+name)
			}
		}
		return list, directive
	}
}

// firstIsFolder completes the first argument as a folder, and leaves the query
// to its author.
func firstIsFolder(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return nil, cobra.ShellCompDirectiveFilterDirs
	}
	return nil, cobra.ShellCompDirectiveNoFileComp
}

// rerankerNames are the values of --rerank that can be listed.
func rerankerNames() []string {
	names := append([]string{pipeline.Auto, pipeline.None}, pipeline.Rerankers()...)
	for _, service := range hosted.Services() {
		names = append(names, service+":")
	}
	return append(names, fetchedModels()...)
}

// fetchedModels are the models in the cache of the Hub; none where it cannot be
// read, as completion is no place for errors.
func fetchedModels() []string {
	client, err := hub.FromEnvironment()
	if err != nil {
		return nil
	}
	snapshots, err := client.List()
	if err != nil {
		return nil
	}
	var names []string
	for _, s := range snapshots {
		names = append(names, s.Name)
	}
	return names
}

// embeddedAndFetched are the models that are at hand.
func embeddedAndFetched() []string {
	return append([]string{pipeline.MiniLM, pipeline.Cross}, fetchedModels()...)
}

// knownModels are the models that have a short name.
func knownModels() []string {
	var names []string
	for _, k := range hub.Names() {
		names = append(names, k.Short)
	}
	return names
}
