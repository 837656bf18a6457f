// Package rerank is the vocabulary of two-stage search: what a query, a
// document and a hit are, and the small interfaces that the stages of a search
// speak to one another.
//
// A [Retriever] takes the best few documents from a whole corpus by something
// fast (package lexical, package vector, or a fusion of both). A [Reranker]
// re-orders those few with something costlier and better (package biencoder).
// Package cascade puts them in a row; package pipeline opens all of it from one
// declaration. [Texts] is the shortest way in: it orders plain strings.
//
// The package depends on the standard library only. Everything it declares is
// data or an interface; nothing here opens a file or a connection.
package rerank
