package fusion_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/fusion"
)

// Fusing two lists of which half is common, as a hybrid first stage does.
func BenchmarkRetriever(b *testing.B) {
	for _, depth := range []int{100, 1000} {
		var one, two []entry
		for i := range depth {
			one = append(one, entry{fmt.Sprint("doc", i), float64(depth - i)})
			two = append(two, entry{fmt.Sprint("doc", i+depth/2), 1 / float64(i+1)})
		}
		for _, method := range []fusion.Method{fusion.MinMax{}, fusion.RRF{}} {
			b.Run(fmt.Sprintf("%T/%d", method, depth), func(b *testing.B) {
				fused := &fusion.Retriever{Lists: lists(fixed(b, one), fixed(b, two)), Method: method, Depth: depth}
				b.ReportAllocs()
				for b.Loop() {
					if _, err := fused.Retrieve(b.Context(), rerank.Search{K: 10}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// fixed is a list made once, so that making it is not measured.
func fixed(b *testing.B, entries []entry) rerank.RetrieverFunc {
	result, err := list("l", entries...).Retrieve(b.Context(), rerank.Search{K: len(entries)})
	if err != nil {
		b.Fatal(err)
	}
	return func(_ context.Context, _ rerank.Search) (rerank.Result, error) { return result, nil }
}
