package eval

import (
	"math"
	"sort"
)

// Products that are added to something are converted to float64 explicitly: the
// language then forbids fusing the two, and all processors give the same bits.

// minGeometric is what trec_eval takes smaller values for in a geometric mean.
const minGeometric = 0.00001

// value computes the measure of the query at hand.
func (m Measure) value(w *worker) float64 {
	r, k := &w.ranking, int(m.cut)
	if k == 0 {
		k = math.MaxInt
	}
	switch m.kind {
	case numQ:
		return 1
	case numRet:
		return float64(len(r.grades))
	case numRel:
		return float64(r.judgedRel)
	case numRelRet:
		return float64(len(r.relevant))
	case numNonrelJudgedRet:
		return float64(len(r.grades) - r.unjudged - len(r.relevant))
	case ap:
		return r.averagePrecision(k)
	case gmAP:
		return max(r.averagePrecision(k), minGeometric)
	case bpref:
		return r.bpref()
	case gmBpref:
		return max(r.bpref(), minGeometric)
	case infAP:
		return r.inferredAP()
	case recipRank:
		if r.relevantIn(k) == 0 {
			return 0
		}
		return 1 / float64(r.relevant[0]+1)
	case success:
		return float64(min(r.relevantIn(k), 1))
	case precision:
		return float64(r.relevantIn(k)) / float64(k)
	case recall:
		return ratio(r.relevantIn(k), r.judgedRel)
	case rPrec:
		return ratio(r.relevantIn(r.judgedRel), r.judgedRel)
	case relativeP:
		return ratio(r.relevantIn(k), min(k, r.judgedRel))
	case rPrecMult:
		k := int(float64(m.param*float64(r.judgedRel)) + 0.9)
		return ratio(r.relevantIn(k), k)
	case iprec:
		return r.interpolated(r.recallPoint(m.param, w.options))
	case elevenPoint:
		return r.elevenPoint(w.options)
	case ndcg:
		return r.ndcg(k, r.dcg.linear, r.ideal.linear)
	case ndcgExp:
		return r.ndcg(k, r.dcg.exp, r.ideal.exp)
	case errMeasure:
		return r.expectedReciprocalRank(k, int(m.param))
	case rbp:
		return r.rankBiased(k, m.param)
	case rbpGraded:
		return r.rankBiasedGraded(m.param)
	case rbpResidual:
		return r.rankBiasedResidual(m.param)
	case unjudgedRate:
		return float64(r.unjudgedIn(k)) / float64(k)
	case judgedRate:
		n := min(k, len(r.grades))
		return ratio(n-r.unjudgedIn(k), n)
	case binG:
		return r.binG()
	}
	return r.setMeasure(m.kind)
}

// setMeasure computes the measures that see no order.
func (r *ranking) setMeasure(k kind) float64 {
	ret, rel, both := len(r.grades), r.judgedRel, len(r.relevant)
	switch k {
	case utility:
		return float64(both - (ret - both))
	case setP:
		return ratio(both, ret)
	case setRelativeP:
		return ratio(both, min(ret, rel))
	case setRecall:
		return ratio(both, rel)
	case setMAP:
		return ratio(both, ret) * ratio(both, rel)
	case setF:
		if both == 0 {
			return 0
		}
		p, recall := ratio(both, ret), ratio(both, rel)
		return 2 * p * recall / (p + recall)
	}
	return 0
}

// ratio is a/b, and 0 where b is 0.
func ratio(a, b int) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// relevantIn counts the relevant documents among the first k.
func (r *ranking) relevantIn(k int) int { return countBelow(r.relevant, k) }

// countBelow counts the elements of ascending ranks below k.
func countBelow(ranks []int32, k int) int {
	return sort.Search(len(ranks), func(i int) bool { return int(ranks[i]) >= k })
}

func (r *ranking) unjudgedIn(k int) int {
	n := 0
	for _, grade := range r.grades[:min(k, len(r.grades))] {
		if grade < 0 {
			n++
		}
	}
	return n
}

func (r *ranking) averagePrecision(k int) float64 {
	if r.judgedRel == 0 {
		return 0
	}
	return r.precisions[r.relevantIn(k)] / float64(r.judgedRel)
}

func (r *ranking) ndcg(k int, dcg, ideal []float64) float64 {
	best := ideal[min(k, len(ideal)-1)]
	if best == 0 {
		return 0
	}
	return dcg[countBelow(r.gaining, k)] / best
}

// recallPoint turns a part of the relevant documents into a number of them.
func (r *ranking) recallPoint(part float64, o Options) int {
	documents := part * float64(r.judgedRel)
	if o.TrecEval9 {
		return int(float64(documents) + 0.9)
	}
	return int(math.Round(documents))
}

