package experiment_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/flashrerank/rerank/experiment"
	"github.com/flashrerank/rerank/pipeline"
)

// Which of two searches finds more of what was judged relevant?
func Example() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	for name, text := range map[string]string{
		"corpus.jsonl":   `{"_id":"d1","text":"Wings lift a bird."}` + "\n" + `{"_id":"d2","text":"The sparrow took off."}` + "\n",
		"queries.jsonl":  `{"_id":"q1","text":"a bird in flight"}` + "\n",
		"qrels/test.tsv": "query-id\tcorpus-id\tscore\nq1\td1\t1\nq1\td2\t1\n",
	} {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			log.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			log.Fatal(err)
		}
	}
	report, err := experiment.Run(context.Background(), experiment.Config{
		Data:     dir,
		First:    []pipeline.Kind{pipeline.KindBM25, pipeline.KindDense},
		Rerank:   []string{pipeline.None},
		Measures: []string{"Recall@10"},
	}, experiment.Options{})
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range report.Systems {
		fmt.Printf("%-5s %s %.1f\n", s.Name, report.Measures[0], s.Values[0].Mean)
	}
	// Output:
	// bm25  Recall@10 0.5
	// dense Recall@10 1.0
}
