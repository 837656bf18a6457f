package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/cmd/rerank/internal/terminal"
	"github.com/flashrerank/rerank/filter"
	"github.com/flashrerank/rerank/index"
	"github.com/flashrerank/rerank/internal/count"
)

func (a *app) deleteCommand() *cobra.Command {
	var only string
	var purge bool
	cmd := &cobra.Command{
		Use:   "delete DIR ID…",
		Short: "Delete documents from an index",
		Long: `Delete the documents with the given IDs, or those that --filter matches, from the index
in DIR: either all of them or, if something fails, none. IDs that are not in the index
are reported.

Searches no longer find deleted documents, but their data stays in the files until
segments are merged; --purge rewrites the index without it.`,
		Example: `  rerank delete notes today.md~1 today.md~2
  rerank delete notes --filter '{"year": {"$lt": 2020}}' --purge`,
		Args: arguments(cobra.MinimumNArgs(1), "an index folder, and IDs or --filter"),
		RunE: func(cmd *cobra.Command, args []string) error {
			f, err := filter.Parse([]byte(only))
			if err != nil {
				return usagef("--filter: %w", err)
			}
			ids, narrow := args[1:], f.Narrow()
			switch {
			case len(ids) > 0 && only != "":
				return usagef("IDs and --filter cannot be combined")
			case len(ids) == 0 && only == "":
				return usagef("which documents? Give IDs after the folder, or --filter")
			case only != "" && narrow == nil:
				return usagef("--filter %s matches every document; to delete the whole index, remove its folder", only)
			}
			return a.deleteDocuments(cmd.Context(), args[0], ids, narrow, purge)
		},
	}
	cmd.Flags().StringVar(&only, "filter", "", "delete the documents that match this `condition`, such as {\"year\": {\"$lt\": 2020}}")
	cmd.Flags().BoolVar(&purge, "purge", false, "rewrite the index, so that its files hold nothing of deleted documents")
	return cmd
}

// deleted is the outcome of the delete command, and its JSON form.
type deleted struct {
	Index     string   `json:"index"`
	Deleted   int      `json:"deleted"`
	Documents int      `json:"documents"` // in the index now
	Unknown   []string `json:"unknown"`   // IDs that the index does not have
}

func (a *app) deleteDocuments(ctx context.Context, dir string, ids []string, only rerank.Filter, purge bool) error {
	x, err := openIndex(dir)
	if err != nil {
		return err
	}
	defer x.Close()
	w, err := x.Writer()
	if errors.Is(err, index.ErrLocked) {
		return fmt.Errorf("%s is being written by another process: %w", dir, err)
	}
	if err != nil {
		return err
	}
	defer w.Close()
	did := deleted{Index: dir, Unknown: []string{}}
	batch, err := a.deletions(ctx, x, ids, only, &did)
	if err != nil {
		return err
	}
	made, err := w.Commit(ctx, batch)
	if err == nil && purge {
		err = w.Merge(ctx)
	}
	if err != nil {
		return fmt.Errorf("deleting from %s: %w", dir, err)
	}
	did.Deleted = made.Deleted
	s, err := x.Snapshot()
	if err != nil {
		return err
	}
	defer s.Close()
	did.Documents = s.Len()
	return a.writeDeleted(did)
}

// deletions finds what is to be deleted, and notes unknown IDs. A filter that matches
// documents although it names a field that none of them has, as a misspelled one with $ne
// does, is an error.
func (a *app) deletions(ctx context.Context, x *index.Index, ids []string, only rerank.Filter, did *deleted) (*index.Batch, error) {
	s, err := x.Snapshot()
	if err != nil {
		return nil, err
	}
	defer s.Close()
	var batch index.Batch
	for _, id := range ids {
		_, found, err := s.Find(id)
		if err != nil {
			return nil, err
		}
		if !found {
			did.Unknown = append(did.Unknown, id)
		}
		batch.Delete(id)
	}
	if only == nil {
		return &batch, nil
	}
	for doc, err := range s.Documents(ctx) {
		if err != nil {
			return nil, err
		}
		if only.Match(doc) {
			batch.Delete(doc.ID)
		}
	}
	warnings, err := s.FilterWarnings(only)
	if err != nil {
		return nil, err
	}
	if len(warnings) > 0 && batch.Len() > 0 {
		return nil, fmt.Errorf("%s, yet it matches %s; nothing was deleted", strings.Join(warnings, "; "), count.Of(batch.Len(), "document"))
	}
	for _, w := range warnings {
		a.remark("%s", w)
	}
	return &batch, nil
}

func (a *app) writeDeleted(d deleted) error {
	if a.json {
		return written(writeJSON(a.stdout, d))
	}
	if n := len(d.Unknown); n > 0 {
		const most = 10
		names := strings.Join(d.Unknown[:min(n, most)], ", ")
		if n > most {
			names += fmt.Sprintf(" and %d more", n-most)
		}
		a.remark("not in %s: %s", d.Index, terminal.Clean(names))
	}
	_, err := fmt.Fprintf(a.stdout, "%s: %s deleted, %s left\n", d.Index, count.Of(d.Deleted, "document"), count.Thousands(d.Documents))
	return written(err)
}
