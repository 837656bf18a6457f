package biencoder

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"strings"

	"github.com/flashrerank/rerank/internal/exactjson"
)

// mode is a way to make one vector of a sequence's hidden states, as
// sentence-transformers names it.
type mode string

const (
	poolCLS          mode = "cls"
	poolMean         mode = "mean"
	poolMax          mode = "max"
	poolMeanSqrt     mode = "mean_sqrt_len_tokens"
	poolWeightedMean mode = "weightedmean"
	poolLast         mode = "lasttoken"
)

// flagged is a mode and its flag in files of older versions.
type flagged struct {
	mode mode
	flag string
}

// modes are in the order in which flagged ones are concatenated; listed ones
// are in the order of the list.
var modes = []flagged{
	{poolCLS, "pooling_mode_cls_token"},
	{poolMax, "pooling_mode_max_tokens"},
	{poolMean, "pooling_mode_mean_tokens"},
	{poolMeanSqrt, "pooling_mode_mean_sqrt_len_tokens"},
	{poolWeightedMean, "pooling_mode_weightedmean_tokens"},
	{poolLast, "pooling_mode_lasttoken"},
}

// pooling makes one vector of a sequence.
type pooling struct {
	modes       []mode
	skipPrompts bool // tokens of a prompt do not count
	dimension   int  // of a state, as the file has it; 0: not said
}

func (p *pooling) read(fsys fs.FS, name string) error {
	var file map[string]json.RawMessage
	if err := readJSON(fsys, name, &file); err != nil {
		return err
	}
	var err error
	if raw, ok := file["pooling_mode"]; ok {
		p.modes, err = listedModes(raw)
	} else {
		p.modes, err = flaggedModes(file)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for key, raw := range file {
		if strings.HasPrefix(key, "pooling_mode_") && string(raw) == "true" && !slices.ContainsFunc(modes, func(m flagged) bool { return m.flag == key }) {
			return fmt.Errorf("%s: %s is not supported", name, key)
		}
	}
	for _, key := range []string{"word_embedding_dimension", "embedding_dimension"} {
		if raw, ok := file[key]; ok {
			if err := exactjson.UnmarshalLast(raw, &p.dimension); err != nil {
				return fmt.Errorf("%s: %s: %w", name, key, err)
			}
		}
	}
	if len(p.modes) == 0 {
		return fmt.Errorf("%s: no pooling mode is set", name)
	}
	if raw, ok := file["include_prompt"]; ok {
		include := true
		if err := exactjson.UnmarshalLast(raw, &include); err != nil {
			return fmt.Errorf("%s: include_prompt: %w", name, err)
		}
		p.skipPrompts = !include
	}
	return nil
}

// listedModes reads the name of a mode, or a list of them.
func listedModes(raw json.RawMessage) ([]mode, error) {
	var list []mode
	if err := exactjson.UnmarshalLast(raw, &list); err != nil {
		list = make([]mode, 1)
		if err := exactjson.UnmarshalLast(raw, &list[0]); err != nil {
			return nil, fmt.Errorf("pooling_mode: %w", err)
		}
	}
	for _, m := range list {
		if !slices.ContainsFunc(modes, func(known flagged) bool { return known.mode == m }) {
			return nil, fmt.Errorf("pooling_mode %q is unknown", m)
		}
	}
	return list, nil
}

// flaggedModes reads the flags of files of older versions.
func flaggedModes(file map[string]json.RawMessage) (list []mode, err error) {
	for _, m := range modes {
		on := false
		if raw, ok := file[m.flag]; ok {
			if err := exactjson.UnmarshalLast(raw, &on); err != nil {
				return nil, fmt.Errorf("%s: %w", m.flag, err)
			}
		}
		if on {
			list = append(list, m.mode)
		}
	}
	return list, nil
}

// pool writes the vector of a sequence to dst, from its hidden states of which
// the first skip do not count. As in sentence-transformers, the first token of
// cls is the first that counts, and a sequence of which nothing counts has the
// mean 0.
func (p *pooling) pool(dst, hidden []float32, size, skip int) {
	hidden = hidden[min(skip*size, len(hidden)):]
	for i, m := range p.modes {
		m.pool(dst[i*size:(i+1)*size], hidden, skip)
	}
}

func (m mode) pool(dst, hidden []float32, skipped int) {
	size, n := len(dst), len(hidden)/len(dst)
	clear(dst)
	if n == 0 {
		return
	}
	switch m {
	case poolCLS:
		copy(dst, hidden)
	case poolLast:
		copy(dst, hidden[(n-1)*size:])
	case poolMax:
		copy(dst, hidden)
		for i := 1; i < n; i++ {
			for j, x := range hidden[i*size : (i+1)*size] {
				dst[j] = max(dst[j], x)
			}
		}
	case poolMean:
		average(dst, hidden, nil, float32(n))
	case poolMeanSqrt:
		average(dst, hidden, nil, float32(math.Sqrt(float64(n))))
	case poolWeightedMean: // the i-th token of the sequence counts i times
		first, last := float32(skipped+1), float32(skipped+n)
		average(dst, hidden, func(i int) float32 { return first + float32(i) }, float32(n)*(first+last)/2)
	}
}

// average adds rows, each times its weight, and divides by a number.
func average(dst, hidden []float32, weight func(i int) float32, divisor float32) {
	size := len(dst)
	for i := range len(hidden) / size {
		w := float32(1)
		if weight != nil {
			w = weight(i)
		}
		for j, x := range hidden[i*size : (i+1)*size] {
			dst[j] += float32(w * x) // rounded by itself on every platform
		}
	}
	for j := range dst {
		dst[j] /= divisor
	}
}

// normalize makes x a vector of length 1, as torch does: a length below 1e-12
// counts as that.
func normalize(x []float32) {
	sum := 0.0
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	inverse := float32(1 / max(math.Sqrt(sum), 1e-12))
	for i := range x {
		x[i] *= inverse
	}
}
