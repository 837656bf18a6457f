package server

import (
	"github.com/flashrerank/rerank/internal/loose"
	"github.com/flashrerank/rerank/internal/wire"
)

// mixedbread is Mixedbread's.
var mixedbread = dialect{
	name: "mixedbread",
	read: func(b *loose.Object) (ranking, error) {
		r, err := asked(b, "input", "top_k")
		r.texted = b.Flag("return_input", false)
		return r, err
	},
	write: func(r ranking, got ranked) any {
		a := wire.MixedbreadResponse{
			Object: "list", Model: got.model, Usage: *usage(got), TopK: len(got.hits), ReturnInput: r.texted,
			Data: make([]wire.MixedbreadResult, len(got.hits)), Remarks: remarks(got),
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
	read: func(b *loose.Object) (ranking, error) {
		r, err := asked(b, "passages", "")
		r.raw = true
		return r, err
	},
	write: func(r ranking, got ranked) any {
		a := wire.NIMResponse{Usage: *usage(got), Rankings: make([]wire.NIMRanking, len(got.hits)), Remarks: remarks(got)}
		for i, h := range got.hits {
			a.Rankings[i] = wire.NIMRanking{Index: h.Index, Logit: wire.Score(got.scores[i])}
		}
		return a
	},
	fail: infinity.fail,
}
