package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/flashrerank/rerank/hub"
	"github.com/flashrerank/rerank/internal/count"
)

const hubEnvironment = `The cache is the one that Python's huggingface_hub uses, and so are the variables that
control it: HF_HOME, HF_HUB_CACHE, HF_ENDPOINT, HF_TOKEN and HF_HUB_OFFLINE.`

func (a *app) modelPullCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "pull NAME[@REVISION]",
		Short: "Fetch a model from the Hugging Face Hub",
		Long: `Fetch a model from the Hugging Face Hub, unless it is in the cache: its weights as
safetensors, configuration and tokenizer. An interrupted download is resumed, and every
file is checked against its checksum. NAME is a repository, such as
cross-encoder/ms-marco-MiniLM-L6-v2, or a short name that "rerank model list --known"
shows. Once fetched, NAME can be used wherever a model can be given.

` + hubEnvironment,
		Example: `  rerank model pull tinybert
  rerank model pull BAAI/bge-reranker-base@main
  rerank search notes "when does the lease end" --rerank tinybert`,
		Args: arguments(cobra.ExactArgs(1), "a model"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.modelPull(cmd.Context(), args[0]) },
	}
}

func (a *app) modelPull(ctx context.Context, name string) error {
	c, err := hub.FromEnvironment()
	if err != nil {
		return err
	}
	var shown *progress
	c.Progress = func(p hub.Progress) {
		if shown == nil {
			shown = a.progress("bytes of "+name, int(p.Total))
		}
		shown.set(int(p.Done))
	}
	s, err := c.Pull(ctx, name)
	shown.finish()
	if err != nil {
		return err
	}
	if a.json {
		return written(writeJSON(a.stdout, s))
	}
	_, err = fmt.Fprintf(a.stdout, "%s at %s: %s, %s, in %s\n", s.Name, s.Commit, count.Of(len(s.Files), "file"), bytesize(s.Size()), s.Folder)
	return written(err)
}

func (a *app) modelListCommand() *cobra.Command {
	var names bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the models in the cache, or those with short names",
		Long:  "List the models in the cache, or, with --known, those that have a short name.\n\n" + hubEnvironment,
		Example: `  rerank model list
  rerank model list --known`,
		Args: arguments(cobra.NoArgs, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			if names {
				return a.modelNames()
			}
			return a.modelList()
		},
	}
	cmd.Flags().BoolVar(&names, "known", false, "list the models that have a short name")
	return cmd
}

func (a *app) modelList() error {
	c, err := hub.FromEnvironment()
	if err != nil {
		return err
	}
	list, err := c.List()
	if err != nil {
		return err
	}
	if a.json {
		if list == nil {
			list = []hub.Snapshot{}
		}
		return written(writeJSON(a.stdout, list))
	}
	if len(list) == 0 {
		a.remark("no models in %s", c.Cache)
	}
	var b strings.Builder
	for _, s := range list {
		fmt.Fprintf(&b, "%-50s %-10s %.12s  %s\n", s.Name, s.Revision, s.Commit, bytesize(s.Size()))
	}
	_, err = io.WriteString(a.stdout, b.String())
	return written(err)
}

func (a *app) modelNames() error {
	if a.json {
		return written(writeJSON(a.stdout, hub.Names()))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%-24s %-14s %-12s %12s %7s  %-18s %s\n", "name", "kind", "licence", "parameters", "window", "languages", "repository")
	for _, k := range hub.Names() {
		fmt.Fprintf(&b, "%-24s %-14s %-12s %10d M %7d  %-18s %s\n", k.Short, k.Kind, k.Licence, k.Parameters, k.Window, k.Languages, k.Repository)
	}
	_, err := io.WriteString(a.stdout, b.String())
	return written(err)
}

func (a *app) modelRemoveCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "remove NAME[@REVISION]",
		Short: "Remove a model from the cache",
		Long: `Remove a model from the cache, with all of its revisions or one of them. Other
programs that share the cache will have to fetch it again.

` + hubEnvironment,
		Example: "  rerank model remove tinybert",
		Args:    arguments(cobra.ExactArgs(1), "a model"),
		RunE: func(_ *cobra.Command, args []string) error {
			c, err := hub.FromEnvironment()
			if err != nil {
				return err
			}
			if err := c.Remove(args[0]); err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.stdout, "removed %s\n", args[0])
			return written(err)
		},
	}
}

// verifyCached compares the files of a model of the Hub with their checksums, and
// tells what passed: nothing of other models.
func verifyCached(ctx context.Context, name string) ([]string, error) {
	if _, err := os.Stat(name); err == nil || !hub.IsName(name) {
		return nil, nil
	}
	c, err := hub.FromEnvironment()
	if err != nil {
		return nil, err
	}
	s, err := c.Find(name)
	if err != nil {
		return nil, nil //nolint:nilerr // such as the model in this program; loading it will tell
	}
	unchecked, err := c.Verify(ctx, s)
	if err != nil {
		return nil, err
	}
	return []string{fmt.Sprintf("checksums match the Hub's: %d of %s", len(s.Files)-unchecked, count.Of(len(s.Files), "file"))}, nil
}
