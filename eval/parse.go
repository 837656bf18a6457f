package eval

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/flashrerank/rerank/internal/nearest"
)

// ParseMeasure returns the measure of a name: trec_eval's (ndcg_cut_10, P_5,
// recall_100, map, recip_rank, iprec_at_recall_0.10, also in the manner of its
// option -m, as in P.5) or that of ir_measures (nDCG@10, AP(rel=2)@100, RR@10,
// nDCG(dcg='exp-log2')@10, Rprec(judged_only=True), IPrec@0.1, RBP(rel=1,p=0.8),
// Judged@10, NumRet), with the figures of either. Where rel is not given,
// [Options.Level] counts. Upper and lower case are the same, except that rbp is
// trec_eval's measure of graded gains with p = 0.9, and RBP the binary one with
// p = 0.8. [Names] lists all. A measure of ir_measures, or one with parameters,
// that is not computed here is an error. The measure's String is the name.
func ParseMeasure(name string) (Measure, error) {
	m, err := parseNamed(name)
	if err != nil {
		return Measure{}, fmt.Errorf("eval: measure %q: %w", name, err)
	}
	return m, nil
}

// parseNamed keeps the name, unless it is the one that String makes anyway, or
// that of trec_eval's option -m: trec_eval prints P_5 where it is asked for P.5.
func parseNamed(name string) (Measure, error) {
	name = strings.TrimSpace(name)
	m, err := parse(name)
	if err == nil && m.String() != name && (strings.ContainsAny(name, "@(") || !strings.Contains(name, ".")) {
		m.name = name
	}
	return m, err
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
			if !slices.ContainsFunc(all, m.Equal) {
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
	m, err := parseNamed(name)
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
	base, at := splitAt(name)
	base, inside, hasParameters := strings.Cut(base, "(")
	s := find(base)
	if s == nil {
		return Measure{}, unknown(base)
	}
	m, err := s.measure(base, at)
	if hasParameters && err == nil {
		err = m.setAll(inside)
	}
	if err != nil {
		return Measure{}, err
	}
	return m, nil
}

func unknown(base string) error {
	if slices.Contains(notComputed[:], strings.ToLower(base)) {
		return fmt.Errorf("%s is not computed here; known are %s", base, strings.Join(Names(), ", "))
	}
	full := map[string]string{} // by the name without its parameters
	var bases []string
	for _, name := range Names() {
		short, _, _ := strings.Cut(name, "@")
		short, _, _ = strings.Cut(short, "(")
		short = strings.TrimSuffix(short, "_k")
		if _, twice := full[short]; !twice {
			full[short], bases = name, append(bases, short)
		}
	}
	near := nearest.Names(strings.TrimRight(base, "_0123456789"), bases)
	if len(near) == 0 {
		return fmt.Errorf("unknown; known are %s", strings.Join(Names(), ", "))
	}
	for i, short := range near {
		near[i] = strconv.Quote(full[short])
	}
	return fmt.Errorf("unknown; did you mean %s?", strings.Join(near, " or "))
}

// measure returns the measure of a base name and what follows its @, if any.
func (s *spec) measure(base, at string) (Measure, error) {
	if at == "" {
		return s.bare(base)
	}
	if s.kind == iprec || s.kind == rPrecMult {
		return s.kind.point(at)
	}
	cut, err := parseCutoff(at)
	if err != nil {
		return Measure{}, err
	}
	return s.at(base, cut)
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

// setAll takes in what stands between parentheses.
func (m *Measure) setAll(inside string) error {
	inside, closed := strings.CutSuffix(inside, ")")
	if !closed {
		return fmt.Errorf("no closing parenthesis at the end of %q", inside)
	}
	for parameter := range strings.SplitSeq(inside, ",") {
		key, value, _ := strings.Cut(parameter, "=")
		if err := m.set(strings.TrimSpace(key), strings.TrimSpace(value)); err != nil {
			return err
		}
	}
	return nil
}

// set takes in one parameter.
func (m *Measure) set(key, value string) error {
	switch takes := m.kind.spec().takes; {
	case key == "rel" && takes&takesLevel != 0:
		level, err := parseGrade(value, maxLevel)
		if m.kind == numRet { // ir_measures' way to ask for the relevant ones
			m.kind = numRelRet
		}
		m.level = int32(level)
		return err
	case key == "judged_only" && takes&takesJudged != 0:
		return parseBool(&m.judgedOnly, value)
	case m.kind == rbp && key == "p":
		var err error
		m.param, err = parsePersistence(value)
		return err
	case m.kind == errMeasure && key == "max":
		grade, err := parseGrade(value, maxExpGrade)
		m.param = float64(grade)
		return err
	}
	return m.setVariant(key, strings.Trim(value, `'"`))
}

// setVariant takes in a parameter that chooses among measures.
func (m *Measure) setVariant(key, value string) error {
	switch {
	case m.kind == ndcg && key == "dcg" && value == "exp-log2":
		m.kind = ndcgExp
	case m.kind == ndcg && key == "dcg" && value == "log2":
	case m.kind == setP && key == "relative":
		var relative bool
		if err := parseBool(&relative, value); err != nil {
			return err
		}
		if relative {
			m.kind = setRelativeP
		}
	case m.kind == setF && key == "beta":
		if beta, err := strconv.ParseFloat(value, 64); err != nil || beta != 1 {
			return fmt.Errorf("set_F is computed with beta=1 only, not %q", value)
		}
	default:
		return fmt.Errorf("unknown parameter %q of %s (there are rel=2, judged_only=True, RBP(p=0.8), ERR(max=4), nDCG(dcg='exp-log2'), "+
			"SetP(relative=True))", key, m.kind.spec().name())
	}
	return nil
}

// name is what a kind is called in messages.
func (s *spec) name() string { return cmp.Or(s.plain, s.prefix+"k") }

// maxLevel bounds rel, as grades of files are.
const maxLevel = 127

func parseGrade(text string, highest int) (int, error) {
	grade, err := strconv.Atoi(text)
	if err != nil || grade < 1 || grade > highest {
		return 0, fmt.Errorf("the grade %q is not a number from 1 to %d", text, highest)
	}
	return grade, nil
}

func parseBool(to *bool, text string) error {
	switch text {
	case "True", "true":
		*to = true
	case "False", "false":
		*to = false
	default:
		return fmt.Errorf("%q is neither True nor False", text)
	}
	return nil
}

// splitAt takes what follows the last @ off a name, or the number behind its
// last _ or point; "" if there is none.
func splitAt(name string) (base, at string) {
	if i := strings.LastIndexByte(name, '@'); i >= 0 {
		return name[:i], cmp.Or(name[i+1:], " ")
	}
	i := len(strings.TrimRight(name, "0123456789")) - 1
	if i < 1 || i == len(name)-1 || name[i] != '_' && name[i] != '.' {
		return name, ""
	}
	return name[:i], name[i+1:]
}

func parseCutoff(digits string) (int32, error) {
	k, err := strconv.ParseUint(digits, 10, 32)
	if err != nil || k < 1 || k > maxCutoff {
		return 0, fmt.Errorf("the cutoff %q is not a number from 1 to %d", strings.TrimSpace(digits), maxCutoff)
	}
	return int32(k), nil
}

// parsePoint reads a name such as iprec_at_recall_0.10; ok means that it begins
// like one.
func (k kind) parsePoint(name string) (m Measure, ok bool, err error) {
	plain := k.spec().plain
	if len(name) <= len(plain) || !strings.EqualFold(name[:len(plain)], plain) || !strings.ContainsRune("_.@", rune(name[len(plain)])) {
		return Measure{}, false, nil
	}
	m, err = k.point(name[len(plain)+1:])
	return m, true, err
}

// point returns the measure at a recall point, or at a multiple of R.
func (k kind) point(text string) (Measure, error) {
	highest := 1.0
	if k == rPrecMult {
		highest = 1000
	}
	x, err := strconv.ParseFloat(text, 64)
	if err != nil || !(x >= 0 && x <= highest) {
		return Measure{}, fmt.Errorf("the point %q is not a number from 0 to %g", strings.TrimSpace(text), highest)
	}
	return Measure{kind: k, param: math.Abs(x)}, nil
}

func parsePersistence(text string) (float64, error) {
	p, err := strconv.ParseFloat(text, 64)
	if err != nil || !(p >= 0 && p < 1) {
		return 0, fmt.Errorf("the persistence %q is not a number from 0 to below 1", text)
	}
	return math.Abs(p), nil
}
