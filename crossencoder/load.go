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
	"slices"
	"strings"

	"github.com/flashrerank/rerank"
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
	scoreName       = "1_LogitScore/config.json"
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
	Name       string `json:"_name_or_path"`
	Type       string `json:"model_type"`
	Activation string `json:"sbert_ce_default_activation_function"` // before version 4 of sentence-transformers
	Sentence   struct {
		Activation string `json:"activation_fn"`
	} `json:"sentence_transformers"`

	newest    string  // activation_fn of config_sentence_transformers.json
	maxLength float64 // model_max_length of tokenizer_config.json
	answers   struct {
		True  *int32 `json:"true_token_id"`
		False *int32 `json:"false_token_id"`
	}
}

func load(fsys fs.FS, o Options) (*Model, error) {
	sum := sha256.New()
	f, err := readFiles(sum, fsys)
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
	if judges {
		if options.Answers, err = f.settings.yesAndNo(tok); err != nil {
			return nil, err
		}
	}
	m := &Model{long: o.Long, known: o.Known}
	if m.encoder, err = transformer.Load(fsys, options); err != nil {
		return nil, err
	}
	c := m.encoder.Config()
	head := m.encoder.Classifier()
	switch {
	case head == nil:
		return nil, errors.New("config.json names no classification head, which a cross-encoder needs")
	case tok.Size() > c.Vocabulary && !judges:
		return nil, fmt.Errorf("%s has %d tokens, the model %d", tokenizerName, tok.Size(), c.Vocabulary)
	}
	if m.labels, err = newLabels(head.Labels(), c.LabelNames, o.Label); err != nil {
		return nil, err
	}
	if m.activation, err = f.settings.activation(head.Labels()); err != nil {
		return nil, err
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
func readFiles(sum hash.Hash, fsys fs.FS) (f files, err error) {
	if f.config, err = readHashed(sum, fsys, configName, maxConfig); err != nil {
		return f, err
	}
	if f.tokenizer, err = readHashed(sum, fsys, tokenizerName, maxTokenizer); err != nil {
		return f, err
	}
	if err := json.Unmarshal(f.config, &f.settings); err != nil {
		return f, fmt.Errorf("%s: %w", configName, err)
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
	var sentence struct {
		Activation string `json:"activation_fn"`
	}
	var tokens struct {
		MaxLength float64 `json:"model_max_length"`
	}
	for name, into := range map[string]any{sentenceName: &sentence, tokenizerConfig: &tokens, scoreName: &f.settings.answers} {
		if err := readOptional(fsys, name, into); err != nil {
			return f, err
		}
	}
	f.settings.newest, f.settings.maxLength = sentence.Activation, tokens.MaxLength
	fmt.Fprintf(sum, "%q %v", f.settings.newest, f.settings.maxLength)
	return f, nil
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
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func (s *settings) name() string {
	if s.Name == "" {
		return "cross-encoder"
	}
	return path.Base(strings.ReplaceAll(s.Name, `\`, "/"))
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

// yesAndNo are the tokens by which a language model judges.
func (s *settings) yesAndNo(tok *tokenizer.Tokenizer) (*transformer.Answers, error) {
	if s.answers.True != nil && s.answers.False != nil {
		return &transformer.Answers{Yes: *s.answers.True, No: *s.answers.False}, nil
	}
	yes, foundYes := tok.TokenToID("yes")
	no, foundNo := tok.TokenToID("no")
	if !foundYes || !foundNo {
		return nil, fmt.Errorf(`%s has no tokens "yes" and "no", by which a language model judges`, tokenizerName)
	}
	return &transformer.Answers{Yes: yes, No: no}, nil
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

// labels turn the logits of a head into one.
type labels struct {
	relevant int
}

// relevantNames are what labels that mean relevant are called.
var relevantNames = []string{"entailment", "relevant", "yes", "true"}

func newLabels(n int, names []string, wanted string) (labels, error) {
	lower := make([]string, len(names))
	for i, name := range names {
		lower[i] = strings.ToLower(name)
	}
	if wanted != "" {
		i := slices.Index(lower, strings.ToLower(wanted))
		if i < 0 {
			return labels{}, fmt.Errorf("the model has no label %q; it has %s", wanted, strings.Join(names, ", "))
		}
		return labels{i}, nil
	}
	if n == 1 {
		return labels{}, nil
	}
	for _, name := range relevantNames {
		if i := slices.Index(lower, name); i >= 0 {
			return labels{i}, nil
		}
	}
	if n == 2 {
		return labels{1}, nil
	}
	return labels{}, fmt.Errorf("the head has %d labels (%s): name the one that means relevant", n, strings.Join(names, ", "))
}
