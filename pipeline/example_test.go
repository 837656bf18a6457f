package pipeline_test

import (
	"context"
	"fmt"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/index"
	"github.com/flashrerank/rerank/pipeline"
)

// A pipeline from YAML, over an index in memory; with Config.Index,
// pipeline.Open opens one from a folder.
func Example() {
	config, err := pipeline.Parse([]byte(`
first:
  kind: bm25
  depth: 100
stages:
  - rerank: bm25   # or minilm, or the folder of a model
    depth: 20
    timeout: 5s
    on_error: keep
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	x, err := index.Memory(index.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer x.Close()
	ctx := context.Background()
	if err := put(ctx, x, rerank.Document{ID: "1", Text: "a wing in flight"}, rerank.Document{ID: "2", Text: "dogs bark"}); err != nil {
		fmt.Println(err)
		return
	}
	snapshot, err := x.Snapshot()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer snapshot.Close()

	p, err := pipeline.New(ctx, snapshot, config)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer p.Close()
	result, err := p.Search(ctx, "why do dogs bark?", 10)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, h := range result.Hits {
		fmt.Println(h.Rank, h.Document.Text)
	}
	// Output: 0 dogs bark
}

func put(ctx context.Context, x *index.Index, docs ...rerank.Document) error {
	w, err := x.Writer()
	if err != nil {
		return err
	}
	defer w.Close()
	var b index.Batch
	for _, d := range docs {
		b.Put(index.Entry{Document: d})
	}
	_, err = w.Commit(ctx, &b)
	return err
}
