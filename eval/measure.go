package eval

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Measure is one figure of a ranking. The zero Measure is none. Its String is the
// name that it was asked by (see [ParseMeasure]), or else trec_eval's where
// trec_eval has the measure. [Measure.Equal] compares two of them, whatever their
// names.
type Measure struct {
	kind       kind
	cut        int32   // look at the top n documents only; 0: at all
	param      float64 // recall point, multiple of R, persistence or highest grade
	level      int32   // the lowest relevant grade; 0: that of the options
	judgedOnly bool    // whatever the options say
	name       string  // as it was asked; "": String makes one
}

// Equal reports whether both are the same figure.
func (m Measure) Equal(other Measure) bool {
	m.name, other.name = "", ""
	return m == other
}

type kind uint8

const (
	none kind = iota
	numQ
	numRet
	numRel
	numRelRet
	ap
	gmAP
	rPrec
	bpref
	recipRank
	iprec
	precision
	recall
	infAP
	gmBpref
	rPrecMult
	utility
	elevenPoint
	binG
	ndcg
	ndcgExp
	relativeP
	success
	setP
	setRelativeP
	setRecall
	setMAP
	setF
	numNonrelJudgedRet
	rbpGraded
	rbpResidual
	unjudgedRate
	judgedRate
	errMeasure
	rbp
)

// aggregate says how a measure is put together over queries.
type aggregate uint8

const (
	mean aggregate = iota
	total
	geometric
)

func (m Measure) aggregate() aggregate {
	switch m.kind {
	case numQ, numRet, numRel, numRelRet, numNonrelJudgedRet:
		return total
	case gmAP, gmBpref:
		return geometric
	}
	return mean
}

// Averaged reports whether the measure's summary is the mean over queries, and
// not a sum of counts or a geometric mean: only then do tests of the difference
// of two means apply.
func (m Measure) Averaged() bool { return m.kind != none && m.aggregate() == mean }

// maxExpGrade keeps sums of gains 2^grade - 1 finite.
const maxExpGrade = 900

// maxGrade returns the highest grade that the measure is defined for.
func (m Measure) maxGrade() int {
	switch m.kind {
	case errMeasure:
		return int(m.param)
	case ndcgExp:
		return maxExpGrade
	}
	return math.MaxInt
}

// NDCG is normalised discounted cumulative gain of the first k documents, or of
// all for k = 0: DCG/IDCG with DCG = sum of grade(i) / log2(i+1) over ranks i from
// 1, and IDCG that of the judged documents in the best order. Unjudged
// documents gain 0. After Järvelin and Kekäläinen, Cumulated gain-based
// evaluation of IR techniques, ACM TOIS 20(4), 2002; trec_eval's ndcg and
// ndcg_cut.
func NDCG(k int) Measure { return Measure{kind: ndcg, cut: cutoff(k)} }

// NDCGExp is [NDCG] with the gain 2^grade - 1, after Burges et al., Learning to
// rank using gradient descent, ICML 2005; gdeval's ndcg. Grades above 900 are an
// error of [Evaluate].
func NDCGExp(k int) Measure { return Measure{kind: ndcgExp, cut: cutoff(k)} }

// MAP is average precision: the precision at the rank of each relevant document,
// 0 for those not among the first k (k = 0: not retrieved), averaged over all
// relevant documents. trec_eval's map and map_cut.
func MAP(k int) Measure { return Measure{kind: ap, cut: cutoff(k)} }

// MRR is the reciprocal of the rank of the first relevant document, 0 if there
// is none among the first k (k = 0: at all). trec_eval's recip_rank.
func MRR(k int) Measure { return Measure{kind: recipRank, cut: cutoff(k)} }

// Precision is the relevant part of the first k documents; a shorter list counts
// as filled up with documents that are not relevant. trec_eval's P.
func Precision(k int) Measure { return Measure{kind: precision, cut: max(1, cutoff(k))} }

// Recall is the part of the relevant documents that are among the first k.
func Recall(k int) Measure { return Measure{kind: recall, cut: max(1, cutoff(k))} }

// Success is 1 if a relevant document is among the first k, else 0.
func Success(k int) Measure { return Measure{kind: success, cut: max(1, cutoff(k))} }

// Judged is the part of the first k documents, or of all if there are fewer,
// that have a judgment. A negative grade is none.
func Judged(k int) Measure { return Measure{kind: judgedRate, cut: max(1, cutoff(k))} }

// ERR is expected reciprocal rank of the first k documents (k = 0: of all): the
// sum over ranks i of R(i)/i times the product of 1-R(j) over all j < i, with
// R = (2^grade - 1) / 2^maxGrade. After Chapelle, Metzler, Zhang and Grinspan,
// Expected reciprocal rank for graded relevance, CIKM 2009; gdeval's err, where
// maxGrade is 4, with maxGrade 4. Grades above maxGrade are an error of
// [Evaluate]; maxGrade itself is taken into 1 to 900.
func ERR(k, maxGrade int) Measure {
	return Measure{kind: errMeasure, cut: cutoff(k), param: float64(min(max(maxGrade, 1), maxExpGrade))}
}

// RBP is rank-biased precision of the first k documents (k = 0: of all): 1-p
// times the sum of p^(i-1) over the ranks i of relevant documents. p, from 0 to
// below 1 (and taken into that range), is the probability of reading on. After
// Moffat and Zobel, Rank-biased precision for measurement of retrieval
// effectiveness, ACM TOIS 27(1), 2008; ir_measures' RBP(rel=Level, p=p).
func RBP(p float64, k int) Measure {
	if math.IsNaN(p) {
		p = 0
	}
	return Measure{kind: rbp, cut: cutoff(k), param: min(max(p, 0), math.Nextafter(1, 0))}
}

// cutoff takes k into the range of a cutoff.
func cutoff(k int) int32 { return int32(min(max(k, 0), maxCutoff)) }

const maxCutoff = 1_000_000_000

// String returns the name that the measure was asked by, or else trec_eval's if
// trec_eval has the measure.
func (m Measure) String() string {
	if m.name != "" {
		return m.name
	}
	s := m.kind.spec()
	if s == nil {
		return "none"
	}
	switch m.kind {
	case iprec, rPrecMult:
		return s.plain + "_" + point(m.param)
	case rbpGraded, rbpResidual:
		if m.param == defaultGradedPersistence {
			return s.plain
		}
		return s.plain + "_p=" + number(m.param)
	case rbp:
		return s.plain + "(p=" + number(m.param) + ")" + m.at()
	case errMeasure:
		if m.param == defaultMaxGrade {
			return s.plain + m.at()
		}
		return s.plain + "(max=" + number(m.param) + ")" + m.at()
	}
	if m.cut > 0 {
		return fmt.Sprintf("%s%d", s.prefix, m.cut)
	}
	return s.plain
}

func (m Measure) at() string {
	if m.cut == 0 {
		return ""
	}
	return "@" + strconv.Itoa(int(m.cut))
}

func number(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

// point writes a recall point with two decimals as trec_eval does, and more
// where two would not tell it.
func point(x float64) string {
	s := strconv.FormatFloat(x, 'f', -1, 64)
	whole, decimals, _ := strings.Cut(s, ".")
	for len(decimals) < 2 {
		decimals += "0"
	}
	return whole + "." + decimals
}
