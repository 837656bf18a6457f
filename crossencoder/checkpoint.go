package crossencoder

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/flashrerank/rerank/tokenizer"
	"github.com/flashrerank/rerank/transformer"
)

// Files that say how sentence-transformers reads pairs and scores them. All may be
// missing.
const (
	modulesName  = "modules.json"
	readingName  = "sentence_bert_config.json"
	adapterName  = "adapter_config.json"
	templateName = "chat_template.jinja"
	oldTemplate  = "chat_template.json"
	scoreFolder  = "1_LogitScore"
)

// logitScore is the module of that name: the tokens by which a language model
// judges.
type logitScore struct {
	found bool
	file  string

	True  *int32 `json:"true_token_id"`
	False *int32 `json:"false_token_id"`
	Input string `json:"module_input_name"`
}

// checkFiles refuses what would be ignored otherwise: the scores would not be
// those of the model's makers.
func (s *settings) checkFiles(fsys fs.FS) error {
	if s.kind != "" && s.kind != "CrossEncoder" {
		return fmt.Errorf("%s: model_type %q is not a cross-encoder", sentenceName, s.kind)
	}
	if name := s.defaultPrompt; name != "" && s.prompts[name] != "" {
		return fmt.Errorf("%s: default_prompt_name %q: prompts of cross-encoders are not supported", sentenceName, name)
	}
	if exists(fsys, adapterName) {
		return fmt.Errorf("%s: adapters are not supported; merge it into the weights", adapterName)
	}
	var reading struct {
		Kwargs map[string]any `json:"processing_kwargs"`
	}
	if err := readOptional(fsys, readingName, &reading); err != nil {
		return err
	}
	if len(reading.Kwargs) > 0 {
		return fmt.Errorf("%s: processing_kwargs are not supported", readingName)
	}
	if err := s.readModules(fsys); err != nil {
		return err
	}
	if !s.score.found {
		return nil
	}
	return s.checkScore(fsys)
}

// readModules reads which modules there are.
func (s *settings) readModules(fsys fs.FS) error {
	var modules []struct {
		Path   string   `json:"path"`
		Type   string   `json:"type"`
		Kwargs []string `json:"kwargs"`
	}
	if err := readOptional(fsys, modulesName, &modules); err != nil {
		return err
	}
	s.score.file = scoreName
	var kinds []string
	for _, m := range modules {
		kind := m.Type[strings.LastIndexByte(m.Type, '.')+1:]
		kinds = append(kinds, kind)
		switch {
		case len(m.Kwargs) > 0:
			return fmt.Errorf("%s: %s takes %q, which is not supported", modulesName, kind, m.Kwargs)
		case kind == "Transformer" && m.Path != "":
			return fmt.Errorf("%s: the transformer is in %q: only models with it in the folder itself are supported", modulesName, m.Path)
		case kind == "LogitScore":
			if !fs.ValidPath(m.Path) {
				return fmt.Errorf("%s: LogitScore has the path %q", modulesName, m.Path)
			}
			s.score.file, s.score.found = path.Join(m.Path, configName), true
		}
	}
	if joined := strings.Join(kinds, " "); joined != "" && joined != "Transformer" && joined != "Transformer LogitScore" {
		return fmt.Errorf("%s: the modules %q are not supported: Transformer alone is, and with LogitScore", modulesName, kinds)
	}
	s.score.found = s.score.found || exists(fsys, scoreName)
	return nil
}

// checkScore looks at the tokens by which a language model judges, and at what
// pairs are put into.
func (s *settings) checkScore(fsys fs.FS) error {
	if err := readOptional(fsys, s.score.file, &s.score); err != nil {
		return err
	}
	switch {
	case s.Type != "qwen3" || !s.language():
		return fmt.Errorf("%s: the scores of %q, model_type %q, by single tokens are not supported: those of Qwen3ForCausalLM are", s.score.file, s.Architectures, s.Type)
	case s.score.True == nil:
		return fmt.Errorf("%s: true_token_id is missing", s.score.file)
	case s.score.False == nil:
		return fmt.Errorf("%s: false_token_id is null: the logit of one token alone is not supported", s.score.file)
	case s.score.Input != "" && s.score.Input != "causal_logits":
		return fmt.Errorf("%s: module_input_name %q is not supported", s.score.file, s.score.Input)
	}
	for name, found := range map[string]bool{
		templateName: exists(fsys, templateName), oldTemplate: exists(fsys, oldTemplate), tokenizerConfig: s.template,
	} {
		if found {
			return fmt.Errorf("%s: the chat template that pairs are put into is not supported", name)
		}
	}
	return nil
}

// head looks at how the model judges before its weights are read: by which label,
// and by which activation in sentence-transformers.
func (s *settings) head(fsys fs.FS, label string) (l labels, a Activation, err error) {
	c, err := transformer.ReadConfig(fsys)
	if err != nil {
		return l, "", err
	}
	if c.Labels == 0 && !s.language() {
		return l, "", fmt.Errorf("%s: architectures %q have no classification head, which a cross-encoder needs", configName, s.Architectures)
	}
	n := max(1, c.Labels)
	if l, err = newLabels(n, c.LabelNames, label); err != nil {
		return l, "", err
	}
	a, err = s.activation(n)
	return l, a, err
}

func exists(fsys fs.FS, name string) bool {
	_, err := fs.Stat(fsys, name)
	return !errors.Is(err, fs.ErrNotExist)
}

// language reports whether the model is a language model that judges by what it
// would say next.
func (s *settings) language() bool { return slices.Contains(s.Architectures, "Qwen3ForCausalLM") }

// yesAndNo are the tokens by which a language model judges.
func (s *settings) yesAndNo(tok *tokenizer.Tokenizer) (*transformer.Answers, error) {
	if s.score.found {
		return &transformer.Answers{Yes: *s.score.True, No: *s.score.False}, nil
	}
	yes, foundYes := tok.TokenToID("yes")
	no, foundNo := tok.TokenToID("no")
	if !foundYes || !foundNo {
		return nil, fmt.Errorf(`%s has no tokens "yes" and "no", by which a language model judges`, tokenizerName)
	}
	return &transformer.Answers{Yes: yes, No: no}, nil
}
