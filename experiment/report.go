package experiment

// Report is what an experiment found. Its JSON form is described in
// docs/cli.md. Values are finite.
type Report struct {
	Data        Data        `json:"data"`
	Environment Environment `json:"environment"`
	Rules       Rules       `json:"rules"`
	Measures    []string    `json:"measures"` // as they were asked for; the first is the main one
	Systems     []System    `json:"systems"`  // the first is the baseline

	// Comparisons has one entry for every system but the baseline and every
	// measure that is averaged, in the order of Systems, then Measures.
	Comparisons []Comparison `json:"comparisons,omitempty"`

	// Differences has one entry for every system but the baseline.
	Differences []Difference `json:"differences,omitempty"`

	// Unavailable are systems that were asked for and could not be opened.
	Unavailable []Unavailable `json:"unavailable,omitempty"`

	Notes []string `json:"notes,omitempty"` // what a reader should know
}

// Data says what was searched.
type Data struct {
	Name        string   `json:"name"`
	Split       string   `json:"split"`
	Fingerprint string   `json:"fingerprint"` // of the files
	Documents   int      `json:"documents"`
	Queries     []string `json:"queries"`         // IDs of those evaluated, in the order of PerQuery
	Texts       []string `json:"texts,omitempty"` // of the same queries; nil for finished runs, which have none
	Judgments   int      `json:"judgments"`
	Relevant    int      `json:"relevant"` // judgments of grade Rules.Level and more
	Analyzer    string   `json:"analyzer"`
	Vectors     string   `json:"vectors,omitempty"` // model of the index's vectors; "" if it has none

	Unmatched Unmatched `json:"unmatched"`
}

// Text returns the text of the query at a place, "" if it is not known.
func (d Data) Text(i int) string {
	if i < len(d.Texts) {
		return d.Texts[i]
	}
	return ""
}

// Unmatched counts what of a collection does not fit together.
type Unmatched struct {
	QueriesWithoutText       int `json:"queries_without_text"` // judged, and not among the queries or empty there
	QueriesWithoutJudgments  int `json:"queries_without_judgments"`
	JudgmentsWithoutDocument int `json:"judgments_without_document"` // of evaluated queries; the corpus lacks the document
	RelevantWithoutDocument  int `json:"relevant_without_document"`  // those of them that say relevant
}

// Coverage counts how a system's results and the judgments meet.
type Coverage struct {
	Results                 int `json:"results"`          // of the evaluated queries
	UnjudgedResults         int `json:"unjudged_results"` // those of them without a judgment
	QueriesWithoutResults   int `json:"queries_without_results"`
	QueriesWithoutJudgments int `json:"queries_without_judgments"` // only a finished run can have some
}

// Environment says where the experiment ran.
type Environment struct {
	Version string `json:"version,omitempty"` // of this program
	Go      string `json:"go"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
	CPUs    int    `json:"cpus"`
	SIMD    string `json:"simd"`
}

// System is one method and how it did.
type System struct {
	Name   string `json:"name"`
	First  string `json:"first"`  // kind of the first stage
	Rerank string `json:"rerank"` // its re-rankers, joined with " → "; "none" if it has none
	Depth  int    `json:"depth"`  // hits the last re-ranker was given; those of the first stage where there is none

	Values []Value `json:"values"` // in the order of Report.Measures
	Stages []Stage `json:"stages"`

	Coverage Coverage `json:"coverage"`

	Latency    Latency `json:"latency"` // of all stages together
	PeakMemory int64   `json:"peak_memory_bytes,omitempty"`
	Cost       float64 `json:"cost_per_1000_queries"` // in the currency of the price table

	// PerQuery holds the value of every query (Data.Queries) for every
	// measure (Report.Measures).
	PerQuery [][]float64 `json:"per_query"`
}

// Value is a measure over all queries.
type Value struct {
	Mean float64 `json:"mean"`
	Low  float64 `json:"low"` // bounds of the 95 % confidence interval, by bootstrap over queries
	High float64 `json:"high"`
}

// Latency summarises times of queries in milliseconds.
type Latency struct {
	Mean float64 `json:"mean_ms"`
	P50  float64 `json:"p50_ms"`
	P95  float64 `json:"p95_ms"`
	P99  float64 `json:"p99_ms"`
}

// Stage is one stage of a system; counts are sums over all queries.
type Stage struct {
	Name      string  `json:"name"`
	Model     string  `json:"model,omitempty"`
	Latency   Latency `json:"latency"`
	Given     int     `json:"candidates"`
	Scored    int     `json:"scored"`
	Tokens    int     `json:"tokens"`
	Truncated int     `json:"truncated"`
	Skipped   int     `json:"skipped"`
	Degraded  int     `json:"degraded"` // queries for which the stage kept the order before
	Units     float64 `json:"billed_units"`
	Cost      float64 `json:"cost"`
}

// Comparison sets a system against the baseline by one measure, paired by
// query.
type Comparison struct {
	System   string  `json:"system"`
	Baseline string  `json:"baseline"`
	Measure  string  `json:"measure"`
	Diff     float64 `json:"difference"` // mean of the system less that of the baseline
	Low      float64 `json:"low"`        // bounds of its 95 % confidence interval, by paired bootstrap
	High     float64 `json:"high"`

	P        float64 `json:"p"`      // of the paired randomisation test, two-sided
	Adjusted float64 `json:"p_holm"` // P after Holm's correction for all systems compared by this measure
	PT       float64 `json:"p_t"`    // of the paired t-test
	PW       float64 `json:"p_wilcoxon"`

	Wins   int `json:"wins"` // queries where the system is better
	Ties   int `json:"ties"`
	Losses int `json:"losses"`
}

// Difference holds the queries on which a system and the baseline differ most
// by the main measure.
type Difference struct {
	System   string            `json:"system"`
	Baseline string            `json:"baseline"`
	Queries  []QueryDifference `json:"queries"` // largest difference first
}

// QueryDifference is one query with the best hits of both.
type QueryDifference struct {
	ID       string `json:"id"`
	Text     string `json:"text"`
	System   Side   `json:"system"`
	Baseline Side   `json:"baseline"`
}

// Side is what one system made of a query.
type Side struct {
	Value float64 `json:"value"`
	Hits  []Hit   `json:"hits"`
}

// Hit is one document of a side.
type Hit struct {
	ID    string `json:"id"`
	Title string `json:"title,omitempty"` // or the beginning of the text
	Grade *int   `json:"grade"`           // nil: not judged
}

// Unavailable is a system that could not be opened.
type Unavailable struct {
	Name string `json:"name"`
	Why  string `json:"why"`
}
