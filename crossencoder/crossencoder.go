// Package crossencoder judges a query and a text together, as the
// cross-encoders of sentence-transformers do: an encoder reads both and a
// classification head gives a number; or a language model is asked whether the
// text answers the query, and says yes or no.
//
// A [Model] scores pairs ([Model.ScorePairs]) and orders hits
// ([Model.Reranker]). Logits equal those of transformers. A pair's score
// depends neither on the pairs beside it nor on the number of workers. Texts
// that are longer than the model's window are judged in chunks, see [Long].
package crossencoder

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strconv"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/cache"
	"github.com/flashrerank/rerank/internal/count"
	"github.com/flashrerank/rerank/internal/language"
	"github.com/flashrerank/rerank/tokenizer"
	"github.com/flashrerank/rerank/transformer"
)

// Options say how to load a model. The zero value is the default.
type Options struct {
	// Name of the model in reports; empty means what config.json says, if it
	// says anything.
	Name string

	// Language is the code of the only language that the model knows; empty means what
	// its card says, if it names one (README.md). Only "en" changes anything:
	// rerankers then warn of queries and texts that are not English.
	Language string

	// Precision of the encoder; empty means that of the weights' file.
	Precision transformer.Precision

	// Float32 are patterns of the layers that stay in float32 in a model that is
	// made int8, as transformer.Options has them.
	Float32 []string

	// Cache is a folder for int8 weights that were made of others, so that the
	// next process need not make them; empty means none.
	Cache string

	// Known keeps scores of pairs, so that a pair that comes again is not computed
	// again; nil keeps none. Models may share one.
	Known *cache.Cache

	// Workers is how many goroutines compute at the same time; 0 means
	// GOMAXPROCS. It never changes a result.
	Workers int

	// MaxTokens is the longest input, special tokens included; 0 means what the
	// model's files say, and never more than the model has positions for.
	MaxTokens int

	// Long says what becomes of texts that do not fit.
	Long Long

	// ChunkTokens is the most tokens of a text that are judged at once; 0 means as
	// many as fit beside the query.
	ChunkTokens int

	// MaxChunks bounds the chunks of a text; 0 means 16. What lies beyond is not
	// looked at, and the text counts as truncated.
	MaxChunks int

	// Label is the label that means relevant, of a model with several; empty means
	// the one that the names tell (entailment, relevant, yes, true), or the second
	// of two.
	Label string

	// Instruction is what a judging language model is told to look for; empty
	// means DefaultInstruction.
	Instruction string
}

// Long is what becomes of texts that do not fit into a model's window.
type Long int

// The choices.
const (
	// LongBest judges the text in chunks that overlap by an eighth and takes the
	// best of their scores (MaxP in Dai & Callan, 2019).
	LongBest Long = iota
	// LongFirst judges the first chunk only (FirstP).
	LongFirst
	// LongTruncate cuts the end of the text so that the window is full, whatever
	// ChunkTokens says: the scores of sentence-transformers.
	LongTruncate
)

// Model is a cross-encoder, a [rerank.PairScorer]. It is immutable and safe for
// concurrent use.
type Model struct {
	info       rerank.ModelInfo
	encoder    *transformer.Model
	sequences  *sequences
	labels     labels
	activation Activation
	long       Long
	known      *cache.Cache
	english    *language.Vocabulary // tells what is foreign to the model; nil if that is not known
	glance     int                  // tokens of a text that are judged; 0: all
}

// Load reads a model from a folder: config.json, tokenizer.json and
// model.safetensors (or its shards) of a sequence classifier of any architecture
// that package transformer computes, or of a Qwen3 language model that judges by
// saying yes or no.
func Load(fsys fs.FS, o Options) (*Model, error) {
	m, err := load(fsys, o)
	if err != nil {
		return nil, fmt.Errorf("crossencoder: %w", err)
	}
	return m, nil
}

// Model returns what identifies the model.
func (m *Model) Model() rerank.ModelInfo { return m.info }

// Tokenizer returns what turns texts into the model's tokens.
func (m *Model) Tokenizer() *tokenizer.Tokenizer { return m.sequences.tokenizer }

// Activation returns what the model's files say that raw scores go through in
// sentence-transformers. Scores here are raw.
func (m *Model) Activation() Activation { return m.activation }

// Remark says what had to be assumed of the model: which of two labels means
// relevant, where their names do not tell. It is empty where nothing had to be, and
// it stands in every report.
func (m *Model) Remark() string { return m.labels.remark }

// ScorePairs judges each pair. A query is cut only where it and the text are
// both longer than half of the room; a text that does not fit is judged as
// Options.Long says, and Tokens are those of all its chunks. The logit of a model
// with several labels is the logarithm of the odds of the one that means
// relevant. One that is not a finite number is a [*rerank.ScoreError]. The context is
// looked at between layers.
func (m *Model) ScorePairs(ctx context.Context, pairs []rerank.Pair, dst []rerank.PairScore) error {
	if len(dst) != len(pairs) {
		return fmt.Errorf("crossencoder: room for %d scores of %d pairs", len(dst), len(pairs))
	}
	return m.judgePairs(ctx, pairs, dst, nil)
}

