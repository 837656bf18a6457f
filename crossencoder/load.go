package crossencoder

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/internal/exactjson"
	"github.com/flashrerank/rerank/internal/language"
	"github.com/flashrerank/rerank/internal/regular"
	"github.com/flashrerank/rerank/tokenizer"
	"github.com/flashrerank/rerank/transformer"
)

// Names of the files of a model's folder.
const (
	configName      = "config.json"
	tokenizerName   = "tokenizer.json"
	sentenceName    = "config_sentence_transformers.json" // may be missing, as what follows
	tokenizerConfig = "tokenizer_config.json"
	scoreName       = scoreFolder + "/config.json"
)

const (
	maxWeights   = 8 << 30
	maxTokenizer = 64 << 20
	maxConfig    = 1 << 20
	usual        = 16   // chunks of a text
	longest      = 8192 // tokens, of models that take more
)

// files are those of a model but for its weights.
type files struct {
	config, tokenizer []byte
	settings          settings
}

// settings are what a model's files say beside its shape.
type settings struct {
	Name          string   `json:"_name_or_path"`
	Type          string   `json:"model_type"`
	Architectures []string `json:"architectures"`
	Activation    string   `json:"sbert_ce_default_activation_function"` // before version 4 of sentence-transformers
	Sentence      struct {
		Activation string `json:"activation_fn"`
	} `json:"sentence_transformers"`

	// Of config_sentence_transformers.json.
	kind, newest, defaultPrompt string
	prompts                     map[string]string

	// Of tokenizer_config.json.
	maxLength float64
	template  bool // whether it has a chat template

	score logitScore
}

func load(fsys fs.FS, o Options) (*Model, error) {
	sum := sha256.New()
	m := &Model{long: o.Long, known: o.Known}
	f, err := m.readFiles(sum, fsys, o)
	if err != nil {
		return nil, err
	}
	tok, err := tokenizer.Parse(f.tokenizer)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", tokenizerName, err)
	}
	options := transformer.Options{
		Precision: o.Precision, Float32: o.Float32, Workers: o.Workers,
		Cache: transformer.Cache{Folder: o.Cache, Key: hex.EncodeToString(sum.Sum(nil))},
	}
	judges := f.settings.Type == "qwen3"
	if f.settings.language() {
		if options.Answers, err = f.settings.yesAndNo(tok); err != nil {
			return nil, err
		}
	}
	if cmp.Or(o.Language, language.OfCard(fsys)) == language.English {
		m.english = language.New(tok.Size(), tok.IDToToken)
	}
	if m.encoder, err = transformer.Load(fsys, options); err != nil {
		return nil, err
	}
	c := m.encoder.Config()
	if tok.Size() > c.Vocabulary && !judges {
		return nil, fmt.Errorf("%s has %d tokens, but the model has embeddings for %d", tokenizerName, tok.Size(), c.Vocabulary)
	}
	m.info = rerank.ModelInfo{Name: cmp.Or(o.Name, f.settings.name()), MaxTokens: f.settings.window(c, o), Precision: string(m.encoder.Precision())}
	if m.sequences, err = newSequences(tok, m.info.MaxTokens, judges, o); err != nil {
		return nil, err
	}
	fmt.Fprintf(sum, "precision %s, revision %d, label %d, %d tokens, long %d, %d, %d, %q", m.info.Precision, transformer.Revision,
		m.labels.relevant, m.info.MaxTokens, o.Long, o.ChunkTokens, o.MaxChunks, o.Instruction)
	if len(o.Float32) > 0 {
		fmt.Fprintf(sum, ", in float32 %q", o.Float32)
	}
	m.info.Fingerprint = hex.EncodeToString(sum.Sum(nil))
	return m, nil
}

