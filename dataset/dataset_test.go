package dataset_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/chunk"
	"github.com/flashrerank/rerank/dataset"
	"github.com/flashrerank/rerank/internal/testenv"
)

func ExampleJSONL() {
	input := strings.NewReader(`{"_id": "d1", "title": "Wings", "text": "On lift and drag."}
{"_id": "d2", "text": "unfinished
`)
	for doc, err := range dataset.JSONL(input, "corpus.jsonl", dataset.Options{}) {
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Printf("%s %q\n", doc.ID, doc.Content())
	}
	// Output:
	// d1 "Wings On lift and drag."
	// corpus.jsonl:2: not JSON: it ends early at byte 33
}

// collect drains an iterator.
func collect[T any](all iter.Seq2[T, error]) (values []T, errs []string) {
	for v, err := range all {
		if err != nil {
			errs = append(errs, err.Error())
			continue
		}
		values = append(values, v)
	}
	return values, errs
}

var sameFields = cmp.Transformer("json", func(f rerank.Fields) string {
	if len(f) == 0 {
		return ""
	}
	text, err := f.MarshalJSON()
	if err != nil {
		return err.Error()
	}
	return string(text)
})

func TestJSONL(t *testing.T) {
	input := "\ufeff" + `{"_id":"a","title":"T","text":"x","metadata":{"k": [1]}}` + "\r\n\n" +
		`{"id":17,"text":"y","other":{},"metadata":null}` + "\n" +
		"{\"_id\":\"bad\xff\",\"text\":\"z\xfe\"}\n" +
		`{"_id":"","text":"x"}` + "\n" + `{"_id":1.5,"text":"x"}` + "\n" + `{"text":"x"}` + "\n" + `{"_id":"e"}` + "\n" + `[1]` + "\n" +
		`{"_id":"last","text":"no line end"}`
	var stats dataset.Stats
	got, errs := collect(dataset.JSONL(strings.NewReader(input), "f", dataset.Options{Stats: &stats}))
	want := []rerank.Document{
		{ID: "a", Title: "T", Text: "x", Fields: rerank.Fields{{Name: "k", Value: rerank.ListValue(rerank.IntValue(1))}}},
		{ID: "17", Text: "y"},
		{ID: "bad\ufffd", Text: "z\ufffd"},
		{ID: "e"},
		{ID: "last", Text: "no line end"},
	}
	if diff := cmp.Diff(want, got, sameFields); diff != "" {
		t.Errorf("documents (-want +got)\n%s", diff)
	}
	wantErrs := []string{
		"f:5: the ID is empty",
		"f:6: the ID is neither a string nor a whole number: 1.5",
		`f:7: no "_id" or "id"`,
		"f:9: it is an array; it must be an object",
	}
	if diff := cmp.Diff(wantErrs, errs); diff != "" {
		t.Errorf("errors (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(dataset.Stats{Documents: 5, Replaced: 1, Errors: 4, Bytes: 1 + 1 + 1 + 4 + 11, Empty: 1, Ignored: []dataset.Mention{{What: "other", Count: 1, Names: []string{"f:3"}}}}, stats); diff != "" {
		t.Errorf("stats (-want +got)\n%s", diff)
	}
}

// TestNamesMatchExactly: a member whose name differs in case is another member, and one
// that appears twice is an error.
func TestNamesMatchExactly(t *testing.T) {
	input := `{"_id":"d1","text":"right","Text":"wrong","TITLE":"wrong"}` + "\n" + `{"id":"d2","ID":"wrong","text":"b"}` + "\n" +
		`{"Id":"d3","text":"c"}` + "\n" + `{"id":"d4","text":"a","text":"b"}`
	got, errs := collect(dataset.JSONL(strings.NewReader(input), "f", dataset.Options{}))
	if len(got) != 2 || got[0].Text != "right" || got[0].Title != "" || got[1].ID != "d2" {
		t.Errorf("%+v", got)
	}
	if diff := cmp.Diff([]string{`f:3: no "_id" or "id"`, "f:4: text: the member appears twice"}, errs); diff != "" {
		t.Errorf("errors (-want +got)\n%s", diff)
	}
	for q, err := range dataset.Queries(strings.NewReader(`{"_id":"q1","text":"right","Text":"wrong","_ID":"q2"}`), "f", dataset.Options{}) {
		if err != nil || q.ID != "q1" || q.Text != "right" {
			t.Errorf("%+v, %v", q, err)
		}
	}
	run := `{"query":"q1","document":"a","score":2,"Score":-1,"QUERY":"q2","DocID":"b"}`
	for r, err := range dataset.Run(strings.NewReader(run), "f") {
		if err != nil || r.Query != "q1" || r.Document != "a" || r.Score != 2 {
			t.Errorf("%+v, %v", r, err)
		}
	}
}

func TestGzip(t *testing.T) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	fmt.Fprintln(z, `{"_id":"a","text":"x"}`)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	got, errs := collect(dataset.JSONL(bytes.NewReader(b.Bytes()), "f", dataset.Options{}))
	if len(got) != 1 || len(errs) != 0 {
		t.Errorf("got %v, %v", got, errs)
	}
	_, errs = collect(dataset.JSONL(bytes.NewReader(b.Bytes()[:b.Len()-6]), "f", dataset.Options{}))
	if len(errs) != 1 || !strings.Contains(errs[0], "f:2: unexpected EOF") {
		t.Errorf("a truncated file gives %q", errs)
	}
}

