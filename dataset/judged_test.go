package dataset_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"iter"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flashrerank/rerank/dataset"
	"github.com/flashrerank/rerank/eval"
	"github.com/flashrerank/rerank/internal/testenv"
)

func ExampleRun() {
	input := strings.NewReader(`# made by hand
q1 Q0 d7 1 12.5 bm25
q1 Q0 d3 2 NaN bm25
`)
	for result, err := range dataset.Run(input, "bm25.run") {
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(result.Query, result.Document, result.Score, result.Tag)
	}
	// Output:
	// q1 d7 12.5 bm25
	// bm25.run:3: the score is not a number: NaN
}

func ExampleJudgments() {
	input := strings.NewReader("query-id\tcorpus-id\tscore\nq1\td7\t2\n")
	for j, err := range dataset.Judgments(input, "test.tsv") {
		fmt.Println(j.Query, j.Document, j.Grade, err)
	}
	// Output: q1 d7 2 <nil>
}

func TestRun(t *testing.T) {
	for name, c := range map[string]struct {
		input string
		want  []dataset.Result
		errs  []string
	}{
		"TREC": {
			input: "1 Q0 a 9 1e-3 x\r\n\n#c\n1\tQ0\tb\t?\t-Inf\ty z\n2 Q0 a 1 1e999 y",
			want: []dataset.Result{
				{"1", "a", 0.001, "x", 1}, {"1", "b", math.Inf(-1), "y z", 4}, {"2", "a", math.Inf(1), "y", 5},
			},
		},
		"bad TREC": {
			input: "1 Q0 a 1 nan x\n1 Q0 a 1 1,5 x\n1 Q0 a 1 x\n1 a 1\n{\"query\":1}\n",
			errs: []string{
				"f:1: the score is not a number: nan",
				`f:2: the score is not a number: "1,5"`,
				"f:3: 5 columns, not 6 (query, Q0, document, rank, score, tag) or 3 (query, document, rank)",
				"f:4: the line has another format than the lines before it",
				"f:5: the line has another format than the lines before it",
			},
		},
		"MS MARCO": {
			input: "7\td\t1\n7\te\t20\n7 f 0\n7 g 1.5\n",
			want:  []dataset.Result{{"7", "d", -1, "", 1}, {"7", "e", -20, "", 2}},
			errs:  []string{`f:3: the rank is not a whole number from 1: "0"`, `f:4: the rank is not a whole number from 1: "1.5"`},
		},
		"JSON": {
			input: "\ufeff" + `{"query":"a b","document":"d","score":2,"tag":"x","other":[]}
{"qid":7,"docid":8,"rank":3}
{"query_id":"","id":"d","score":1}
{"query":"q","score":1}
{"query":"q","id":"d"}
{"query":"q","id":"d","rank":0}
{"query":"q","id":"d","score":NaN}
1 Q0 d 1 1 x
`,
			want: []dataset.Result{{"a b", "d", 2, "x", 1}, {"7", "8", -3, "", 2}},
			errs: []string{
				"f:3: query: the ID is empty", `f:4: no "document"`,
				`f:5: neither a "score" nor a "rank" from 1`, `f:6: neither a "score" nor a "rank" from 1`,
				"f:7: not JSON: invalid character 'N' at start of value at byte 30",
				"f:8: the line has another format than the lines before it",
			},
		},
		"nothing": {input: "\n# only a comment"},
		"blanks in IDs, between tabs": {
			input: "\ufeffquery one\tQ0\ta x\t1\t9\tt\t\r\nquery one\tQ0\tb 1\t2\t8\tt\r\n",
			want:  []dataset.Result{{"query one", "a x", 9, "t", 1}, {"query one", "b 1", 8, "t", 2}},
		},
		"blanks in IDs, MS MARCO": {
			input: "query one\ta x\t1\nquery one\tb 2\t2\t\n",
			want:  []dataset.Result{{"query one", "a x", -1, "", 1}, {"query one", "b 2", -2, "", 2}},
		},
		"blanks in IDs, no tabs": {
			input: "q1 Q0 a x 1 9 t\n1 Q0 b 1 9 my run\n",
			want:  []dataset.Result{{"1", "b", 9, "my", 2}},
			errs:  []string{`f:1: more than 6 columns, and the fourth is not a rank: "x": where IDs have blanks in them, tabs must separate the columns`},
		},
		"a column too few, between tabs": {
			input: "q1\tQ0\ta x\t1\t9\n",
			errs:  []string{"f:1: 5 columns, not 6 (query, Q0, document, rank, score, tag) or 3 (query, document, rank)"},
		},
		"tabs and blanks": {
			input: "q1 Q0\ta 1 9\tt\nq1\t\tQ0\t\tb c\t\t2\t\t8\t\tt\n",
			want:  []dataset.Result{{"q1", "a", 9, "t", 1}, {"q1", "b c", 8, "t", 2}},
		},
		"query IDs with #": {
			input: "#made by hand of 3\n#a Q0 d1 1 3 t\n# q1 Q0 d1 1 3 t\n#\tQ0\td1\t1\t3\tt\n#b Q0 d1 1 high t\n",
			want:  []dataset.Result{{"#a", "d1", 3, "t", 2}, {"#", "d1", 3, "t", 4}},
		},
		"a head, TREC":     {input: "# c\nqid Q0 docno rank score tag\n1 Q0 a 1 9 t\n", want: []dataset.Result{{"1", "a", 9, "t", 3}}},
		"a head, MS MARCO": {input: "query_id\tdoc_id\trank\r\n1\ta\t1\r\n", want: []dataset.Result{{"1", "a", -1, "", 2}}},
		"no head":          {input: "query1 Q0 a 1 high t\n", errs: []string{`f:1: the score is not a number: "high"`}},
	} {
		got, errs := collect(dataset.Run(strings.NewReader(c.input), "f"))
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: results (-want +got)\n%s", name, diff)
		}
		if diff := cmp.Diff(c.errs, errs); diff != "" {
			t.Errorf("%s: errors (-want +got)\n%s", name, diff)
		}
	}
}