// judgePairs scores each pair, and sets foreign where the text is foreign to the model unless
// foreign is nil.
func (m *Model) judgePairs(ctx context.Context, pairs []rerank.Pair, dst []rerank.PairScore, foreign []bool) error {
	if err := m.scorePairs(ctx, pairs, dst, foreign); err != nil {
		return fmt.Errorf("crossencoder: scoring %s: %w", count.Of(len(pairs), "pair"), err)
	}
	return nil
}

// scorePairs judges the pairs, and refuses scores that are no finite numbers.
func (m *Model) scorePairs(ctx context.Context, pairs []rerank.Pair, dst []rerank.PairScore, foreign []bool) error {
	if err := m.recall(ctx, pairs, dst, foreign); err != nil {
		return err
	}
	for i, s := range dst {
		if !finite(s.Logit) {
			return &rerank.ScoreError{Model: m.info.Name, What: "score", Text: i, Value: float64(s.Logit)}
		}
	}
	return nil
}

func finite(x float32) bool { return x-x == 0 }

// recall judges the pairs whose scores are not known.
func (m *Model) recall(ctx context.Context, pairs []rerank.Pair, dst []rerank.PairScore, foreign []bool) error {
	if foreign == nil {
		foreign = make([]bool, len(pairs))
	}
	if m.known == nil {
		return m.compute(ctx, pairs, dst, foreign)
	}
	by := m.info.Fingerprint
	if m.english != nil {
		by += " en" // as values tell what is foreign
	}
	var unknown []rerank.Pair
	var keys []cache.Key
	var at []int
	for i, p := range pairs {
		key := cache.KeyOf(by, strconv.Itoa(m.glance), p.Query, p.Text)
		if v, found := m.known.Get(key); found && finite(v.Numbers[0]) {
			dst[i], foreign[i] = rerank.PairScore{Logit: v.Numbers[0], Truncated: v.Truncated}, v.Foreign
			continue
		}
		unknown, keys, at = append(unknown, p), append(keys, key), append(at, i)
	}
	judged, strange := make([]rerank.PairScore, len(unknown)), make([]bool, len(unknown))
	if err := m.compute(ctx, unknown, judged, strange); err != nil {
		return err
	}
	for k, s := range judged {
		dst[at[k]], foreign[at[k]] = s, strange[k]
		if !finite(s.Logit) {
			continue
		}
		m.known.Put(keys[k], cache.Value{Numbers: []float32{s.Logit}, Truncated: s.Truncated, Foreign: strange[k]})
	}
	return nil
}

func (m *Model) compute(ctx context.Context, pairs []rerank.Pair, dst []rerank.PairScore, foreign []bool) error {
	fill := func(i int, b *transformer.Batch) {
		before := len(b.IDs)
		cut := m.sequences.first(b, pairs[i])
		dst[i] = rerank.PairScore{Tokens: len(b.IDs) - before, Truncated: cut}
		foreign[i] = m.foreign(pairs[i].Text, b.IDs[before:], b.Types)
	}
	err := m.judge(ctx, len(pairs), fill, func(i int, logit float32) { dst[i].Logit = logit })
	if err != nil || m.long != LongBest {
		return err
	}
	return m.scoreRest(ctx, pairs, dst)
}

// foreign reports whether the text of a pair is in a language that the model does not
// know; the last of types are the pair's.
func (m *Model) foreign(text string, ids, types []int32) bool {
	if m.english == nil || len(types) < len(ids) {
		return false
	}
	types = types[len(types)-len(ids):]
	begin := slices.Index(types, 1)
	return begin >= 0 && m.english.ForeignText(text, ids[begin:])
}

// foreignQuery reports whether a query is in a language that the model does not know.
func (m *Model) foreignQuery(text string) bool {
	if m.english == nil {
		return false
	}
	ids, _ := m.sequences.tokenizer.AppendText(nil, text, m.info.MaxTokens)
	return m.english.ForeignQuery(text, ids)
}

// scoreRest judges the other chunks of the texts that did not fit.
func (m *Model) scoreRest(ctx context.Context, pairs []rerank.Pair, dst []rerank.PairScore) error {
	var all []chunk
	for i := range pairs {
		if dst[i].Truncated {
			var whole bool
			all, whole = m.sequences.rest(all, i, pairs[i])
			dst[i].Truncated = !whole
		}
	}
	scores := make([]float32, len(all))
	fill := func(i int, b *transformer.Batch) { all[i].append(b) }
	if err := m.judge(ctx, len(all), fill, func(i int, logit float32) { scores[i] = logit }); err != nil {
		return err
	}
	for i, c := range all {
		dst[c.pair].Logit = max(dst[c.pair].Logit, scores[i])
		dst[c.pair].Tokens += len(c.ids)
	}
	return nil
}

// judge computes the logits of sequences.
func (m *Model) judge(ctx context.Context, n int, fill func(int, *transformer.Batch), judged func(i int, logit float32)) error {
	head := m.encoder.Classifier()
	return m.encoder.Stream(ctx, transformer.Job{
		Sequences: n,
		States:    head.Pooling().States(),
		Fill:      fill,
		Visit: func(i int, states []float32) error {
			var few [8]float32
			logits := few[:]
			if head.Labels() > len(few) {
				logits = make([]float32, head.Labels())
			}
			if err := head.Logits(logits, states); err != nil {
				return err
			}
			judged(i, m.labels.logit(logits[:head.Labels()]))
			return nil
		},
	})
}
