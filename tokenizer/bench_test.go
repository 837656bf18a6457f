package tokenizer_test

import (
	"bufio"
	"encoding/json"
	"os"
	"testing"

	"github.com/flashrerank/rerank/internal/testenv"
	"github.com/flashrerank/rerank/tokenizer"
)

// passages returns the abstracts of the Cranfield collection.
func passages(b *testing.B) (list []string, size int) {
	f, err := os.Open(testenv.Data(b, "cranfield", "corpus.jsonl"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var d struct{ Text string }
		if err := json.Unmarshal(lines.Bytes(), &d); err != nil {
			b.Fatal(err)
		}
		list, size = append(list, d.Text), size+len(d.Text)
	}
	return list, size
}

func BenchmarkAppend(b *testing.B) {
	_, tok := load(b, testenv.PeerModel(b, "tokenizer.json"))
	list, size := passages(b)
	b.SetBytes(int64(size))
	b.ReportAllocs()
	var ids, types []int32
	tokens := 0
	for b.Loop() {
		tokens = 0
		for _, p := range list {
			ids, types, _ = tok.Append(ids[:0], types[:0], p, 0)
			tokens += len(ids)
		}
	}
	perSecond := float64(b.N) / b.Elapsed().Seconds()
	b.ReportMetric(perSecond*float64(len(list)), "passages/s")
	b.ReportMetric(perSecond*float64(tokens), "tokens/s")
}

// BenchmarkKinds tokenizes the passages with the small tokenizers of other
// families.
func BenchmarkKinds(b *testing.B) {
	list, size := passages(b)
	for _, name := range kinds(b) {
		_, tok := load(b, "testdata/kinds/"+name+".json")
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(size))
			b.ReportAllocs()
			var ids, types []int32
			for b.Loop() {
				for _, p := range list {
					ids, types, _ = tok.Append(ids[:0], types[:0], p, 0)
				}
			}
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	_, tok := load(b, testenv.PeerModel(b, "tokenizer.json"))
	list, size := passages(b)
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for _, p := range list {
			tok.Encode(p, 256)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds()*float64(len(list)), "passages/s")
}

// BenchmarkScripts is text beyond ASCII.
func BenchmarkScripts(b *testing.B) {
	_, tok := load(b, testenv.PeerModel(b, "tokenizer.json"))
	list, size := texts(1000), 0
	for _, text := range list {
		size += len(text)
	}
	b.SetBytes(int64(size))
	var ids, types []int32
	for b.Loop() {
		for _, text := range list {
			ids, types, _ = tok.Append(ids[:0], types[:0], text, 0)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	data, _ := load(b, testenv.PeerModel(b, "tokenizer.json"))
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := tokenizer.Parse(data); err != nil {
			b.Fatal(err)
		}
	}
}
