package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/pipeline"
)

// passages are texts of about 60 tokens, all different.
func passages(n int) []string {
	texts := make([]string, n)
	for i := range texts {
		texts[i] = strings.Repeat(fmt.Sprintf("passage %d tells of rivers, leases and bread; ", i), 4)
	}
	return texts
}

// BenchmarkServing ranks passages by the embedded model in this process and over HTTP,
// for what HTTP costs.
func BenchmarkServing(b *testing.B) {
	const query = "when does the lease end"
	for _, n := range []int{10, 100} {
		texts := passages(n)
		b.Run(fmt.Sprintf("in process/%d", n), func(b *testing.B) {
			r, err := pipeline.NewReranker(pipeline.Default)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := rerank.Texts(b.Context(), r, query, texts); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "passages/s")
		})
		b.Run(fmt.Sprintf("HTTP/%d", n), func(b *testing.B) {
			s, err := New(Config{}, nil)
			if err != nil {
				b.Fatal(err)
			}
			url := startedWith(b, s)
			body, err := json.Marshal(map[string]any{"query": query, "documents": texts})
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				answer, err := http.Post(url+"/v2/rerank", "application/json", bytes.NewReader(body))
				if err != nil {
					b.Fatal(err)
				}
				if _, err := io.Copy(io.Discard, answer.Body); err != nil || answer.StatusCode != http.StatusOK {
					b.Fatal(answer.Status, err)
				}
				answer.Body.Close()
			}
			b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "passages/s")
		})
	}
}
