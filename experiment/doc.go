// Package experiment evaluates and compares searches on a judged collection:
// which re-ranking is worth its cost on these documents and queries?
//
// A [Config] declares the systems, in Go or in YAML: every first stage with
// every re-ranker at every depth, and whatever else is said in full.
//
//	data: cranfield           # a folder in BEIR layout, relative to this file
//	analyzer: english
//	first: [bm25, hybrid]
//	rerank: [none, minilm-cosine, minilm, models/my-cross-encoder]
//	depth: [20, 100]
//	measures: [nDCG@10, MAP, MRR@10]   # the first is the main one
//	prices:
//	  minilm: {mtokens: 0.02}          # or query, document, unit
//	systems:
//	  - name: two re-rankers
//	    first: {kind: hybrid, depth: 200}
//	    stages:
//	      - {rerank: minilm, depth: 200}
//	      - {rerank: models/my-cross-encoder, depth: 20}
//
// [Run] indexes the documents, searches for every judged query with every
// system and returns a [Report]: measures with confidence intervals, latencies
// and work of each stage, memory, cost, tests of the differences to the first
// system and the queries behind them. [Runs] reports on runs from files. Package
// report, below, writes reports for readers.
//
// What a stage made of a query is kept in [Options.Cache] with the time it took.
// Systems that share their first stages share the work, a run that was stopped
// goes on where it was, and a run that is repeated gives the same report. Every
// system is measured by the same rules: a search before the first one that
// counts is thrown away, queries run one after another, and the latency of a
// system is the sum of its stages'. A first stage's time includes loading the
// documents that it found.
//
// Queries without judgments do not count; unlike in BEIR's own scripts, a
// document that has the ID of the query does, unless Rules.NoSelf is set. What of
// the collection does not fit together is counted ([Unmatched], [Coverage]).
package experiment
