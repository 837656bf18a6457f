package biencoder

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/cache"
	"github.com/flashrerank/rerank/tokenizer"
	"github.com/flashrerank/rerank/transformer"
)

// Options say how to load a model. The zero value is the default.
type Options struct {
	// Name of the model in reports; empty means what config.json says, if it
	// says anything.
	Name string

	// Precision of the computation; empty means that of the weights' file.
	Precision transformer.Precision

	// Float32 are patterns of the layers that stay in float32 in a model that is
	// made int8, as transformer.Options has them.
	Float32 []string

	// Cache is a folder for int8 weights that were made of others, so that the
	// next process need not make them; empty means none.
	Cache string

	// Known keeps vectors of texts, so that a text that comes again is not computed
	// again; nil keeps none. Models may share one.
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
	known     *cache.Cache
}

// Tokenizer returns what turns texts into the model's tokens.
func (m *Model) Tokenizer() *tokenizer.Tokenizer { return m.tokenizer }

// maxTokenizer bounds the size of tokenizer.json.
const maxTokenizer = 256 << 20

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
		return nil, fmt.Errorf("tokenizer.json has %d tokens, the model %d", n, c.Vocabulary)
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
	m.skip = m.promptTokens()
	kind := m.info.Precision
	if len(o.Float32) > 0 {
		kind += fmt.Sprintf(", in float32 %q", o.Float32)
	}
	m.info.Fingerprint, err = fingerprint(fsys, kind)
	return m, err
}

func readTokenizer(fsys fs.FS) (*tokenizer.Tokenizer, error) {
	const name = "tokenizer.json"
	info, err := fs.Stat(fsys, name)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxTokenizer {
		return nil, fmt.Errorf("%s has %d bytes, more than %d", name, info.Size(), maxTokenizer)
	}
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, err
	}
	t, err := tokenizer.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return t, nil
}

// readName takes the name that a model's maker left in config.json.
func readName(fsys fs.FS) string {
	var file struct {
		Name string `json:"_name_or_path"`
	}
	if err := readJSON(fsys, "config.json", &file); err != nil || file.Name == "" {
		return "bi-encoder"
	}
	return path.Base(strings.ReplaceAll(file.Name, `\`, "/"))
}

// promptTokens counts the tokens at the beginning that pooling leaves out:
// those of the prompt and what stands before it.
func (m *Model) promptTokens() map[rerank.Role]int {
	skip := map[rerank.Role]int{}
	for role, prompt := range m.settings.prompts {
		if m.settings.pooling.skipPrompts && prompt != "" {
			_, _, n := m.tokenizer.Append(nil, nil, m.prepare(prompt), 1)
			skip[role] = n - 1 // but for the special token at the end
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
		size, err := hashFile(sum, fsys, name)
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
	names := []string{
		"config.json", "modules.json", "tokenizer.json", "sentence_bert_config.json",
		"tokenizer_config.json", "config_sentence_transformers.json",
	}
	for _, pattern := range []string{"*.safetensors", "*/config.json"} {
		more, err := fs.Glob(fsys, pattern) // sorted
		if err != nil {
			return nil, err
		}
		names = append(names, more...)
	}
	return names, nil
}

func hashFile(w io.Writer, fsys fs.FS, name string) (int64, error) {
	if direct, ok := fsys.(fs.ReadFileFS); ok {
		data, err := direct.ReadFile(name)
		if err != nil {
			return 0, err
		}
		n, err := w.Write(data)
		return int64(n), err
	}
	f, err := fsys.Open(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	return io.Copy(w, f)
}

// Model returns what identifies the model.
func (m *Model) Model() rerank.ModelInfo { return m.info }

// Embed returns one vector for each text, in order. Texts are cut to the
// model's longest input, which Truncated tells. An empty text has a vector too:
// that of the special tokens alone.
func (m *Model) Embed(ctx context.Context, texts []string, role rerank.Role) (rerank.Vectors, error) {
	v := rerank.Vectors{Dimensions: m.info.Dimensions}
	if len(texts) == 0 {
		return v, ctx.Err()
	}
	v.Data = make([]float32, len(texts)*v.Dimensions)
	v.Truncated = make([]bool, len(texts))
	roles := make([]rerank.Role, len(texts))
	for i := range roles {
		roles[i] = role
	}
	tokens, err := m.embed(ctx, texts, roles, 0, v)
	v.Tokens = tokens
	if err != nil {
		return rerank.Vectors{}, fmt.Errorf("biencoder: embedding %d texts: %w", len(texts), err)
	}
	return v, nil
}

// embed fills v for texts that each have a role. Documents are cut to so many
// tokens, unless that is 0 or more than the model's longest input.
func (m *Model) embed(ctx context.Context, texts []string, roles []rerank.Role, most int, v rerank.Vectors) (tokens int, err error) {
	size := m.encoder.Config().Hidden
	unknown := m.recall(texts, roles, most, v)
	var count atomic.Int64
	err = m.encoder.Stream(ctx, transformer.Job{
		Sequences: len(unknown),
		Fill: func(k int, b *transformer.Batch) {
			i := unknown[k].text
			before, total, longest := len(b.IDs), 0, m.info.MaxTokens
			if most > 0 && roles[i] == rerank.RoleDocument {
				longest = min(longest, max(most, leastTokens))
			}
			text := m.prepare(m.settings.prompts[roles[i]] + texts[i])
			b.IDs, b.Types, total = m.tokenizer.Append(b.IDs, b.Types, text, longest)
			v.Truncated[i] = total > len(b.IDs)-before
			count.Add(int64(len(b.IDs) - before))
		},
		Visit: func(k int, hidden []float32) error {
			i := unknown[k].text
			dst := v.At(i)
			m.settings.pooling.pool(dst, hidden, size, m.skip[roles[i]])
			if m.settings.normalize {
				normalize(dst)
			}
			if m.known != nil {
				m.known.Put(unknown[k].key, cache.Value{Numbers: slices.Clone(dst), Truncated: v.Truncated[i]})
			}
			return nil
		},
	})
	return int(count.Load()), err
}

// unknown is a text whose vector has to be computed.
type unknown struct {
	text int
	key  cache.Key // where vectors are kept
}

// recall fills v for texts whose vectors are known and returns the others.
func (m *Model) recall(texts []string, roles []rerank.Role, most int, v rerank.Vectors) []unknown {
	list := make([]unknown, 0, len(texts))
	for i, text := range texts {
		u := unknown{text: i}
		if m.known != nil {
			window := 0
			if roles[i] == rerank.RoleDocument {
				window = most
			}
			u.key = cache.KeyOf(m.info.Fingerprint, roles[i].String(), strconv.Itoa(window), text)
			if value, found := m.known.Get(u.key); found {
				copy(v.At(i), value.Numbers)
				v.Truncated[i] = value.Truncated
				continue
			}
		}
		list = append(list, u)
	}
	return list
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
