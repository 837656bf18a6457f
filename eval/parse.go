package eval

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// ParseMeasure returns the measure of a name: trec_eval's (ndcg_cut_10, P_5,
// recall_100, map, recip_rank, iprec_at_recall_0.10, also in the manner of its
// option -m, as in P.5) or the usual one (nDCG@10, nDCG_exp@10, P@5, R@100, MAP,
// MRR@10, ERR@20, RBP(p=0.8), Judged@10). Upper and lower case are the same,
// except that rbp is trec_eval's measure of graded gains with p = 0.9, and RBP the
// binary one with p = 0.8. [Names] lists all.
func ParseMeasure(name string) (Measure, error) {
	m, err := parse(name)
	if err != nil {
		return Measure{}, fmt.Errorf("eval: measure %q: %w", name, err)
	}
	return m, nil
}

// ParseMeasures returns the measures of several names, each once, in order. A
// name may also stand for a list: "official" and "all_trec" (see [Official] and
// [AllTrec]), a family of trec_eval ("P", "ndcg_cut", "iprec_at_recall") with its
// default cutoffs, or one with a list of them ("P.5,10").
func ParseMeasures(names ...string) ([]Measure, error) {
	var all []Measure
	for _, name := range names {
		some, err := parseList(name)
		if err != nil {
			return nil, fmt.Errorf("eval: measure %q: %w", name, err)
		}
		for _, m := range some {
			if !slices.Contains(all, m) {
				all = append(all, m)
			}
		}
	}
	return all, nil
}

func parseList(name string) ([]Measure, error) {
	switch name {
	case "official":
		return Official(), nil
	case "all_trec":
		return AllTrec(), nil
	case "ndcg_cut", "map_cut":
		family := []Measure{}
		for _, k := range rankCuts {
			family = append(family, Measure{kind: find(name).kind, cut: k})
		}
		return family, nil
	}
	if base, list, found := strings.Cut(name, "."); found && strings.Contains(list, ",") {
		var all []Measure
		for item := range strings.SplitSeq(list, ",") {
			m, err := parse(base + "_" + item)
			if err != nil {
				return nil, err
			}
			all = append(all, m)
		}
		return all, nil
	}
	if s := find(name); s != nil {
		if s.plain == "" && len(s.cuts) > 0 || s.kind == iprec || s.kind == rPrecMult {
			return s.family(), nil
		}
	}
	m, err := parse(name)
	return []Measure{m}, err
}

// find returns the spec that a name without cutoff and parameters belongs to.
func find(name string) *spec {
	if name == "RBP" {
		return rbp.spec()
	}
	lower := strings.ToLower(name)
	for i, s := range allSpecs {
		if strings.ToLower(s.plain) == lower && lower != "" || slices.Contains(s.also, lower) {
			return &allSpecs[i]
		}
	}
	return nil
}

func parse(name string) (Measure, error) {
	if s := find(name); s != nil {
		return s.bare(name)
	}
	for _, k := range []kind{iprec, rPrecMult} {
		if m, ok, err := k.parsePoint(name); ok {
			return m, err
		}
	}
	for _, k := range []kind{rbpGraded, rbpResidual} {
		prefix := k.spec().plain + "_p="
		if value, ok := strings.CutPrefix(name, prefix); ok {
			p, err := parsePersistence(value)
			return Measure{kind: k, param: p}, err
		}
	}
	base, cut, err := splitCutoff(name)
	if err != nil {
		return Measure{}, err
	}
	base, parameters, hasParameters := strings.Cut(base, "(")
	s := find(base)
	if s == nil {
		return Measure{}, fmt.Errorf("unknown; known are %s", strings.Join(Names(), ", "))
	}
	m, err := s.bare(base)
	if cut > 0 {
		m, err = s.at(base, cut)
	}
	if hasParameters && err == nil {
		inside, closed := strings.CutSuffix(parameters, ")")
		if !closed {
			return Measure{}, fmt.Errorf("no closing parenthesis at the end of %q", parameters)
		}
		err = m.set(inside)
	}
	if err != nil {
		return Measure{}, err
	}
	return m, nil
}

