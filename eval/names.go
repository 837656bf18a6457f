package eval

import (
	"slices"
	"strconv"
)

const (
	defaultGradedPersistence = 0.9 // trec_eval's rbp
	defaultPersistence       = 0.8 // ir-measures' RBP
	defaultMaxGrade          = 4   // gdeval's err
)

// spec is what parsing and printing know of a kind.
type spec struct {
	kind   kind
	plain  string     // the name without a cutoff; empty: needs one (or a point)
	prefix string     // the name before a cutoff; empty: takes none
	also   []string   // further names, lower case, for both
	cuts   []int32    // trec_eval's default cutoffs, for the family's bare name
	takes  parameters // in parentheses
}

// parameters are what a name can say in parentheses besides what is special to
// a kind.
type parameters uint8

const (
	takesLevel  parameters = 1 << iota // rel=2
	takesJudged                        // judged_only=True
	takesBoth   = takesLevel | takesJudged
)

func specs() []spec { return allSpecs[:] }

// allSpecs is a table, in trec_eval's order of printing.
var allSpecs = [...]spec{
	{kind: numQ, plain: "num_q", also: []string{"numq"}},
	{kind: numRet, plain: "num_ret", also: []string{"numret"}, takes: takesLevel},
	{kind: numRel, plain: "num_rel", also: []string{"numrel"}, takes: takesLevel},
	{kind: numRelRet, plain: "num_rel_ret", also: []string{"numrelret"}, takes: takesLevel},
	{kind: ap, plain: "map", prefix: "map_cut_", also: []string{"ap", "map_cut"}, takes: takesBoth},
	{kind: gmAP, plain: "gm_map", also: []string{"gmap"}},
	{kind: rPrec, plain: "Rprec", also: []string{"r-precision"}, takes: takesBoth},
	{kind: bpref, plain: "bpref", takes: takesLevel},
	{kind: recipRank, plain: "recip_rank", prefix: "MRR@", also: []string{"mrr", "rr"}, takes: takesBoth},
	{kind: iprec, plain: "iprec_at_recall", also: []string{"iprec"}, takes: takesBoth},
	{kind: precision, prefix: "P_", also: []string{"p", "precision"}, cuts: rankCuts[:], takes: takesBoth},
	{kind: recall, prefix: "recall_", also: []string{"recall", "r"}, cuts: rankCuts[:], takes: takesBoth},
	{kind: infAP, plain: "infAP", takes: takesLevel},
	{kind: gmBpref, plain: "gm_bpref"},
	{kind: rPrecMult, plain: "Rprec_mult"},
	{kind: utility, plain: "utility"},
	{kind: elevenPoint, plain: "11pt_avg"},
	{kind: binG, plain: "binG"},
	{kind: ndcg, plain: "ndcg", prefix: "ndcg_cut_", also: []string{"ndcg_cut"}, takes: takesJudged},
	{kind: ndcgExp, plain: "nDCG_exp", prefix: "nDCG_exp@", takes: takesJudged},
	{kind: relativeP, prefix: "relative_P_", also: []string{"relative_p"}, cuts: rankCuts[:]},
	{kind: success, prefix: "success_", also: []string{"success"}, cuts: []int32{1, 5, 10}, takes: takesBoth},
	{kind: setP, plain: "set_P", also: []string{"setp"}, takes: takesBoth},
	{kind: setRelativeP, plain: "set_relative_P", also: []string{"setrelp"}, takes: takesBoth},
	{kind: setRecall, plain: "set_recall", also: []string{"setr"}, takes: takesLevel},
	{kind: setMAP, plain: "set_map", also: []string{"setap"}, takes: takesBoth},
	{kind: setF, plain: "set_F", also: []string{"setf"}, takes: takesBoth},
	{kind: numNonrelJudgedRet, plain: "num_nonrel_judged_ret"},
	{kind: rbpGraded, plain: "rbp"},
	{kind: rbpResidual, plain: "rbp_resid"},
	{kind: unjudgedRate, prefix: "unj_", also: []string{"unj"}, cuts: []int32{5, 10, 20}},
	{kind: judgedRate, prefix: "Judged@", also: []string{"judged"}},
	{kind: errMeasure, plain: "ERR", prefix: "ERR@"},
	{kind: rbp, plain: "RBP", prefix: "RBP@", takes: takesLevel},
}

