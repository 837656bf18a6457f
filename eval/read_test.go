package eval_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/flashrerank/rerank/eval"
	"github.com/flashrerank/rerank/internal/testenv"
)

// fixture returns the content of one of trec_eval's own test files.
func fixture(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(testenv.Data(t, "trec-eval-fixtures", name))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(name, ".gz") {
		return data
	}
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return plain
}

// lines splits a file into the fields of its lines; trec_eval passes over lines
// that begin with # and over what follows the last field.
func lines(t testing.TB, data []byte, fields int) [][]string {
	t.Helper()
	var all [][]string
	for line := range strings.Lines(string(data)) {
		if strings.HasPrefix(line, "#") || strings.TrimSpace(line) == "" {
			continue
		}
		f := strings.Fields(line)
		if len(f) < fields {
			t.Fatalf("%q has %d fields, want %d", line, len(f), fields)
		}
		all = append(all, f[:fields])
	}
	return all
}

func readQrels(t testing.TB, data []byte) eval.Qrels {
	t.Helper()
	q := eval.Qrels{}
	for _, f := range lines(t, data, 4) {
		grade, err := strconv.Atoi(f[3])
		if err != nil {
			t.Fatal(err)
		}
		if q[f[0]] == nil {
			q[f[0]] = map[string]int{}
		}
		q[f[0]][f[2]] = grade
	}
	return q
}

// readRun returns a run and its tag.
func readRun(t testing.TB, data []byte) (eval.Run, string) {
	t.Helper()
	r, tag := eval.Run{}, ""
	for _, f := range lines(t, data, 6) {
		score, err := strconv.ParseFloat(f[4], 64)
		if err != nil {
			t.Fatal(err)
		}
		r[f[0]] = append(r[f[0]], eval.Scored{Document: f[2], Score: score})
		tag = f[5]
	}
	return r, tag
}

func parse(t testing.TB, names ...string) []eval.Measure {
	t.Helper()
	all, err := eval.ParseMeasures(names...)
	if err != nil {
		t.Fatal(err)
	}
	return all
}
