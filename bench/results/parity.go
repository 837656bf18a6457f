package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/flashrerank/rerank/dataset"
	"github.com/flashrerank/rerank/eval"
	"github.com/flashrerank/rerank/experiment"
	"github.com/flashrerank/rerank/pipeline"
)

// pair is one arrangement by both.
type pair struct {
	name string
	fp32 float64 // nDCG@10 with the model of the peer
	int8 float64 // with the embedded model
	peer float64
}

// analyzer is that of bm25s with its English stop words and Snowball.
const analyzer = "bm25s-english"

// compare evaluates the arrangements that the peers have too.
func compare(ctx context.Context, o *outcome, dir, python, model string, options experiment.Options) error {
	peers, err := runPeers(ctx, dir, python, model)
	if err != nil {
		return err
	}
	o.peers = peers.Versions
	if o.fp32, err = quality(ctx, dir, model, reranked("cosine:"+model, model), options); err != nil {
		return err
	}
	systems := append(reranked(pipeline.MiniLMCosine, pipeline.MiniLM), read(pipeline.KindBM25, pipeline.Best), read(pipeline.KindHybrid, pipeline.Best))
	if o.int8, err = quality(ctx, dir, pipeline.MiniLM, systems, options); err != nil {
		return err
	}
	texts := overTexts(dir)
	texts.Analyzer, texts.Measures = analyzer, []string{"ndcg_cut_10"}
	if o.read, err = experiment.Run(ctx, texts, options); err != nil {
		return err
	}
	files, err := dataset.OpenCollection(dir)
	if err != nil {
		return err
	}
	qrels, err := files.ReadQrels("test")
	if err != nil {
		return err
	}
	for _, s := range o.fp32.Systems {
		run, ok := peers.Runs[strings.TrimPrefix(s.Name, "bm25 → ")]
		if !ok {
			return fmt.Errorf("the peers have no %q", s.Name)
		}
		value, err := ndcg(qrels, run)
		if err != nil {
			return err
		}
		p := pair{name: s.Name, fp32: s.Values[0].Mean, peer: value}
		for _, other := range o.int8.Systems {
			if other.Name == s.Name {
				p.int8 = other.Values[0].Mean
			}
		}
		o.parity = append(o.parity, p)
	}
	return nil
}

// quality runs arrangements with a model.
func quality(ctx context.Context, dir, model string, systems []experiment.Declared, options experiment.Options) (experiment.Report, error) {
	return experiment.Run(ctx, experiment.Config{
		Data: dir, Analyzer: analyzer, Model: model, Measures: []string{"ndcg_cut_10"},
		First:   []pipeline.Kind{pipeline.KindBM25, pipeline.KindDense, pipeline.KindHybrid},
		Rerank:  []string{pipeline.None},
		Vectors: true,
		Systems: systems,
	}, options)
}

// found is what peers.py prints.
type found struct {
	Versions map[string]string
	Runs     map[string]map[string][]string // documents by arrangement and query
}

func runPeers(ctx context.Context, dir, python, model string) (found, error) {
	var list []string
	for _, d := range depths {
		list = append(list, fmt.Sprint(d))
	}
	cmd := exec.CommandContext(ctx, python, "bench/results/peers.py", dir, model, strings.Join(list, ","))
	cmd.Env = append(os.Environ(), "HF_HUB_OFFLINE=1")
	out, err := cmd.Output()
	var f found
	if err == nil {
		err = json.Unmarshal(out, &f)
	}
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		err = fmt.Errorf("%w\n%s", err, exit.Stderr)
	}
	if err != nil {
		return f, fmt.Errorf("bench/results/peers.py: %w", err)
	}
	return f, nil
}

// ndcg is nDCG@10 of lists of documents, all judged queries counting.
func ndcg(qrels eval.Qrels, lists map[string][]string) (float64, error) {
	run := eval.Run{}
	for query, documents := range lists {
		for i, d := range documents {
			run[query] = append(run[query], eval.Scored{Document: d, Score: -float64(i)})
		}
	}
	e, err := eval.Evaluate(qrels, run, []eval.Measure{eval.NDCG(10)}, eval.Options{Complete: true})
	if err != nil {
		return 0, err
	}
	return e.Summary[0], nil
}
