// Package lexical scores documents by the terms they share with a query: BM25
// in its named variants ([BM25]) and TF-IDF ([TFIDF]).
//
// A [Retriever] searches an index; a [Reranker] orders given texts, whose own
// statistics it uses. Parameters are free at query time: the index stores
// frequencies and lengths, not scores. A term that the query repeats counts as
// often as it is repeated, as in bm25s, rank_bm25 and scikit-learn.
package lexical