func TestJudgments(t *testing.T) {
	for name, c := range map[string]struct {
		input string
		want  []dataset.Judgment
		errs  []string
	}{
		"BEIR with a header": {
			input: "query-id\tcorpus-id\tscore\n1\td1\t2\n",
			want:  []dataset.Judgment{{"1", "d1", 2, 2}},
		},
		"an ID like a header": {
			input: "query1 d1 2\n", want: []dataset.Judgment{{"query1", "d1", 2, 1}},
		},
		"blanks in IDs": {
			input: "\ufeffquery-id\tcorpus-id\tscore\t\r\nquery one\tMy lease.md\t1\t\r\nquery one\t0\tb 7\t2\r\n",
			want:  []dataset.Judgment{{"query one", "My lease.md", 1, 2}, {"query one", "b 7", 2, 3}},
		},
		"query IDs with #": {
			input: "#topic iter doc rel\n#note of 3\n# see q1 for 3\n#a 0 d1 1\n#b\td 1\t2\n#c 0 d1 x\n",
			want:  []dataset.Judgment{{"#a", "d1", 1, 4}, {"#b", "d 1", 2, 5}},
		},
		"a head below a comment": {input: "# c\n\nTopic Iteration Document Grade\n1 0 d 1\n", want: []dataset.Judgment{{"1", "d", 1, 4}}},
		"no head":                {input: "query1\td1\tx\n", errs: []string{`f:1: the grade is not a whole number from -127 to 127: "x"`}},
		"TREC": {
			input: "# c\r\n1 0 d#2 -1\r\n 1\t0  d3 +1 \n",
			want:  []dataset.Judgment{{"1", "d#2", -1, 2}, {"1", "d3", 1, 3}},
		},
		"bad": {
			input: "1 d3 x\n1 d3\n1 0 d 1 5\n1 d 128\n1 d 1.0\nquery d1 grade\n",
			errs: []string{
				`f:1: the grade is not a whole number from -127 to 127: "x"`,
				"f:2: 2 columns, not 3 (query, document, grade) or 4 (query, iteration, document, grade)",
				"f:3: 5 or more columns, not 3 (query, document, grade) or 4 (query, iteration, document, grade)",
				`f:4: the grade is not a whole number from -127 to 127: "128"`,
				`f:5: the grade is not a whole number from -127 to 127: "1.0"`,
				`f:6: the grade is not a whole number from -127 to 127: "grade"`,
			},
		},
	} {
		got, errs := collect(dataset.Judgments(strings.NewReader(c.input), "f"))
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: judgments (-want +got)\n%s", name, diff)
		}
		if diff := cmp.Diff(c.errs, errs); diff != "" {
			t.Errorf("%s: errors (-want +got)\n%s", name, diff)
		}
	}
}

