package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/flashrerank/rerank/experiment"
	"github.com/flashrerank/rerank/experiment/report"
)

const introduction = `# Results

Which re-ranking is worth its cost? Measured on every judged collection in DIR by

    go run ./bench/results -data DIR -o docs

which writes this file and its plots. %s.

# Early answers

What it costs, and what it saves, to answer before every candidate has been read in full. Written by

    go run ./bench/early -data DIR -o docs

BM25's top 100 are re-ranked. The index has no vectors, so the texts are embedded for each query, as in ` + "`" + `rerank sort` + "`" + ` and in
` + "`" + `rerank search` + "`" + ` over such an index. *Early* (` + "`" + `--early` + "`" + `, ` + "`" + `early: {}` + "`" + `, ` + "`" + `pipeline.NewEarlyReranker` + "`" + `) reads the first 48 tokens of
every text, then the 20 with the best blended scores in full, and blends both; *best*, the default, then has the cross-encoder
score the top 20. *In 0.5 of the time* means a deadline (` + "`" + `--within` + "`" + `) of half the time that the same query takes in full. The
beginnings are read first; then, until two thirds of the time are over, texts in full, the best first; the cross-encoder gets
the last third. Hits for which there was no time come last.
`

const parityText = `
### Against bm25s and sentence-transformers

nDCG@10 under the same analysis (%s), with the same model in fp32 and the same cut at 256 tokens; the peers' lists, by
bench/results/peers.py (%s), are evaluated by the same code. The last column is the embedded int8 model, which saves
three quarters of the size.

| | rerank, fp32 | peers, fp32 | difference | rerank, int8 | difference |
| --- | ---: | ---: | ---: | ---: | ---: |
`

func write(dir string, all []outcome) error {
	var b strings.Builder
	e := all[0].report.Environment
	fmt.Fprintf(&b, introduction, fmt.Sprintf("The machine had %d CPUs (%s, kernels %s), %s/%s, %s", e.CPUs, processor(), e.SIMD, e.OS, e.Arch, e.Go))
	worst := 0.0
	for _, o := range all {
		writeCollection(&b, o)
		for _, p := range o.parity {
			worst = max(worst, math.Abs(p.fp32-p.peer))
		}
		if err := plots(dir, o.report); err != nil {
			return err
		}
	}
	if err := writeDefaults(&b, all); err != nil {
		return err
	}
	if worst > 0 {
		fmt.Fprintf(&b, "\nThe largest difference from the peers with the fp32 model, over all collections and arrangements: %.4f.\n", worst)
	}
	return os.WriteFile(filepath.Join(dir, "results.md"), []byte(b.String()), 0o644)
}

func writeCollection(b *strings.Builder, o outcome) {
	d := o.report.Data
	fmt.Fprintf(b, "\n## %s\n\n%d documents, %d queries, %d judgments.\n\n", d.Name, d.Documents, len(d.Queries), d.Judgments)
	writeSystems(b, o.report)
	fmt.Fprintf(b, "\n![quality against latency](results/%s.svg)\n\n![quality by depth](results/%s-depth.svg)\n", d.Name, d.Name)
	b.WriteString("\nOver an index without vectors:\n\n")
	writeSystems(b, o.texts)
	for _, n := range o.report.Notes {
		fmt.Fprintf(b, "\n%s.\n", n)
	}
	writeParity(b, o)
}

// writeSystems writes a table with a row for each system.
func writeSystems(b *strings.Builder, r experiment.Report) {
	b.WriteString("| | nDCG@10 | 95 % CI | MAP | recall@100 | to BM25 | p | p50 ms | p95 ms | tokens/query |\n| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n")
	front := report.OnFront(r)
	column := func(s experiment.System, measure string) float64 {
		return s.Values[slices.Index(r.Measures, measure)].Mean
	}
	for i, s := range r.Systems {
		name, difference, p := s.Name, "", ""
		if front[i] {
			name += " *"
		}
		for _, c := range r.Comparisons {
			if c.System == s.Name && c.Measure == r.Measures[0] {
				difference, p = fmt.Sprintf("%+.4f", c.Diff), fmt.Sprintf("%.4f", c.Adjusted)
			}
		}
		tokens := 0
		for _, stage := range s.Stages {
			tokens += stage.Tokens
		}
		v := s.Values[0]
		fmt.Fprintf(b, "| %s | %.4f | %.4f–%.4f | %.4f | %.4f | %s | %s | %.2f | %.2f | %.1f |\n", strings.ReplaceAll(name, "*", `\*`),
			v.Mean, v.Low, v.High, column(s, "map"), column(s, "recall_100"), difference, p, s.Latency.P50, s.Latency.P95,
			float64(tokens)/float64(len(r.Data.Queries)))
	}
}

func writeParity(b *strings.Builder, o outcome) {
	if o.peers == nil {
		return
	}
	var versions []string
	for name, version := range o.peers {
		versions = append(versions, name+" "+version)
	}
	slices.Sort(versions)
	fmt.Fprintf(b, parityText, analyzer, strings.Join(versions, ", "))
	for _, p := range o.parity {
		fmt.Fprintf(b, "| %s | %.4f | %.4f | %+.4f | %.4f | %+.4f |\n", p.name, p.fp32, p.peer, p.fp32-p.peer, p.int8, p.int8-p.peer)
	}
}

// plots writes the two plots of a collection.
func plots(dir string, r experiment.Report) error {
	for suffix, kind := range map[string]report.Kind{"": report.Pareto, "-depth": report.ByDepth} {
		name := filepath.Join(dir, "results", r.Data.Name+suffix+".svg")
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		f, err := os.Create(name)
		if err != nil {
			return err
		}
		if err := report.Plot(f, r, kind, report.SVG); err != nil {
			f.Close()
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	return nil
}

// processor is the name of the CPU, where Linux tells it.
func processor() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown processor"
	}
	for line := range strings.Lines(string(text)) {
		if name, ok := strings.CutPrefix(line, "model name"); ok {
			return strings.TrimSpace(strings.TrimLeft(name, "\t :"))
		}
	}
	return "unknown processor"
}
