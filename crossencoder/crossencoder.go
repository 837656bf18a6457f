// Package crossencoder judges a query and a text together, as the
// cross-encoders of sentence-transformers do: a BERT encoder reads both and a
// classification head gives one number.
//
// A [Model] scores pairs ([Model.ScorePairs]) and orders hits
// ([Model.Reranker]). Logits equal those of transformers. A pair's score
// depends neither on the pairs beside it nor on the number of workers.
package crossencoder

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"math"
	"path"
	"strings"
	"time"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/tokenizer"
	"github.com/flashrerank/rerank/transformer"
)

// Options say how to load a model. The zero value is the default.
type Options struct {
	// Name of the model in reports; empty means what config.json says, if it
	// says anything.
	Name string

	// Precision of the encoder; empty means that of the weights' file.
	Precision transformer.Precision

	// Float32 are patterns of the layers that stay in float32 in a model that is
	// made int8, as transformer.Options has them.
	Float32 []string

	// Cache is a folder for int8 weights that were made of others, so that the
	// next process need not make them; empty means none.
	Cache string

	// Workers is how many goroutines compute at the same time; 0 means
	// GOMAXPROCS. It never changes a result.
	Workers int
}

// Model is a cross-encoder with one label, a [rerank.PairScorer]. It is
// immutable and safe for concurrent use.
type Model struct {
	info      rerank.ModelInfo
	tokenizer *tokenizer.Tokenizer
	encoder   *transformer.Model
}

// files are what a model is made of; each is required.
var files = []string{"config.json", "tokenizer.json", weightsName}

const (
	weightsName = "model.safetensors"
	maxFile     = 8 << 30
)

// Load reads a model from a folder: config.json, tokenizer.json and
// model.safetensors of a BertForSequenceClassification with one label.
func Load(fsys fs.FS, o Options) (*Model, error) {
	m, err := load(fsys, o)
	if err != nil {
		return nil, fmt.Errorf("crossencoder: %w", err)
	}
	return m, nil
}

func load(fsys fs.FS, o Options) (*Model, error) {
	sum := sha256.New()
	data := map[string][]byte{}
	for _, name := range files {
		content, err := hashFile(sum, fsys, name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		data[name] = content
	}
	m := &Model{}
	var err error
	if m.tokenizer, err = tokenizer.Parse(data["tokenizer.json"]); err != nil {
		return nil, fmt.Errorf("tokenizer.json: %w", err)
	}
	options := transformer.Options{
		Precision: o.Precision, Float32: o.Float32, Workers: o.Workers,
		Cache: transformer.Cache{Folder: o.Cache, Key: hex.EncodeToString(sum.Sum(nil))},
	}
	if m.encoder, err = transformer.Load(fsys, options); err != nil {
		return nil, err
	}
	c := m.encoder.Config()
	switch head := m.encoder.Classifier(); {
	case head == nil:
		return nil, fmt.Errorf("config.json names no classification head, which a cross-encoder needs")
	case head.Labels() != 1:
		return nil, fmt.Errorf("the head has %d labels (%s): a cross-encoder has one", head.Labels(), strings.Join(c.LabelNames, ", "))
	case m.tokenizer.Size() > c.Vocabulary:
		return nil, fmt.Errorf("tokenizer.json has %d tokens, the model %d", m.tokenizer.Size(), c.Vocabulary)
	}
	m.info = rerank.ModelInfo{Name: o.Name, MaxTokens: c.Positions, Precision: string(m.encoder.Precision())}
	if m.info.Name == "" {
		m.info.Name = readName(data["config.json"])
	}
	fmt.Fprintf(sum, "precision %s, revision %d", m.info.Precision, transformer.Revision)
	m.info.Fingerprint = hex.EncodeToString(sum.Sum(nil))
	return m, nil
}

// hashFile adds a file to a hash. It returns the content of all but weights,
// which need not be in memory for that.
func hashFile(sum io.Writer, fsys fs.FS, name string) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("%d bytes, more than %d", info.Size(), int64(maxFile))
	}
	fmt.Fprintf(sum, "%s %d\x00", name, info.Size())
	if name == weightsName {
		_, err = io.Copy(sum, f)
		return nil, err
	}
	return io.ReadAll(io.TeeReader(io.LimitReader(f, info.Size()), sum))
}

func readName(config []byte) string {
	var file struct {
		Name string `json:"_name_or_path"`
	}
	if err := json.Unmarshal(config, &file); err != nil || file.Name == "" {
		return "cross-encoder"
	}
	return path.Base(strings.ReplaceAll(file.Name, `\`, "/"))
}

// Model returns what identifies the model.
func (m *Model) Model() rerank.ModelInfo { return m.info }

// ScorePairs judges each pair. Pairs that do not fit the model are cut: first
// the longer of the two, so that a query shorter than half stays whole.
func (m *Model) ScorePairs(ctx context.Context, pairs []rerank.Pair, dst []rerank.PairScore) error {
	if len(dst) != len(pairs) {
		return fmt.Errorf("crossencoder: room for %d scores of %d pairs", len(dst), len(pairs))
	}
	head := m.encoder.Classifier()
	logits := make([]float32, len(pairs))
	err := m.encoder.Stream(ctx, transformer.Job{
		Sequences: len(pairs),
		States:    head.Pooling().States(),
		Fill: func(i int, b *transformer.Batch) {
			before, total := len(b.IDs), 0
			b.IDs, b.Types, total = m.tokenizer.AppendPair(b.IDs, b.Types, pairs[i].Query, pairs[i].Text, m.info.MaxTokens)
			dst[i] = rerank.PairScore{Tokens: len(b.IDs) - before, Truncated: total > len(b.IDs)-before}
		},
		Visit: func(i int, state []float32) error {
			return head.Logits(logits[i:i+1], state)
		},
	})
	if err != nil {
		return fmt.Errorf("crossencoder: judging %d pairs: %w", len(pairs), err)
	}
	for i, x := range logits {
		dst[i].Logit = x
	}
	return nil
}

// Reranker orders hits by the judgment of a cross-encoder. It is safe for
// concurrent use.
type Reranker struct {
	model *Model
}

// Reranker returns the reranker of a model.
func (m *Model) Reranker() *Reranker { return &Reranker{model: m} }

// Model returns what identifies the model.
func (r *Reranker) Model() rerank.ModelInfo { return r.model.info }

const stage = "cross-encoder"

// Rerank judges the query with every hit's content. Scores are raw logits;
// relevance is their sigmoid.
func (r *Reranker) Rerank(ctx context.Context, q rerank.Request) (rerank.Result, error) {
	start := time.Now()
	report := rerank.StageReport{Stage: stage, Model: r.model.info.Name, Candidates: len(q.Hits)}
	pairs := make([]rerank.Pair, len(q.Hits))
	for i, h := range q.Hits {
		pairs[i] = rerank.Pair{Query: q.Query.Text, Text: h.Document.Content()}
	}
	judged := make([]rerank.PairScore, len(pairs))
	if err := r.model.ScorePairs(ctx, pairs, judged); err != nil {
		return rerank.Result{}, err
	}
	scores := make([]float64, len(judged))
	for i, j := range judged {
		scores[i] = float64(j.Logit)
		report.Tokens += j.Tokens
		if j.Truncated {
			report.Truncated++
		}
	}
	report.Scored = len(scores)
	hits := rerank.Reorder(q, rerank.Scoring{Stage: stage, Scale: rerank.ScaleLogit, Scores: scores, Relevance: sigmoid})
	report.Elapsed = time.Since(start)
	return rerank.Result{Hits: hits, Stages: []rerank.StageReport{report}}, nil
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
