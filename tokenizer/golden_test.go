package tokenizer_test

import (
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"testing"

	"github.com/flashrerank/rerank/tokenizer"
)

var update = flag.Bool("update", false, "make the golden files anew with Hugging Face tokenizers (needs RERANK_PYTHON)")

// golden is what Hugging Face makes of the texts of one case. The texts are
// made by sample_test.go, so only a sum of each is kept, and of the first ones
// the whole result to look at.
type golden struct {
	Texts string // sum over all texts: another generator needs -update
	Whole []encoded
	Sums  []string // 32 bits each: one in four thousand million errors is missed
}

// encoded is ids, token types and byte offsets, flat.
type encoded [3][]int32

func flatten(e tokenizer.Encoding) encoded {
	out := encoded{e.IDs, e.Types, {}}
	for _, o := range e.Offsets {
		out[2] = append(out[2], int32(o.Start), int32(o.End))
	}
	return out
}

func (e encoded) sum() string {
	h := fnv.New32a()
	for _, part := range e {
		binary.Write(h, binary.LittleEndian, int32(len(part)))
		binary.Write(h, binary.LittleEndian, part)
	}
	return fmt.Sprintf("%08x", h.Sum32())
}

func TestGolden(t *testing.T) {
	data, _ := load(t, "testdata/tokenizer.json")
	all := texts(5000)
	cased := map[string]string{"normalizer": bertNormalizer(true, true, "null", false)}
	bare := map[string]string{"normalizer": bertNormalizer(false, true, "true", false)}
	old := map[string]string{"post_processor": `{"type":"BertProcessing","sep":["[SEP]",3],"cls":["[CLS]",2]}`}
	type test struct {
		name  string
		data  []byte
		texts []string
		limit int
		pairs bool
	}
	tests := []test{
		{"uncased", data, all[:5000], 0, false},
		{"cased", variant(t, data, cased), all[:1000], 0, false},
		{"spelling", spelling(t, all), all[:3000], 0, false},
		{"spelling-bare", variant(t, spelling(t, all), bare), all[:1000], 0, false},
		{"added", withAdded(t), addedTexts(1500), 0, false},
		{"truncated", variant(t, data, old), all[:500], 9, false},
		{"pairs", data, all[:500], 24, true},
		{"pairs-bertprocessing", variant(t, data, old), all[:500], 0, true},
	}
	for _, name := range kinds(t) {
		data, _ := load(t, "testdata/kinds/"+name+".json")
		tests = append(tests, test{"kind-" + name, data, append(texts(120), kindTexts(280)...), 24, true})
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			n := len(c.texts)
			pairs := make([][2]string, n)
			for i := range pairs {
				pairs[i] = [2]string{c.texts[i], c.texts[(i*7+3)%n]}
			}
			path := filepath.Join("testdata", "golden", c.name+".json")
			if *update {
				var results []tokenizer.Encoding
				if c.pairs {
					results = peer(t, c.data, pairs, c.limit)
				} else {
					results = peer(t, c.data, c.texts, c.limit)
				}
				writeGolden(t, path, sumTexts(c.texts), results)
			}
			tok, err := tokenizer.Parse(c.data)
			if err != nil {
				t.Fatal(err)
			}
			want := readGolden(t, path)
			if want.Texts != sumTexts(c.texts) || len(want.Sums) != n {
				t.Fatal("the texts have changed: run with -update")
			}
			for i, text := range c.texts {
				var got encoded
				if c.pairs {
					got = flatten(tok.EncodePair(pairs[i][0], pairs[i][1], c.limit))
				} else {
					got = flatten(tok.Encode(text, c.limit))
				}
				if i < len(want.Whole) {
					if g, w := fmt.Sprint(got), fmt.Sprint(want.Whole[i]); g != w {
						t.Errorf("%d: %+q:\n got %s\nwant %s", i, text, g, w)
					}
				}
				if got.sum() != want.Sums[i] {
					t.Errorf("%d: %+q: got %v, whose sum is not the golden one", i, text, got)
				}
			}
		})
	}
}

func sumTexts(texts []string) string {
	h := fnv.New64a()
	for _, text := range texts {
		fmt.Fprintf(h, "%q\n", text)
	}
	return fmt.Sprintf("%016x", h.Sum64())
}

func writeGolden(t *testing.T, path, texts string, results []tokenizer.Encoding) {
	g := golden{Texts: texts}
	for i, r := range results {
		if i < 45 {
			g.Whole = append(g.Whole, flatten(r))
		}
		g.Sums = append(g.Sums, flatten(r).sum())
	}
	out, err := json.Marshal(g)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(path), 0o755)
	}
	if err == nil {
		err = os.WriteFile(path, append(out, '\n'), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func readGolden(t *testing.T, path string) (g golden) {
	data, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(data, &g)
	}
	if err != nil {
		t.Fatal(err)
	}
	return g
}