// readFiles reads a model's files and adds them, and its weights, to a hash.
func (m *Model) readFiles(sum hash.Hash, fsys fs.FS, o Options) (f files, err error) {
	if f.config, err = readHashed(sum, fsys, configName, maxConfig); err != nil {
		return f, err
	}
	if err := exactjson.UnmarshalLast(f.config, &f.settings); err != nil {
		return f, fmt.Errorf("%s: %w", configName, err)
	}
	if err := f.settings.readBeside(fsys); err != nil {
		return f, err
	}
	if m.labels, m.activation, err = f.settings.head(fsys, o.Label); err != nil {
		return f, err
	}
	if f.tokenizer, err = readHashed(sum, fsys, tokenizerName, maxTokenizer); err != nil {
		return f, err
	}
	weights, err := transformer.WeightFiles(fsys)
	if err != nil {
		return f, err
	}
	for _, name := range weights {
		size, err := regular.CopyFS(sum, fsys, name, maxWeights)
		if err != nil {
			return f, err
		}
		fmt.Fprintf(sum, "%s %d\x00", name, size)
	}
	fmt.Fprintf(sum, "%q %v", f.settings.newest, f.settings.maxLength)
	if s := f.settings.score; s.found {
		fmt.Fprintf(sum, " %d %d", *s.True, *s.False)
	}
	return f, nil
}

// readBeside reads what other files say beside config.json, and refuses what is not
// supported.
func (s *settings) readBeside(fsys fs.FS) error {
	var sentence struct {
		Kind       string            `json:"model_type"`
		Activation string            `json:"activation_fn"`
		Default    string            `json:"default_prompt_name"`
		Prompts    map[string]string `json:"prompts"`
	}
	var tokens struct {
		MaxLength float64         `json:"model_max_length"`
		Template  json.RawMessage `json:"chat_template"`
	}
	if err := readOptional(fsys, sentenceName, &sentence); err != nil {
		return err
	}
	if err := readOptional(fsys, tokenizerConfig, &tokens); err != nil {
		return err
	}
	s.kind, s.newest, s.defaultPrompt, s.prompts = sentence.Kind, sentence.Activation, sentence.Default, sentence.Prompts
	s.maxLength, s.template = tokens.MaxLength, len(tokens.Template) > 0 && string(tokens.Template) != "null"
	return s.checkFiles(fsys)
}

// readHashed reads a file and adds it to a hash.
func readHashed(sum io.Writer, fsys fs.FS, name string, limit int64) ([]byte, error) {
	data, err := regular.ReadFS(fsys, name, limit)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	fmt.Fprintf(sum, "%s %d\x00", name, len(data))
	_, err = sum.Write(data)
	return data, err
}

func readOptional(fsys fs.FS, name string, into any) error {
	data, err := regular.ReadFS(fsys, name, maxConfig)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = exactjson.UnmarshalLast(data, into)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func (s *settings) name() string {
	switch {
	case s.Name != "":
		return path.Base(strings.ReplaceAll(s.Name, `\`, "/"))
	case len(s.Architectures) > 0:
		return s.Architectures[0]
	}
	return "cross-encoder"
}

// window is the longest input: the least of what the model, its tokenizer and the
// options say.
func (s *settings) window(c transformer.Config, o Options) int {
	n := min(c.Positions, longest)
	if s.maxLength >= 8 && s.maxLength < float64(n) {
		n = int(s.maxLength)
	}
	if o.MaxTokens > 0 {
		n = min(c.Positions, o.MaxTokens)
	}
	return n
}

// Activation is a function that raw scores go through.
type Activation string

// The activations that sentence-transformers saves by default.
const (
	Identity Activation = "identity"
	Sigmoid  Activation = "sigmoid"
)

// activation looks where sentence-transformers does: the newest file first, and
// by default a sigmoid for one label.
func (s *settings) activation(labels int) (Activation, error) {
	name := cmp.Or(s.newest, s.Sentence.Activation, s.Activation)
	switch last := name[strings.LastIndexByte(name, '.')+1:]; {
	case name == "" && labels == 1 || last == "Sigmoid":
		return Sigmoid, nil
	case name == "" || last == "Identity":
		return Identity, nil
	}
	return "", fmt.Errorf("the activation function %q is not supported: Identity and Sigmoid are", name)
}