func TestReadingErrorEndsTheIteration(t *testing.T) {
	broken := errors.New("broken")
	r := io.MultiReader(strings.NewReader("a\tx\n"), iotest.ErrReader(broken))
	var last error
	n := 0
	for _, err := range dataset.TSV(r, "f", dataset.Options{}) {
		n++
		last = err
	}
	if n != 2 || !errors.Is(last, broken) {
		t.Errorf("%d items, last error %v", n, last)
	}
}

func TestTSV(t *testing.T) {
	input := "a\tonly text\nb\ttitle\ttext\twith tab\nno tab\n\tno id\nc\t \n"
	got, errs := collect(dataset.TSV(strings.NewReader(input), "f", dataset.Options{}))
	want := []rerank.Document{{ID: "a", Text: "only text"}, {ID: "b", Title: "title", Text: "text\twith tab"}, {ID: "c", Text: " "}}
	if diff := cmp.Diff(want, got, sameFields); diff != "" {
		t.Errorf("documents (-want +got)\n%s", diff)
	}
	wantErrs := []string{
		"f:3: no tab: a line is id<TAB>text or id<TAB>title<TAB>text", "f:4: the ID is empty",
	}
	if diff := cmp.Diff(wantErrs, errs); diff != "" {
		t.Errorf("errors (-want +got)\n%s", diff)
	}
}

// TestHeader: the head is the first line that is not blank, of TSV alone.
func TestHeader(t *testing.T) {
	o := dataset.Options{Header: true}
	tsv, _ := collect(dataset.TSV(strings.NewReader("\n \nid\ttext\na\tb\n"), "f", o))
	if diff := cmp.Diff([]rerank.Document{{ID: "a", Text: "b"}}, tsv, sameFields); diff != "" {
		t.Errorf("TSV (-want +got)\n%s", diff)
	}
	const object = `{"_id":"a","text":"b"}` + "\n"
	if documents, _ := collect(dataset.JSONL(strings.NewReader(object), "f", o)); len(documents) != 1 {
		t.Errorf("JSON lines lose %d documents", 1-len(documents))
	}
	if queries, _ := collect(dataset.Queries(strings.NewReader(object), "f", o)); len(queries) != 1 {
		t.Errorf("JSON lines lose %d queries", 1-len(queries))
	}
}

// TestHundredMegabyteDocument: bad input that a reader must live with.
func TestHundredMegabyteDocument(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes 400 MB of memory")
	}
	text := strings.Repeat("word ", 20<<20)
	got, errs := collect(dataset.TSV(strings.NewReader("a\t"+text+"\nb\tx\n"), "f", dataset.Options{}))
	if len(got) != 2 || len(errs) != 0 || got[0].Text != text {
		t.Errorf("%d documents, errors %q", len(got), errs)
	}
}

