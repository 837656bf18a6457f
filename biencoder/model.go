package biencoder

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/cache"
	"github.com/flashrerank/rerank/internal/count"
	"github.com/flashrerank/rerank/internal/language"
	"github.com/flashrerank/rerank/internal/regular"
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
	// queries and texts in other languages are told from English ones and reported.
	Language string

	// Precision of the computation; empty means that of the weights' file.
	Precision transformer.Precision

	// Float32 are patterns of the layers that stay in float32 in a model that is
	// made int8, as transformer.Options has them.
	Float32 []string

	// Cache is a folder for int8 weights that were made of others, so that the
	// next process need not make them; empty means none.
	Cache string

	// Known keeps vectors of texts, so that a text that comes again is not computed
	// again, and of rerankers that compare tokens what they found, so that a text is not that comes again with
	// its query; nil keeps none. Models may share one.
	Known *cache.Cache

	// Workers is how many goroutines compute at the same time; 0 means
	// GOMAXPROCS. It never changes a result.
	Workers int
}

// Model is a bi-encoder, a [rerank.Embedder]. It is immutable and safe for
// concurrent use.
type Model struct {
	info      rerank.ModelInfo
	settings  settings
	tokenizer *tokenizer.Tokenizer
	encoder   *transformer.Model
	skip      map[rerank.Role]int // tokens of a prompt that do not count
	before    int                 // special tokens at the beginning of every sequence
	after     int                 // and at its end
	known     *cache.Cache
	english   *language.Vocabulary // tells what is foreign to the model; nil if that is not known
	rooms     sync.Pool            // of *room
}

// Tokenizer returns what turns texts into the model's tokens.
func (m *Model) Tokenizer() *tokenizer.Tokenizer { return m.tokenizer }

// Bounds of the sizes of tokenizer.json and of any other file of a model.
const (
	maxTokenizer = 64 << 20
	maxWeights   = 8 << 30
)

// Load reads a model from a folder in the layout of sentence-transformers:
// modules.json, config.json, model.safetensors, tokenizer.json, the folder of
// the pooling, and optionally sentence_bert_config.json,
// tokenizer_config.json and config_sentence_transformers.json. What it does
// not support is an error, not ignored.
func Load(fsys fs.FS, o Options) (*Model, error) {
	m, err := load(fsys, o)
	if err != nil {
		return nil, fmt.Errorf("biencoder: %w", err)
	}
	return m, nil
}

func load(fsys fs.FS, o Options) (*Model, error) {
	s, err := readSettings(fsys)
	if err != nil {
		return nil, err
	}
	if err := s.checkConfig(fsys); err != nil {
		return nil, err
	}
	m := &Model{settings: s, known: o.Known}
	if m.tokenizer, err = readTokenizer(fsys); err != nil {
		return nil, err
	}
	options := transformer.Options{Precision: o.Precision, Float32: o.Float32, Workers: o.Workers}
	if o.Cache != "" {
		options.Cache.Folder = o.Cache
		if options.Cache.Key, err = fingerprint(fsys, string(o.Precision)); err != nil {
			return nil, err
		}
	}
	if m.encoder, err = transformer.Load(fsys, options); err != nil {
		return nil, err
	}
	c := m.encoder.Config()
	if n := m.tokenizer.Size(); n > c.Vocabulary {
		return nil, fmt.Errorf("tokenizer.json has %d tokens, but the model has embeddings for %d", n, c.Vocabulary)
	}
	m.info = rerank.ModelInfo{
		Name: o.Name, Dimensions: c.Hidden * len(s.pooling.modes), Similarity: s.similar,
		MaxTokens: c.Positions, Precision: string(m.encoder.Precision()),
	}
	if s.maxTokens > 0 {
		m.info.MaxTokens = min(c.Positions, s.maxTokens)
	}
	if m.info.Name == "" {
		m.info.Name = readName(fsys)
	}
	if cmp.Or(o.Language, language.OfCard(fsys)) == language.English {
		m.english = language.New(m.tokenizer.Size(), m.tokenizer.IDToToken)
	}
	m.skip = m.promptTokens()
	m.before, m.after = m.specialTokens()
	kind := m.info.Precision
	if len(o.Float32) > 0 {
		kind += fmt.Sprintf(", in float32 %q", o.Float32)
	}
	m.info.Fingerprint, err = fingerprint(fsys, kind)
	return m, err
}

func readTokenizer(fsys fs.FS) (*tokenizer.Tokenizer, error) {
	const name = "tokenizer.json"
	data, err := regular.ReadFS(fsys, name, maxTokenizer)
	if err != nil {
		return nil, err
	}
	t, err := tokenizer.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return t, nil
}

