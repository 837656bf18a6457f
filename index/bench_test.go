package index

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	rerank "github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/internal/testenv"
)

// What is measured: committing the Cranfield abstracts (1,400 documents, about
// 1.5 MB) eight times over in one batch with the default analyzer, decoding
// postings of different density, and loading single documents.

// cranfield reads the abstracts, so many times over.
func cranfield(b testing.TB, times int) (batch *Batch, size int64) {
	b.Helper()
	f, err := os.Open(testenv.Data(b, "cranfield", "corpus.jsonl"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	var documents []rerank.Document
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var line struct {
			ID    string `json:"_id"`
			Title string `json:"title"`
			Text  string `json:"text"`
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			b.Fatal(err)
		}
		documents = append(documents, rerank.Document{ID: line.ID, Title: line.Title, Text: line.Text})
	}
	batch = &Batch{}
	for k := range times {
		for _, d := range documents {
			d.ID = fmt.Sprintf("%s-%d", d.ID, k)
			size += int64(len(d.Title) + len(d.Text))
			batch.Put(Entry{Document: d})
		}
	}
	return batch, size
}

func BenchmarkCommit(b *testing.B) {
	for _, analyzer := range []string{"english", "split"} {
		b.Run(analyzer, func(b *testing.B) {
			batch, size := cranfield(b, 8)
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				dir, err := os.MkdirTemp(b.TempDir(), "")
				if err != nil {
					b.Fatal(err)
				}
				x, err := Create(filepath.Join(dir, "index"), Options{Analyzer: analyzer})
				if err != nil {
					b.Fatal(err)
				}
				w := mustWriter(b, x)
				mustCommit(b, w, batch)
				w.Close()
				x.Close()
			}
			b.ReportMetric(float64(batch.Len())*float64(b.N)/b.Elapsed().Seconds(), "docs/s")
		})
	}
}

func BenchmarkMerge(b *testing.B) {
	batch, size := cranfield(b, 8)
	b.SetBytes(size)
	for b.Loop() {
		b.StopTimer()
		x := mustMemory(b, Options{})
		w := mustWriter(b, x)
		for i := 0; i < batch.Len(); i += 1400 {
			mustCommit(b, w, &Batch{operations: batch.operations[i:min(i+1400, batch.Len())]})
		}
		b.StartTimer()
		if err := w.Merge(ctx); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(batch.Len())*float64(b.N)/b.Elapsed().Seconds(), "docs/s")
}

// BenchmarkPostings decodes 128,000 postings of which every gap is about as wide.
func BenchmarkPostings(b *testing.B) {
	const n = 128_000
	for _, gap := range []uint32{1, 2, 10, 100, 1000} {
		b.Run(fmt.Sprintf("gap%d", gap), func(b *testing.B) {
			var e postingsEncoder
			r := newRand(b, 1)
			doc := uint32(0)
			for range n {
				e.add(doc, 1+r.Uint32N(4)*r.Uint32N(2))
				doc += 1 + r.Uint32N(2*gap-1)
			}
			data := append(e.finish(), make([]byte, slack)...)
			c := &container{name: "postings", data: data, stats: segmentStats{documents: doc}}
			c.trust()
			for b.Loop() {
				p, err := openPostings(section{c: c, length: len(data)}, 0)
				if err != nil {
					b.Fatal(err)
				}
				for docs, _ := p.NextBlock(); docs != nil; docs, _ = p.NextBlock() {
				}
				if p.Err() != nil {
					b.Fatal(p.Err())
				}
			}
			b.ReportMetric(8*float64(len(data))/n, "bits/posting")
			b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mpostings/s")
		})
	}
}

// cranfieldSnapshot is an index of cranfield eight times over, and what it was made of.
func cranfieldSnapshot(b *testing.B) (*Snapshot, *Batch) {
	b.Helper()
	batch, _ := cranfield(b, 8)
	x := mustMemory(b, Options{Analyzer: "split"})
	mustCommit(b, mustWriter(b, x), batch)
	s, err := x.Snapshot()
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	return s, batch
}

func BenchmarkDocument(b *testing.B) {
	s, _ := cranfieldSnapshot(b)
	b.ReportAllocs()
	doc := uint32(0)
	for b.Loop() {
		if _, err := s.Document(doc); err != nil {
			b.Fatal(err)
		}
		doc = (doc + 7919) % uint32(s.Len())
	}
}

func BenchmarkFind(b *testing.B) {
	s, batch := cranfieldSnapshot(b)
	i := 0
	for b.Loop() {
		id := batch.operations[i].entry.Document.ID
		if _, found, err := s.Find(id); err != nil || !found {
			b.Fatal(id, err)
		}
		i = (i + 7919) % batch.Len()
	}
}
