package server

import (
	"github.com/flashrerank/rerank/internal/wire"
)

// voyage is Voyage AI's.
var voyage = dialect{
	name: "voyage",
	read: func(b *wire.RerankRequest) (ranking, error) {
		r, err := asked(b, b.Documents, b.TopK)
		r.texted = yes(b.ReturnDocuments)
		return r, err
	},
	write: func(r ranking, got ranked) any {
		a := wire.VoyageResponse{Object: "list", Model: got.model, Usage: *usage(got), Data: make([]wire.Result, len(got.hits))}
		for i, h := range got.hits {
			a.Data[i] = wire.Result{Index: h.Index, RelevanceScore: wire.Score(got.scores[i])}
			if r.texted {
				a.Data[i].Document = r.texts[h.Index]
			}
		}
		return a
	},
	fail: failCohere,
}

// mixedbread is Mixedbread's.
var mixedbread = dialect{
	name: "mixedbread",
	read: func(b *wire.RerankRequest) (ranking, error) {
		r, err := asked(b, b.Input, b.TopK)
		r.texted = yes(b.ReturnInput)
		return r, err
	},
	write: func(r ranking, got ranked) any {
		a := wire.MixedbreadResponse{
			Object: "list", Model: got.model, Usage: *usage(got), TopK: len(got.hits), ReturnInput: r.texted,
			Data: make([]wire.MixedbreadResult, len(got.hits)),
		}
		for i, h := range got.hits {
			a.Data[i] = wire.MixedbreadResult{Index: h.Index, Score: wire.Score(got.scores[i]), Object: "rank_result"}
			if r.texted {
				a.Data[i].Input = r.texts[h.Index]
			}
		}
		return a
	},
	fail: failCohere,
}

// nim is NVIDIA NIM's, which wants logits.
var nim = dialect{
	name: "nim",
	read: func(b *wire.RerankRequest) (ranking, error) {
		r, err := asked(b, b.Passages, nil)
		r.raw = true
		return r, err
	},
	write: func(r ranking, got ranked) any {
		a := wire.NIMResponse{Usage: *usage(got), Rankings: make([]wire.NIMRanking, len(got.hits))}
		for i, h := range got.hits {
			a.Rankings[i] = wire.NIMRanking{Index: h.Index, Logit: wire.Score(got.scores[i])}
		}
		return a
	},
	fail: infinity.fail,
}