// notComputed are measures of ir_measures and trec_eval that have a name, lower
// case, and no place here.
var notComputed = [...]string{
	"accuracy", "alpha_dcg", "alpha_ndcg", "α_dcg", "α_ndcg", "ap_ia", "map_ia", "p_ia", "err_ia", "nerr_ia", "nerr8", "nerr9", "nerr10",
	"nerr11", "nrbp", "nnrbp", "strecall", "bpm", "inst", "insq", "sdcg", "compat", "g", "ndcg_rel", "rndcg", "relstring", "runid",
}

var rankCuts = [...]int32{5, 10, 15, 20, 30, 100, 200, 500, 1000}

func (k kind) spec() *spec {
	for i := range allSpecs {
		if allSpecs[i].kind == k {
			return &allSpecs[i]
		}
	}
	return nil
}

// family returns the measures that the family's bare name means to trec_eval's
// option -m.
func (s *spec) family() []Measure {
	var all []Measure
	switch s.kind {
	case iprec:
		for i := range 11 {
			all = append(all, Measure{kind: iprec, param: float64(i) / 10})
		}
	case rPrecMult:
		for i := range 10 {
			all = append(all, Measure{kind: rPrecMult, param: float64(i+1) / 5})
		}
	case rbpGraded, rbpResidual:
		all = []Measure{{kind: s.kind, param: defaultGradedPersistence}}
	default:
		for _, k := range s.cuts {
			all = append(all, Measure{kind: s.kind, cut: k})
		}
	}
	if len(all) == 0 {
		all = []Measure{{kind: s.kind}}
	}
	return all
}

// Official returns the measures that trec_eval prints unless asked for others,
// in its order, without runid, which is no measure (see [WriteTrecEval]).
func Official() []Measure {
	return families(numQ, numRet, numRel, numRelRet, ap, gmAP, rPrec, bpref, recipRank, iprec, precision)
}

// AllTrec returns the measures of trec_eval -m all_trec, in its order, except
// the string relstring and the experimental G, ndcg_rel and Rndcg.
func AllTrec() []Measure {
	all := append(Official(), families(recall, infAP, gmBpref, rPrecMult, utility, elevenPoint, binG, ndcg)...)
	for _, kind := range []kind{ndcg, ap} {
		for _, k := range rankCuts {
			all = append(all, Measure{kind: kind, cut: k})
		}
	}
	return append(all, families(relativeP, success, setP, setRelativeP, setRecall, setMAP, setF,
		numNonrelJudgedRet, rbpGraded, rbpResidual, unjudgedRate)...)
}

func families(kinds ...kind) []Measure {
	var all []Measure
	for _, k := range kinds {
		all = append(all, k.spec().family()...)
	}
	return all
}

// Names returns the names that [ParseMeasure] knows, for help texts: one form of
// each measure, k standing for a cutoff and x for a number.
func Names() []string {
	var names []string
	for _, s := range specs() {
		switch {
		case s.kind == iprec || s.kind == rPrecMult:
			names = append(names, s.plain+"_x")
		case s.kind == rbpGraded || s.kind == rbpResidual:
			names = append(names, s.plain, s.plain+"_p=x")
		case s.kind == rbp:
			names = append(names, "RBP(p=x)", "RBP(p=x)@k")
		case s.kind == errMeasure:
			names = append(names, "ERR@k", "ERR(max="+strconv.Itoa(defaultMaxGrade)+")@k")
		default:
			if s.plain != "" {
				names = append(names, s.plain)
			}
			if s.prefix != "" {
				names = append(names, s.prefix+"k")
			}
		}
	}
	return append(slices.Clip(names), "nDCG@k", "P@k", "R@k", "MAP@k", "MRR", "Success@k", "AP(rel=2)@k", "P(judged_only=True)@k", "IPrec@x")
}
