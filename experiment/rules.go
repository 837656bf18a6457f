package experiment

import (
	"errors"
	"fmt"
	"strings"

	"github.com/flashrerank/rerank/eval"
	"github.com/flashrerank/rerank/internal/count"
)

// Rules say which documents and queries count, as [eval.Options] does. The zero
// value is trec_eval's default.
type Rules struct {
	// Level is the lowest grade that is relevant; 0 means 1.
	Level int `yaml:"level,omitempty" json:"level,omitempty" default:"1"`
	// Max cuts each ranking to its first documents; 0 means no limit.
	Max int `yaml:"max,omitempty" json:"max,omitempty"`
	// JudgedOnly leaves unjudged documents out of the rankings.
	JudgedOnly bool `yaml:"judged_only,omitempty" json:"judged_only,omitempty"`
	// Complete counts judged queries that cannot be searched for, or that a
	// run lacks, with 0.
	Complete bool `yaml:"complete,omitempty" json:"complete,omitempty"`
	// NoSelf leaves out a hit whose ID is the query's, as the evaluation of BEIR
	// does. [Run] has the first stage leave it out, so that no re-ranker sees it.
	NoSelf bool `yaml:"no_self,omitempty" json:"no_self,omitempty"`
}

func rulesOf(o eval.Options) Rules {
	r := Rules{Level: o.Level, Max: o.MaxDocs, JudgedOnly: o.JudgedOnly, Complete: o.Complete, NoSelf: o.NoSelf}
	if r.Level == 1 {
		r.Level = 0
	}
	return r
}

func (r Rules) options() eval.Options {
	return eval.Options{Level: r.Level, MaxDocs: r.Max, JudgedOnly: r.JudgedOnly, Complete: r.Complete, NoSelf: r.NoSelf}
}

// relevant tells whether a grade is.
func (r Rules) relevant(grade int) bool { return grade >= max(1, r.Level) }

func (r Rules) check(queries int) []error {
	var errs []error
	if r.Level < 0 {
		errs = append(errs, fmt.Errorf("rules.level: %d is negative", r.Level))
	}
	if r.Max < 0 {
		errs = append(errs, fmt.Errorf("rules.max: %d is negative", r.Max))
	}
	if r.Complete && queries > 0 {
		errs = append(errs, errors.New("rules.complete cannot be combined with queries, which leaves most of them out"))
	}
	return errs
}

// String names the rules that are not the default, "" if none is.
func (r Rules) String() string {
	var parts []string
	if r.Level > 1 {
		parts = append(parts, fmt.Sprintf("relevant from grade %d", r.Level))
	}
	if r.Max > 0 {
		parts = append(parts, "top "+count.Of(r.Max, "document")+" only")
	}
	if r.JudgedOnly {
		parts = append(parts, "judged documents only")
	}
	if r.Complete {
		parts = append(parts, "queries without results count")
	}
	if r.NoSelf {
		parts = append(parts, "no-self: a hit whose ID is the query's is left out")
	}
	return strings.Join(parts, ", ")
}
