// Package reranktest holds conformance suites for implementations of the
// interfaces of package rerank: whatever passes them can be put into any
// cascade of this module.
//
// A suite takes a function that makes a fresh implementation, and runs each of
// its checks as a subtest:
//
//	func TestConformance(t *testing.T) {
//		reranktest.Reranker(t, func(testing.TB) rerank.Reranker { return mine.New() })
//	}
//
// The checks look at the contract only: order, identity, immutability,
// determinism, limits and hostile input, never at how good a ranking is. No
// check measures time, save that a call which does not come back within a
// minute is taken for hanging.
package reranktest
