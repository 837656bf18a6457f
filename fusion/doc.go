// Package fusion makes one order out of several: of the lists that several
// first stages found ([Retriever], the union of their documents), or of the
// judgments that several rerankers pass on the same hits ([Reranker], a blend).
//
// Two methods are offered. [MinMax] maps each list's scores to [0,1] by its
// lowest and highest and adds them with weights; it uses how far apart scores
// are, and is the default because it was the better one on three of the four
// judged collections it was measured on. [RRF] looks at ranks alone, and so
// needs no scores that mean anything.
//
// Nothing depends on the number of hits that is asked for: lists are fetched to
// a fixed depth and normalised over it, and the reports say which.
package fusion
