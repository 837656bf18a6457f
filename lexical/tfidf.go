package lexical

import (
	"math"

	"github.com/flashrerank/rerank"
)

// TFIDF weighs terms as scikit-learn's TfidfVectorizer does with its defaults:
// raw frequency times ln((1+N)/(1+df))+1, vectors normalised to length one. A
// score is the cosine of query and document, in [0,1].
type TFIDF struct{}

func (TFIDF) check() error        { return nil }
func (TFIDF) stage() string       { return "tfidf" }
func (TFIDF) scale() rerank.Scale { return rerank.ScaleTFIDF }
func (TFIDF) everyTerm() bool     { return true } // the length of a text's vector is made of them

func (TFIDF) idf(df, n int) float64 {
	return math.Log((1+float64(n))/(1+float64(df))) + 1
}

// vectorLength returns the length of a vector by the sum of its squares, and 1 for
// that of a text without terms: a word set aside may be found in it.
func vectorLength(squares float64) float64 {
	if squares == 0 {
		return 1
	}
	return math.Sqrt(squares)
}
