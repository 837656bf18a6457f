package main

import (
	"context"
	"fmt"
	"iter"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/index"
	"github.com/flashrerank/rerank/internal/count"
	"github.com/flashrerank/rerank/pipeline"
)

// A commit holds at most commitDocuments documents and about commitBytes of text, so
// that memory stays bounded.
const (
	commitDocuments = 20_000
	commitBytes     = 64 << 20
)

// ingest reads documents into an index, commit by commit.
type ingest struct {
	app     *app
	skipBad bool
	fresh   bool // the index was empty, so a document that is replaced is a duplicate

	old   *inventory // with --sync, what the index held before; otherwise nil
	empty []source   // with --sync, those that gave no document

	writer  *index.Writer
	embed   rerank.Embedder
	entries []index.Entry
	bytes   int
	commits int
	outcome indexed
	bar     *progress
}

// run reads all sources and fills in.outcome.
func (in *ingest) run(ctx context.Context, t *target, sources []source) error {
	in.writer, in.embed = t.writer, t.embed
	in.bar = in.app.progress("documents", -1)
	defer in.bar.finish()
	from := newOrigins(sources)
	for i, s := range sources {
		read := 0
		if err := in.read(ctx, s.documents, func(id string) { read++; from.add(id, i, &in.outcome.Equal) }); err != nil {
			return err
		}
		if read == 0 && in.old != nil {
			in.empty = append(in.empty, s)
		}
		in.outcome.Skipped += s.stats.Skipped
		in.outcome.Repaired += s.stats.Replaced
		in.outcome.Empty += s.stats.Empty
		in.outcome.Ignored = addMentions(in.outcome.Ignored, s.stats.Ignored)
		in.outcome.LeftOut = addMentions(in.outcome.LeftOut, s.stats.LeftOut)
		in.outcome.Notes = addMentions(in.outcome.Notes, s.stats.Notes)
	}
	finish := func() error { return in.commit(ctx, nil) }
	if in.old != nil {
		finish = func() error { return in.inLine(ctx) }
	}
	if err := finish(); err != nil {
		return err
	}
	if in.fresh && in.commits > 1 {
		if err := in.writer.Merge(ctx); err != nil {
			return err
		}
	}
	return in.count(t.index)
}

// read takes the documents of one source.
func (in *ingest) read(ctx context.Context, documents iter.Seq2[rerank.Document, error], met func(id string)) error {
	for d, err := range documents {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			if !in.skipBad {
				return err
			}
			in.outcome.Bad++
			in.app.remark("left out: %v", err)
			continue
		}
		met(d.ID)
		if err := in.take(ctx, d); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// take keeps a document for the next commit, and commits when there are enough.
// With --sync there is only one commit, at the end.
func (in *ingest) take(ctx context.Context, d rerank.Document) error {
	if in.embed == nil {
		in.bar.add(1)
	}
	if in.old != nil && in.old.has(d) {
		return nil
	}
	in.entries = append(in.entries, index.Entry{Document: d})
	in.bytes += len(d.Title) + len(d.Text)
	if in.old == nil && (len(in.entries) == commitDocuments || in.bytes >= commitBytes) {
		return in.commit(ctx, nil)
	}
	return nil
}

// commit writes what has been read, and deletes documents.
func (in *ingest) commit(ctx context.Context, deletes []string) error {
	if len(in.entries) == 0 && len(deletes) == 0 {
		return nil
	}
	if in.embed != nil {
		before := 0
		did, err := pipeline.Embed(ctx, in.embed, in.entries, func(done int) {
			in.bar.add(done - before)
			before = done
		})
		if err != nil {
			return err
		}
		in.outcome.Truncated += did.Truncated
		in.outcome.Foreign += did.Foreign
		in.outcome.Embedded += did.Documents
	}
	var batch index.Batch
	for _, e := range in.entries {
		batch.Put(e)
	}
	for _, id := range deletes {
		batch.Delete(id)
	}
	did, err := in.writer.Commit(ctx, &batch)
	if err != nil {
		return fmt.Errorf("committing %s: %w", count.Of(len(in.entries), "document"), err)
	}
	in.commits++
	in.outcome.Added += did.Added
	in.outcome.Duplicates += did.Duplicates
	in.outcome.overridden += did.Duplicates
	if in.old == nil {
		in.outcome.overridden += did.Replaced
	} else { // with --sync, changed documents are expected
		did.Overridden = did.Overridden[:min(len(did.Overridden), did.Duplicates)]
	}
	in.outcome.Overridden = append(in.outcome.Overridden, did.Overridden[:min(len(did.Overridden), maxEqual-len(in.outcome.Overridden))]...)
	if in.fresh {
		in.outcome.Duplicates += did.Replaced
	} else {
		in.outcome.Replaced += did.Replaced
	}
	in.outcome.Bytes += int64(in.bytes)
	clear(in.entries)
	in.entries, in.bytes = in.entries[:0], 0
	return nil
}

// count fills in what the index holds now.
func (in *ingest) count(x *index.Index) error {
	s, err := x.Snapshot()
	if err != nil {
		return err
	}
	defer s.Close()
	in.outcome.Documents, in.outcome.Analyzer = s.Len(), s.Analyzer().Name()
	if m := s.Model(); m != (rerank.ModelInfo{}) {
		in.outcome.Model = &m
	}
	return nil
}