func TestReadQrels(t *testing.T) {
	got, err := dataset.ReadQrels(strings.NewReader("1 0 a 1\n2 0 a 0\n1 0 b -1\n"), "f")
	if diff := cmp.Diff(eval.Qrels{"1": {"a": 1, "b": -1}, "2": {"a": 0}}, got); diff != "" || err != nil {
		t.Errorf("error %v, judgments (-want +got)\n%s", err, diff)
	}
	for input, want := range map[string]string{
		"1 0 a 1\n2 0 a 1\n1 1 a 1\n": `f:3: document "a" is judged twice for query "1"`,
		"# nothing\n":                 "f: it has no judgments",
		"1 0 a 1\n1 0 b\n":            `f:2: the grade is not a whole number from -127 to 127: "b"`,
	} {
		if _, err := dataset.ReadQrels(strings.NewReader(input), "f"); err == nil || err.Error() != want {
			t.Errorf("%q: error %v, want %q", input, err, want)
		}
	}
}

func TestReadRun(t *testing.T) {
	got, tag, err := dataset.ReadRun(strings.NewReader("1 Q0 a 1 2 x\n2 Q0 a 1 1 x\n1 Q0 b 2 3 y\n"), "f")
	want := eval.Run{"1": {{Document: "a", Score: 2}, {Document: "b", Score: 3}}, "2": {{Document: "a", Score: 1}}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil || tag != "y" {
		t.Errorf("tag %q, error %v, run (-want +got)\n%s", tag, err, diff)
	}
	for _, input := range []string{"", "1 Q0 a 1 2 x\n1 Q0 a\n"} {
		if _, _, err := dataset.ReadRun(strings.NewReader(input), "f"); err == nil {
			t.Errorf("%q: no error", input)
		}
	}
}

func TestTruncatedGzip(t *testing.T) {
	zipped := zip(t, strings.Repeat("1 Q0 a 1 1 x\n", 1000))
	got, errs := collect(dataset.Run(bytes.NewReader(zipped), "f"))
	if len(got) != 1000 || len(errs) != 0 {
		t.Errorf("whole: %d results, errors %q", len(got), errs)
	}
	_, errs = collect(dataset.Run(bytes.NewReader(zipped[:len(zipped)-9]), "f.gz"))
	if len(errs) != 1 || !strings.HasPrefix(errs[0], "f.gz:") || !strings.HasSuffix(errs[0], ": unexpected EOF") {
		t.Errorf("truncated: errors %q", errs)
	}
}

func zip(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestCollection(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, text []byte) {
		t.Helper()
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	refused := func(want string) {
		t.Helper()
		if _, err := dataset.OpenCollection(dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	refused("documents")
	write("corpus.jsonl.gz", zip(t, `{"_id":"d","text":"x"}`))
	refused("queries")
	write("queries.jsonl", []byte(`{"_id":"q","text":"x"}`))
	refused("judgments")
	write("qrels/notes.txt", nil)
	refused("no judgments in")
	write("qrels/test.tsv.gz", zip(t, "query-id\tcorpus-id\tscore\nq\td\t1\n"))
	write("qrels/dev.tsv", []byte("q\td\t0\n"))

	c, err := dataset.OpenCollection(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"dev", "test"}, c.Splits()); diff != "" {
		t.Errorf("splits (-want +got)\n%s", diff)
	}
	documents, e1 := collect(c.ReadDocuments(dataset.Options{}))
	queries, e2 := collect(c.ReadQueries(dataset.Options{}))
	judgments, e3 := collect(c.ReadJudgments("test"))
	if len(documents) != 1 || len(queries) != 1 || len(judgments) != 1 || len(e1)+len(e2)+len(e3) != 0 {
		t.Errorf("%v %v %v, errors %q %q %q", documents, queries, judgments, e1, e2, e3)
	}
	if _, errs := collect(c.ReadJudgments("train")); len(errs) != 1 || !strings.HasSuffix(errs[0], `unknown split "train"; known are "dev", "test"`) {
		t.Errorf("another split: %q", errs)
	}
}

// TestSharedCollections reads the shared collections, whose sizes are known.
func TestSharedCollections(t *testing.T) {
	for name, want := range map[string][3]int{
		"cranfield": {1400, 225, 1837}, "medline": {1033, 30, 696}, "cacm": {3204, 64, 796}, "time": {423, 83, 324},
	} {
		c, err := dataset.OpenCollection(testenv.Data(t, name))
		if err != nil {
			t.Error(err)
			continue
		}
		got := [3]int{
			length(t, c.ReadDocuments(dataset.Options{})), length(t, c.ReadQueries(dataset.Options{})), length(t, c.ReadJudgments("test")),
		}
		if got != want {
			t.Errorf("%s: documents, queries, judgments %v, want %v", name, got, want)
		}
	}
}

func length[T any](t *testing.T, all iter.Seq2[T, error]) int {
	t.Helper()
	values, errs := collect(all)
	if len(errs) > 0 {
		t.Error(errs)
	}
	return len(values)
}

func FuzzRun(f *testing.F) {
	f.Add([]byte("1 Q0 d 1 1.5 x\n#\n1 Q0 e 2 -inf x y\n"))
	f.Add([]byte("1\td\t1\n"))
	f.Add([]byte("a b\tQ0\tc d\t1\t2\tx\n"))
	f.Add([]byte(`{"query":1,"id":"d","score":1}`))
	f.Fuzz(func(t *testing.T, input []byte) {
		defer testenv.Bound(t, len(input))()
		for r, err := range dataset.Run(bytes.NewReader(input), "f") {
			if err == nil && (r.Query == "" || r.Document == "" || math.IsNaN(r.Score) || r.Line < 1) {
				t.Errorf("bad result %+v", r)
			}
		}
	})
}

func FuzzJudgments(f *testing.F) {
	f.Add([]byte("query-id\tcorpus-id\tscore\n1 d 1\n"))
	f.Add([]byte("1 0 d -1\r\n# c\n"))
	f.Add([]byte("#q\ta b\t1\t\n"))
	f.Fuzz(func(t *testing.T, input []byte) {
		defer testenv.Bound(t, len(input))()
		for j, err := range dataset.Judgments(bytes.NewReader(input), "f") {
			if err == nil && (j.Query == "" || j.Document == "" || j.Grade < -127 || j.Grade > 127 || j.Line < 1) {
				t.Errorf("bad judgment %+v", j)
			}
		}
	})
}

func BenchmarkRun(b *testing.B) {
	var input bytes.Buffer
	for q := range 100 {
		for d := range 1000 {
			fmt.Fprintf(&input, "%d Q0 DOC-%07d %d %.6f benchmark\n", q, (d*7919+q)%1_000_000, d+1, 20-float64(d)/100)
		}
	}
	b.SetBytes(int64(input.Len()))
	for b.Loop() {
		for _, err := range dataset.Run(bytes.NewReader(input.Bytes()), "f") {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}