// bare returns the measure without a cutoff.
func (s *spec) bare(name string) (Measure, error) {
	m := Measure{kind: s.kind}
	switch {
	case s.kind == iprec || s.kind == rPrecMult:
		return Measure{}, fmt.Errorf("it needs a point, as in %s_0.20", s.plain)
	case s.plain == "" || strings.HasSuffix(strings.ToLower(name), "_cut"):
		return Measure{}, fmt.Errorf("it needs a cutoff, as in %s10", s.prefix)
	case s.kind == rbp:
		m.param = defaultPersistence
	case s.kind == errMeasure:
		m.param = defaultMaxGrade
	case s.kind == rbpGraded || s.kind == rbpResidual:
		m.param = defaultGradedPersistence
	}
	return m, nil
}

// at returns the measure of the first cut documents.
func (s *spec) at(name string, cut int32) (Measure, error) {
	if s.prefix == "" {
		return Measure{}, fmt.Errorf("%s takes no cutoff", name)
	}
	m := Measure{kind: s.kind}
	if s.plain != "" {
		m, _ = s.bare(s.plain)
	}
	m.cut = cut
	return m, nil
}

// set takes in what stands in the parentheses.
func (m *Measure) set(parameter string) error {
	key, value, _ := strings.Cut(parameter, "=")
	var err error
	switch key = strings.TrimSpace(key); {
	case m.kind == rbp && key == "p":
		m.param, err = parsePersistence(strings.TrimSpace(value))
	case m.kind == errMeasure && key == "max":
		var grade int
		grade, err = strconv.Atoi(strings.TrimSpace(value))
		if err != nil || grade < 1 || grade > maxExpGrade {
			err = fmt.Errorf("the highest grade %q is not a number from 1 to %d", value, maxExpGrade)
		}
		m.param = float64(grade)
	case m.kind == ndcg && key == "dcg" && strings.Trim(value, `'"`) == "exp-log2":
		m.kind = ndcgExp // ir-measures' name for it
	default:
		err = fmt.Errorf("unknown parameter %q (known are RBP(p=0.8), ERR(max=4), nDCG(dcg='exp-log2'))", parameter)
	}
	return err
}

// splitCutoff takes the cutoff off the end of a name, 0 if there is none.
func splitCutoff(name string) (string, int32, error) {
	at := strings.LastIndexByte(name, '@')
	digits := ""
	if at >= 0 {
		digits = name[at+1:]
	} else {
		at = len(strings.TrimRight(name, "0123456789")) - 1
		if at < 1 || at == len(name)-1 || name[at] != '_' && name[at] != '.' {
			return name, 0, nil
		}
		digits = name[at+1:]
	}
	k, err := strconv.ParseUint(digits, 10, 32)
	if err != nil || k < 1 || k > maxCutoff {
		return "", 0, fmt.Errorf("the cutoff %q is not a number from 1 to %d", digits, maxCutoff)
	}
	return name[:at], int32(k), nil
}

// parsePoint reads a name such as iprec_at_recall_0.10; ok means that it begins
// like one.
func (k kind) parsePoint(name string) (m Measure, ok bool, err error) {
	plain := k.spec().plain
	if len(name) <= len(plain) || !strings.EqualFold(name[:len(plain)], plain) || !strings.ContainsRune("_.@", rune(name[len(plain)])) {
		return Measure{}, false, nil
	}
	highest := 1.0
	if k == rPrecMult {
		highest = 1000
	}
	text := name[len(plain)+1:]
	x, err := strconv.ParseFloat(text, 64)
	if err != nil || !(x >= 0 && x <= highest) {
		return Measure{}, true, fmt.Errorf("the point %q is not a number from 0 to %g", text, highest)
	}
	return Measure{kind: k, param: math.Abs(x)}, true, nil
}

func parsePersistence(text string) (float64, error) {
	p, err := strconv.ParseFloat(text, 64)
	if err != nil || !(p >= 0 && p < 1) {
		return 0, fmt.Errorf("the persistence %q is not a number from 0 to below 1", text)
	}
	return math.Abs(p), nil
}