// interpolated returns the highest precision at or after the n-th relevant
// document.
func (r *ranking) interpolated(n int) float64 {
	best := 0.0
	for i := len(r.relevant); i >= max(n, 1); i-- {
		best = max(best, float64(i)/float64(r.relevant[i-1]+1))
	}
	return best
}

func (r *ranking) elevenPoint(o Options) float64 {
	sum := 0.0
	for i := 10; i >= 0; i-- {
		sum += r.interpolated(r.recallPoint(float64(i)/10, o))
	}
	return sum / 11
}

// bpref is binary preference, after Buckley and Voorhees, Retrieval evaluation
// with incomplete information, SIGIR 2004: the mean over the R relevant documents
// of 1 - min(n, R)/min(N, R), n of the N judged not relevant documents being
// ranked higher.
func (r *ranking) bpref() float64 {
	if r.judgedRel == 0 {
		return 0
	}
	sum, non, found := 0.0, 0, 0
	bound := float64(min(r.judgedNon, r.judgedRel))
	for rank, grade := range r.grades {
		switch {
		case found == len(r.relevant):
			return sum / float64(r.judgedRel)
		case int32(rank) == r.relevant[found]:
			found++
			if non > 0 {
				sum += 1 - float64(min(non, r.judgedRel))/bound
			} else {
				sum++
			}
		case grade >= 0:
			non++
		}
	}
	return sum / float64(r.judgedRel)
}

// inferredAP is average precision estimated from judgments of a random sample of
// the pool, after Yilmaz and Aslam, Estimating average precision with incomplete
// and imperfect judgments, CIKM 2006.
func (r *ranking) inferredAP() float64 {
	const epsilon = 0.00001
	if r.judgedRel == 0 {
		return 0
	}
	sum, pool, non, found := 0.0, 0.0, 0.0, 0
	for rank, grade := range r.grades {
		if found == len(r.relevant) {
			break
		}
		if int32(rank) == r.relevant[found] {
			before, above := float64(found), float64(rank)
			if rank == 0 {
				sum++
			} else {
				inPool := (before + non + pool) / above
				precision := (before + epsilon) / (before + non + 2*epsilon)
				sum += 1/(above+1) + float64(above/(above+1)*inPool*precision)
			}
			found++
			continue
		}
		switch {
		case grade >= 0:
			non++
		case grade == pooled:
			pool++
		}
	}
	return sum / float64(r.judgedRel)
}

// expectedReciprocalRank is ERR; see there.
func (r *ranking) expectedReciprocalRank(k, maxGrade int) float64 {
	sum, reading := 0.0, 1.0
	for _, rank := range r.gaining[:countBelow(r.gaining, k)] {
		grade := r.grades[rank]
		stops := math.Ldexp(1, grade-maxGrade) - math.Ldexp(1, -maxGrade)
		sum += stops * reading / float64(rank+1)
		reading *= 1 - stops
	}
	return sum
}

// rankBiased is RBP; see there.
func (r *ranking) rankBiased(k int, p float64) float64 {
	sum, reading, at := 0.0, 1.0, int32(0)
	for _, rank := range r.relevant[:r.relevantIn(k)] {
		for ; at < rank; at++ {
			reading *= p
		}
		sum += reading
	}
	return (1 - p) * sum
}

// rankBiasedGraded is trec_eval's rbp: a document gains its grade, divided by
// the query's highest if that is above 1.
func (r *ranking) rankBiasedGraded(p float64) float64 {
	sum, reading, at := 0.0, 1.0, int32(0)
	top := float64(max(r.topGrade, 1))
	for _, rank := range r.gaining {
		for ; at < rank; at++ {
			reading *= p
		}
		sum += float64(float64(r.grades[rank]) / top * reading)
	}
	return (1 - p) * sum
}

// rankBiasedResidual is trec_eval's rbp_resid: what rbp could still gain from
// unjudged documents and from those after the last, and 0 if none is unjudged.
func (r *ranking) rankBiasedResidual(p float64) float64 {
	if r.unjudged == 0 {
		return 0
	}
	sum, reading := 0.0, 1.0
	for _, grade := range r.grades {
		if grade < 0 {
			sum += reading
		}
		reading *= p
	}
	return reading + float64((1-p)*sum)
}

// binG is trec_eval's experimental mean over the relevant documents of
// 1/log2(2+n), n documents that are not relevant being ranked higher.
func (r *ranking) binG() float64 {
	if r.judgedRel == 0 {
		return 0
	}
	sum := 0.0
	for i, rank := range r.relevant {
		sum += 1 / math.Log2(float64(2+int(rank)-i))
	}
	return sum / float64(r.judgedRel)
}
