package index

import (
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	rerank "github.com/flashrerank/rerank"
)

// An index of each released format version is kept and must stay readable. The
// flag writes testdata/v2 anew, which is right only before version 2 is released:
//
//	go test ./index -run TestReadVersion2 -write-v2
var writeVersion2 = flag.Bool("write-v2", false, "write testdata/v2 anew")

// version2 is what testdata/v2 holds.
func version2() (batches []*Batch, want corpus) {
	first := &Batch{}
	for i := range 140 {
		first.Put(Entry{Document: rerank.Document{ID: fmt.Sprintf("n%d", i), Text: strings.Repeat("often ", i%4+1) + fmt.Sprint(i)}})
	}
	second := &Batch{}
	second.Put(Entry{
		Document: rerank.Document{
			ID: "full", Title: "A title", Text: "text with ünïcödé and \xff", Meta: []byte("{\"a\": 1}"),
			Fields: rerank.Fields{
				{Name: "text", Value: rerank.TextValue("value")},
				{Name: "number", Value: rerank.NumberValue(-1.5)},
				{Name: "bool", Value: rerank.BoolValue(true)},
				{Name: "time", Value: rerank.TimeValue(time.Date(2024, 2, 29, 12, 30, 15, 123456789, time.UTC))},
				{Name: "list", Value: rerank.ListValue(rerank.NumberValue(1), rerank.ListValue(rerank.TextValue("inner")))},
				{Name: "whole", Value: rerank.ListValue(rerank.IntValue(math.MinInt64), rerank.IntValue(1<<53+1), rerank.UintValue(math.MaxUint64))},
				{Name: "null", Value: rerank.NullValue()},
				{Name: "", Value: rerank.TextValue("")},
			},
		},
		Vector: []float32{1, -0.5, 1e-20},
	})
	second.Put(Entry{Document: rerank.Document{ID: "n7", Title: "replaced", Meta: []byte{}}, Vector: []float32{0, 2, 0}})
	second.Put(Entry{Document: rerank.Document{ID: "empty"}})
	second.Delete("n100")
	batches = []*Batch{first, second}
	want = corpus{}
	for _, b := range batches {
		want = want.apply(b)
	}
	return batches, want
}

func TestReadVersion2(t *testing.T) {
	dir := filepath.Join("testdata", "v2")
	batches, want := version2()
	if *writeVersion2 {
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		writeIndex(t, dir, batches)
	}
	x, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	checkIndex(t, x, want)
	s, err := x.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if s.Model() != testModel || s.Analyzer().Name() != "split" || s.Generation() != 2 || len(s.Segments()) != 2 {
		t.Errorf("model %+v, analyzer %s, generation %d, %d segments", s.Model(), s.Analyzer().Name(), s.Generation(), len(s.Segments()))
	}
}

func writeIndex(t *testing.T, dir string, batches []*Batch) {
	t.Helper()
	x, err := Create(dir, testOptions)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	w := mustWriter(t, x)
	for _, b := range batches {
		mustCommit(t, w, b)
	}
	w.Close()
	if err := os.Remove(filepath.Join(dir, lockName)); err != nil {
		t.Fatal(err)
	}
}

// TestSameBytes: the files are a function of the batches, whatever the number
// of processors and goroutines.
func TestSameBytes(t *testing.T) {
	r := newRand(t, 13)
	b := &Batch{}
	for i := range 300 { // enough for several shards
		e := randomEntry(r, fmt.Sprint(i))
		e.Document.Text += strings.Repeat(" and more", 1000)
		b.Put(e)
	}
	var first map[string][]byte
	for range 3 {
		m := newMemory()
		x, err := create(m, testOptions)
		if err != nil {
			t.Fatal(err)
		}
		mustCommit(t, mustWriter(t, x), b)
		if first == nil {
			first = m.files
			restore := procs(1)
			defer restore()
			continue
		}
		for name, data := range m.files {
			if string(data) != string(first[name]) {
				t.Errorf("%s differs", name)
			}
		}
	}
}
