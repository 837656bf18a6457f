package lexical

import (
	"fmt"
	"math"
	"slices"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/internal/nearest"
)

// Variant names one of the formulas that go by the name BM25. They are those of
// bm25s (Kamphuis, de Vries, Boytsov and Lin, "Which BM25 Do You Mean?", ECIR
// 2020), and rank_bm25's.
type Variant string

// The variants. The scores of BM25L and BM25Plus include what a query term
// adds to documents that lack it.
const (
	Robertson Variant = "robertson" // idf log((N−df+½)/(df+½)), at least 0
	Lucene    Variant = "lucene"    // idf log(1+(N−df+½)/(df+½)), exact lengths
	ATIRE     Variant = "atire"     // idf log(N/df)
	BM25L     Variant = "bm25l"     // Lv and Zhai 2011, kinder to long documents
	BM25Plus  Variant = "bm25+"     // Lv and Zhai 2011, a lower bound per term
	Okapi     Variant = "okapi"     // rank_bm25's BM25Okapi: negative idf becomes Epsilon × the mean idf
)

// Variants lists all variants.
func Variants() []Variant { return []Variant{Robertson, Lucene, ATIRE, BM25L, BM25Plus, Okapi} }

// BM25 is a weighting with its parameters. All are used as they are, zeros
// included: start from [Variant.Default].
type BM25 struct {
	Variant Variant
	K1      float64 // how slowly repeated terms stop counting, ≥ 0; 0 counts presence only
	B       float64 // how much long documents are held back, in [0,1]
	Delta   float64 // of BM25L and BM25Plus, ≥ 0
	Epsilon float64 // of Okapi, ≥ 0
}

// Default returns the variant with the parameters its reference starts from,
// and for the variants of bm25s with Lucene's k1 = 1.2, b = 0.75.
func (v Variant) Default() BM25 {
	p := BM25{Variant: v, K1: 1.2, B: 0.75}
	switch v {
	case BM25L, BM25Plus:
		p.Delta = 0.5
	case Okapi:
		p.K1, p.Epsilon = 1.5, 0.25
	}
	return p
}

// DefaultBM25 returns Lucene's BM25 with k1 = 1.2 and b = 0.75.
func DefaultBM25() BM25 { return Lucene.Default() }

func (p BM25) check() error {
	if !slices.Contains(Variants(), p.Variant) {
		names := make([]string, 0, len(Variants()))
		for _, v := range Variants() {
			names = append(names, string(v))
		}
		return fmt.Errorf("lexical: unknown BM25 variant %q%s", p.Variant, nearest.Choice(string(p.Variant), names))
	}
	for _, x := range []struct {
		name  string
		value float64
		most  float64
	}{{"k1", p.K1, math.MaxFloat64}, {"b", p.B, 1}, {"delta", p.Delta, math.MaxFloat64}, {"epsilon", p.Epsilon, math.MaxFloat64}} {
		if !(x.value >= 0 && x.value <= x.most) {
			return fmt.Errorf("lexical: BM25 with %s = %v: it must be at least 0%s", x.name, x.value, map[bool]string{true: " and at most 1"}[x.most == 1])
		}
	}
	return nil
}

func (p BM25) stage() string       { return "bm25" }
func (p BM25) scale() rerank.Scale { return rerank.ScaleBM25 }
func (p BM25) everyTerm() bool     { return p.Variant == Okapi }

// idf weighs a term that df > 0 of n documents hold.
func (p BM25) idf(df, n int, c corpus) (float64, error) {
	d, all := float64(df), float64(n)
	switch p.Variant {
	case Robertson:
		return math.Log(max(1, (all-d+0.5)/(d+0.5))), nil
	case ATIRE:
		return math.Log(all / d), nil
	case BM25L:
		return math.Log((all + 1) / (d + 0.5)), nil
	case BM25Plus:
		return math.Log((all + 1) / d), nil
	case Okapi:
		if idf := okapiIDF(df, n); idf >= 0 {
			return idf, nil
		}
		mean, err := c.meanIDF()
		return p.Epsilon * mean, err
	}
	return math.Log(1 + (all-d+0.5)/(d+0.5)), nil
}

// okapiIDF is rank_bm25's idf before its floor.
func okapiIDF(df, n int) float64 {
	return math.Log(float64(n)-float64(df)+0.5) - math.Log(float64(df)+0.5)
}

// norm is the length normalisation of a document.
func (p BM25) norm(length uint32, average float64) float64 {
	if average == 0 {
		return 1
	}
	return 1 - p.B + p.B*float64(length)/average
}

// term is the part of a score that one occurrence of a term in the query
// gives to a document that holds it tf times.
func (p BM25) term(tf, norm float64) float64 {
	switch p.Variant {
	case ATIRE, Okapi:
		return tf * (p.K1 + 1) / (tf + p.K1*norm)
	case BM25L:
		c := tf / norm
		if math.IsInf(c, 1) { // b = 1 and an empty document cannot hold a term
			return p.K1 + 1
		}
		return (p.K1 + 1) * (c + p.Delta) / (p.K1 + c + p.Delta)
	case BM25Plus:
		return (p.K1+1)*tf/(p.K1*norm+tf) + p.Delta
	}
	return tf / (p.K1*norm + tf)
}

// absent is what a query term gives to a document that lacks it.
func (p BM25) absent() float64 {
	switch p.Variant {
	case BM25L:
		if p.Delta == 0 {
			return 0
		}
		return (p.K1 + 1) * p.Delta / (p.K1 + p.Delta)
	case BM25Plus:
		return p.Delta
	}
	return 0
}