// readName returns the name that config.json has, or else the model's architecture.
func readName(fsys fs.FS) string {
	var file struct {
		Name          string   `json:"_name_or_path"`
		Architectures []string `json:"architectures"`
	}
	switch err := readJSON(fsys, "config.json", &file); {
	case err == nil && file.Name != "":
		return path.Base(strings.ReplaceAll(file.Name, `\`, "/"))
	case err == nil && len(file.Architectures) > 0:
		return file.Architectures[0]
	}
	return "bi-encoder"
}

// promptTokens counts the tokens at the beginning that pooling leaves out:
// those of the prompt and what stands before it.
func (m *Model) promptTokens() map[rerank.Role]int {
	skip := map[rerank.Role]int{}
	for role, prompt := range m.settings.prompts {
		if m.settings.pooling.skipPrompts && prompt != "" {
			ids, _, _ := m.tokenizer.Append(nil, nil, m.prepare(prompt), 0)
			skip[role] = len(ids) - 1 // but for the special token at the end
		}
	}
	return skip
}

// fingerprint is the SHA-256 of everything that a vector depends on.
func fingerprint(fsys fs.FS, precision string) (string, error) {
	names, err := fingerprinted(fsys)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	for _, name := range names {
		size, err := regular.CopyFS(sum, fsys, name, maxWeights)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		fmt.Fprintf(sum, "\x00%s %d\x00", name, size)
	}
	fmt.Fprintf(sum, "precision %s, revision %d", precision, transformer.Revision)
	return hex.EncodeToString(sum.Sum(nil)), nil
}

func fingerprinted(fsys fs.FS) ([]string, error) {
	names := slices.Concat(
		[]string{"config.json", "modules.json", "tokenizer.json"}, readingNames(), []string{"tokenizer_config.json", "config_sentence_transformers.json"})
	for _, pattern := range []string{"*.safetensors", "*/config.json"} {
		more, err := fs.Glob(fsys, pattern) // sorted
		if err != nil {
			return nil, err
		}
		names = append(names, more...)
	}
	return names, nil
}

// Model returns what identifies the model.
func (m *Model) Model() rerank.ModelInfo { return m.info }

// Pooling names how one vector is made of those of the tokens: "mean", "cls", "lasttoken", or
// another of the names of sentence-transformers, or several with plus signs where their
// vectors are concatenated.
func (m *Model) Pooling() string {
	names := make([]string, len(m.settings.pooling.modes))
	for i, one := range m.settings.pooling.modes {
		names[i] = string(one)
	}
	return strings.Join(names, "+")
}

// Embed returns one vector for each text, in order. Texts are cut to the
// model's longest input, which Truncated tells. An empty text has a vector too:
// that of the special tokens alone. A vector with NaN or an infinite number in it
// is a [*rerank.ScoreError].
func (m *Model) Embed(ctx context.Context, texts []string, role rerank.Role) (rerank.Vectors, error) {
	v := rerank.Vectors{Dimensions: m.info.Dimensions}
	if len(texts) == 0 {
		return v, ctx.Err()
	}
	v.Data = make([]float32, len(texts)*v.Dimensions)
	v.Truncated = make([]bool, len(texts))
	v.Foreign = m.asking(len(texts))
	tokens, err := m.embed(ctx, &pass{texts: texts, roles: slices.Repeat([]rerank.Role{role}, len(texts)), vectors: v, foreign: v.Foreign})
	v.Tokens = tokens
	if err != nil {
		return rerank.Vectors{}, fmt.Errorf("biencoder: embedding %s: %w", count.Of(len(texts), "text"), err)
	}
	return v, nil
}

// pass is texts to read.
type pass struct {
	texts   []string
	roles   []rerank.Role
	most    int // tokens of a document; 0, and what is more than the model's longest input, means that
	vectors rerank.Vectors
	foreign []bool // which texts are in a language that the model does not know; nil: nobody asks

	// late, if it is not nil, is what comes out of comparing the tokens of each document, of so many windows, with
	// those of the query, which is the first text.
	late    []float32
	windows int

	seen func(i int, hidden []float32) // gets the states of each text that is computed, if it is not nil
}

// embed fills the vectors of texts that each have a role.
func (m *Model) embed(ctx context.Context, p *pass) (tokens int, err error) {
	return m.compute(ctx, p, m.recall(p))
}

// compute reads texts that are not known.
func (m *Model) compute(ctx context.Context, p *pass, list []unknown) (tokens int, err error) {
	size := m.encoder.Config().Hidden
	var count atomic.Int64
	err = m.encoder.Stream(ctx, transformer.Job{
		Sequences: len(list),
		Fill: func(k int, b *transformer.Batch) {
			i := list[k].text
			before, longest := len(b.IDs), m.info.MaxTokens
			if p.most > 0 && p.roles[i] == rerank.RoleDocument {
				longest = min(longest, max(p.most, leastTokens))
			}
			text := m.prepare(m.settings.prompts[p.roles[i]] + p.texts[i])
			b.IDs, b.Types, p.vectors.Truncated[i] = m.tokenizer.Append(b.IDs, b.Types, text, longest)
			if p.foreign != nil {
				p.foreign[i] = m.isForeign(p.texts[i], b.IDs[before:], p.roles[i])
			}
			count.Add(int64(len(b.IDs) - before))
		},
		Visit: func(k int, hidden []float32) error {
			i := list[k].text
			dst := p.vectors.At(i)
			m.settings.pooling.pool(dst, hidden, size, m.skip[p.roles[i]])
			if m.settings.normalize {
				normalize(dst)
			}
			if bad, ok := notFinite(dst); ok {
				return &rerank.ScoreError{Model: m.info.Name, What: "vector", Text: i, Value: bad}
			}
			if p.late == nil || i == 0 { // else there is more to come
				m.keep(p, list[k])
			}
			if p.seen != nil {
				p.seen(i, hidden)
			}
			return nil
		},
	})
	return int(count.Load()), err
}

// notFinite returns the first number that is NaN or infinite, if there is one.
func notFinite(x []float32) (float64, bool) {
	for _, v := range x {
		if v-v != 0 {
			return float64(v), true
		}
	}
	return 0, false
}

// unknown is a text that has to be read.
type unknown struct {
	text int
	key  cache.Key // where what comes out is kept
}

// key is where what comes out of a text is kept.
func (m *Model) key(p *pass, i int) cache.Key {
	window := 0
	if p.roles[i] == rerank.RoleDocument {
		window = p.most
	}
	by := m.info.Fingerprint
	if m.english != nil {
		by += " en" // as values tell what is foreign
	}
	if p.late != nil && i > 0 {
		return cache.KeyOf(by, "late", p.texts[0], strconv.Itoa(p.windows), strconv.Itoa(window), p.texts[i])
	}
	return cache.KeyOf(by, p.roles[i].String(), strconv.Itoa(window), p.texts[i])
}

// keep remembers what came out of a text: its vector, and behind it what the comparison with the query gave.
func (m *Model) keep(p *pass, u unknown) {
	if m.known == nil {
		return
	}
	numbers := slices.Clone(p.vectors.At(u.text))
	if p.late != nil && u.text > 0 {
		numbers = append(numbers, p.late[u.text])
	}
	value := cache.Value{Numbers: numbers, Truncated: p.vectors.Truncated[u.text]}
	if p.foreign != nil {
		value.Foreign = p.foreign[u.text]
	}
	m.known.Put(u.key, value)
}

// recall fills in what is known and returns the texts that are not.
func (m *Model) recall(p *pass) []unknown {
	list := make([]unknown, 0, len(p.texts))
	for i := range p.texts {
		u := unknown{text: i}
		if m.known != nil {
			u.key = m.key(p, i)
			if value, found := m.known.Get(u.key); found {
				n := copy(p.vectors.At(i), value.Numbers)
				p.vectors.Truncated[i] = value.Truncated
				if p.foreign != nil {
					p.foreign[i] = value.Foreign
				}
				if p.late != nil && i > 0 {
					p.late[i] = value.Numbers[n]
				}
				continue
			}
		}
		list = append(list, u)
	}
	return list
}

// asking is room for which of n texts are in a language that the model does not know, nil
// where that cannot be told.
func (m *Model) asking(n int) []bool {
	if m.english == nil {
		return nil
	}
	return make([]bool, n)
}

// Knows reports whether a text is in a language that the model knows, as far as its tokens
// tell: it is false for queries and texts that are not English where the model is known to
// be for English only ([Options].Language), by the bounds of docs/languages.md. Of a text
// the part that fits into the model's window counts.
func (m *Model) Knows(text string, role rerank.Role) bool {
	if m.english == nil || language.ASCII(text) {
		return true
	}
	if most := tokenBytes * m.info.MaxTokens; len(text) > most {
		text = strings.ToValidUTF8(text[:most], "")
	}
	ids, _, _ := m.tokenizer.Append(nil, nil, m.prepare(text), m.info.MaxTokens)
	return !m.isForeign(text, ids, role)
}

// tokenBytes is how long a token is thought to be at most, so that of a long text only
// what may fit into the window is looked at.
const tokenBytes = 16

func (m *Model) isForeign(text string, ids []int32, role rerank.Role) bool {
	if role == rerank.RoleQuery {
		return m.english.ForeignQuery(text, ids)
	}
	return m.english.ForeignText(text, ids)
}

// leastTokens is the least of a text that is read: something between the special
// tokens.
const leastTokens = 4

// prepare does what sentence-transformers does to a text before tokenising.
func (m *Model) prepare(text string) string {
	text = strings.TrimSpace(text)
	if m.settings.lowerCase {
		text = strings.ToLower(text)
	}
	return text
}