func TestFolder(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"b.md":           "# One\nfirst. second.\n# One\nthird.",
		"a/plain.txt":    "Hello\xff.",
		"a/README":       "Read me.",
		"a/code.go":      "package a",
		"a/binary.txt":   "x\x00y",
		".hidden/x.md":   "hidden",
		".x.md":          "hidden",
		"long.txt":       strings.Repeat("x", 200),
		"z/empty.md":     "",
		"z/only-head.md": "# Head",
	} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var stats dataset.Stats
	o := dataset.Options{Stats: &stats, Folder: dataset.FolderOptions{MaxFile: 100, Chunk: chunk.Options{Budget: 1}}}
	docs, errs := collect(dataset.Open(dir, o))
	var got []string
	for _, d := range docs {
		got = append(got, d.ID+" | "+d.Title+" | "+d.Text)
	}
	want := []string{
		"a/README | README | Read", "a/README~2 | README | me.",
		"a/plain.txt | plain | Hello\ufffd.",
		"b.md#one | One | first.", "b.md#one~2 | One | second.", "b.md#one-1 | One | third.",
		"z/only-head.md#head | Head | ",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("documents (-want +got)\n%s", diff)
	}
	if wantErr := "file " + filepath.Join(dir, "long.txt") + ": long.txt has 200 bytes, more than 100"; len(errs) != 1 || errs[0] != wantErr {
		t.Errorf("errors %q, want %q", errs, wantErr)
	}
	if stats.Skipped != 5 || stats.Replaced != 1 || stats.Errors != 1 || stats.Documents != len(want) {
		t.Errorf("stats %+v", stats)
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	binary := filepath.Join(dir, "x.txt")
	if err := os.WriteFile(binary, []byte{0}, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, reason := range map[string]string{
		filepath.Join(dir, "none.jsonl"): "none.jsonl",
		binary:                           "x.txt: binary: it has a zero byte",
	} {
		docs, errs := collect(dataset.Open(name, dataset.Options{}))
		if len(docs) != 0 || len(errs) != 1 || !strings.Contains(errs[0], reason) {
			t.Errorf("%s: got %v, %q", name, docs, errs)
		}
	}
}

func TestStoppingEarly(t *testing.T) {
	for range dataset.TSV(strings.NewReader("a\tx\nb\ty\n"), "f", dataset.Options{}) {
		break
	}
	for range dataset.TSV(strings.NewReader("bad\nb\ty\n"), "f", dataset.Options{}) {
		break
	}
}

func TestQueries(t *testing.T) {
	queries, errs := collect(dataset.Queries(strings.NewReader("{\"_id\":\"1\",\"text\":\"a b\"}\n2 \tc d\t\r\nbad\n#a b\te\n \tf\n"), "q", dataset.Options{}))
	if diff := cmp.Diff([]rerank.Query{{ID: "1", Text: "a b"}, {ID: "2", Text: "c d"}, {ID: "#a b", Text: "e"}}, queries, sameFields); diff != "" {
		t.Errorf("queries (-want +got)\n%s", diff)
	}
	if len(errs) != 2 || errs[0] != "q:3: neither JSON nor id<TAB>text" || errs[1] != "q:5: neither JSON nor id<TAB>text" {
		t.Errorf("errors %q", errs)
	}
}

func FuzzJSONL(f *testing.F) {
	f.Add([]byte("{\"_id\":\"a\",\"text\":\"x\"}\n\xef\xbb\xbf\n{"))
	f.Add([]byte("\x1f\x8b\x08"))
	f.Fuzz(func(t *testing.T, input []byte) {
		defer testenv.Bound(t, len(input))()
		checkDocuments(t, dataset.JSONL(bytes.NewReader(input), "f", dataset.Options{}))
		for range dataset.Queries(bytes.NewReader(input), "f", dataset.Options{}) {
			continue
		}
	})
}

func FuzzTSV(f *testing.F) {
	f.Add([]byte("a\tb\tc\n\xff\t\xff\n"))
	f.Add([]byte("1 0 d 1\n"))
	f.Fuzz(func(t *testing.T, input []byte) {
		defer testenv.Bound(t, len(input))()
		checkDocuments(t, dataset.TSV(bytes.NewReader(input), "f", dataset.Options{}))
	})
}

func checkDocuments(t *testing.T, docs iter.Seq2[rerank.Document, error]) {
	for d, err := range docs {
		if err != nil {
			continue
		}
		if d.ID == "" || !utf8.ValidString(d.ID+d.Content()) {
			t.Errorf("bad document %+v", d)
		}
	}
}

func BenchmarkJSONL(b *testing.B) {
	line := `{"_id":"d1","title":"A title","text":"` + strings.Repeat("some words of text ", 40) + `","metadata":{}}` + "\n"
	input := strings.Repeat(line, 1000)
	b.SetBytes(int64(len(input)))
	for b.Loop() {
		for _, err := range dataset.JSONL(strings.NewReader(input), "f", dataset.Options{}) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}
