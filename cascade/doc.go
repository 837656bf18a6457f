// Package cascade puts the stages of a search in a row: a first stage finds
// candidates, and ever costlier rerankers order ever fewer of them. A [Cascade]
// is itself a first stage, so it can stand wherever one can; a [Fallback] chain
// is a reranker.
//
// A cascade has deadlines, for each stage and for the whole, and a stage that
// fails or runs out of time need not take the search down: where OnError is
// [Keep], the order it was given goes on and its report says Degraded and why.
package cascade
