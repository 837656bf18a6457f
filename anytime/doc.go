// Package anytime lets a reranker answer early: it judges hits in steps, the most
// promising first, and can stop between them.
//
// Two things make a [Reranker] stop. A bound is the first, of time or of tokens: when
// it is met, what was judged is the answer, and the report says that it is partial.
// The second is a quick judge on the same scale, the same model reading only the
// beginnings of texts for example: it judges every hit, and the full judge only those
// that lead then, as the others hardly reach the top any more.
//
// Scores of a hit must not depend on the hits beside it, as those of bi-encoders
// and cross-encoders do not. A blend normalises over its hits and is no such
// reranker, but it can have one as a part: see [fusion.Reranker].
//
// [fusion.Reranker]: https://pkg.go.dev/github.com/flashrerank/rerank/fusion#Reranker
package anytime
