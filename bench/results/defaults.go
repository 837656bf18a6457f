package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/flashrerank/rerank/eval/significance"
	"github.com/flashrerank/rerank/experiment"
)

const defaultsText = `
## The defaults

Where a user chooses nothing, package pipeline chooses; what is best depends on whether texts have to be read:

- **Over an index with vectors** (` + "`search`, `demo --vectors`, `pipeline.Config{}`" + `): %[1]s. The hybrid finds 100 by BM25 and 100 by the vectors, and the
  blend re-orders its best 100, at hardly any cost, since both scores and the vectors are there.
- **Over an index without** (the same commands): bm25 → best @100, which embeds the texts that BM25 found.
- **Given texts** (` + "`sort`, `serve`" + `): *best*, with BM25's statistics from the texts themselves.

*best* is the blend, whose top 20 the embedded cross-encoder (models/cross) scores together with the query, as a third part at half the weight
of the others. Where the blend has to read a hundred texts, that is a sixth to a half more, and twice as much where there are but 20; where it reads none, it is 20 texts at the time of the query, some twenty
times what the query takes without, for half as much again of the gain over the plain hybrid. ` + "`--rerank best`" + ` is for who can wait: training/crossencoder/README.md has what it gives where questions are asked.

Rows that end in "texts read" are over an index without vectors: blend and *best* read what BM25 found and compare the tokens of query and text as well
(training/README.md has what these give).

What they are held against is the plain hybrid, the sum of BM25 and cosine over the union of both best 100. Differences of
nDCG@10 to it under the analysis of bm25s (%[2]s), and their mean over the collections with its 95 %% interval (bootstrap over the
queries of each collection). The bar is the hybrid with the fp32 model. The embedded models are int8. The errors of the
bi-encoder's happen to help the blend here: with the fp32 model its interval reaches 0.

| | %[3]s | mean | 95 %% CI |
| --- |%[4]s ---: | --- |
`

// writeDefaults sets the defaults against the plain hybrid.
func writeDefaults(b *strings.Builder, all []outcome) error {
	all = slices.DeleteFunc(slices.Clone(all), func(o outcome) bool { return o.peers == nil })
	if len(all) == 0 {
		return nil
	}
	var names []string
	for _, o := range all {
		names = append(names, o.report.Data.Name)
	}
	fmt.Fprintf(b, defaultsText, standard, analyzer, strings.Join(names, " | "), strings.Repeat(" ---: |", len(all)))
	for _, row := range []struct {
		label, system string
		of            func(outcome) experiment.Report
	}{
		{"int8", standard, func(o outcome) experiment.Report { return o.int8 }},
		{"fp32", standard, func(o outcome) experiment.Report { return o.fp32 }},
		{"int8", "bm25 → best @100" + withoutVectors, func(o outcome) experiment.Report { return o.read }},
		{"int8", "bm25 → blend @100" + withoutVectors, func(o outcome) experiment.Report { return o.read }},
		{"int8", "bm25 → best @100", func(o outcome) experiment.Report { return o.int8 }},
		{"int8", "hybrid → best @100", func(o outcome) experiment.Report { return o.int8 }},
		{"int8", "bm25 → blend @100", func(o outcome) experiment.Report { return o.int8 }},
		{"fp32", "bm25 → blend @100", func(o outcome) experiment.Report { return o.fp32 }},
	} {
		var differences [][]float64
		fmt.Fprintf(b, "| %s, %s |", row.system, row.label)
		for _, o := range all {
			d, err := gains(row.of(o), row.system, o.fp32)
			if err != nil {
				return err
			}
			differences = append(differences, d)
			here, err := significance.BootstrapMean(d, 0, significance.Resampling{})
			if err != nil {
				return err
			}
			fmt.Fprintf(b, " %+.4f |", here.Mean)
		}
		interval, err := significance.BootstrapMeans(differences, 0, significance.Resampling{})
		if err != nil {
			return err
		}
		fmt.Fprintf(b, " %+.4f | %+.4f to %+.4f |\n", interval.Mean, interval.Low, interval.High)
	}
	return nil
}

// gains are a system's values less those of the plain hybrid, query by query.
func gains(r experiment.Report, system string, bar experiment.Report) ([]float64, error) {
	with, err := values(r, system)
	if err != nil {
		return nil, err
	}
	without, err := values(bar, plain)
	if err != nil {
		return nil, err
	}
	for i := range with {
		with[i] -= without[i]
	}
	return with, nil
}

// values are those of the main measure.
func values(r experiment.Report, system string) ([]float64, error) {
	for _, s := range r.Systems {
		if s.Name == system {
			var list []float64
			for _, v := range s.PerQuery {
				list = append(list, v[0])
			}
			return list, nil
		}
	}
	return nil, fmt.Errorf("%s: there is no system %q", r.Data.Name, system)
}
