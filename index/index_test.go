package index

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	rerank "github.com/flashrerank/rerank"
)

// TestAgainstMap does random commits, merges and reopenings to an index and to
// a plain map, and compares all that the index tells after each.
func TestAgainstMap(t *testing.T) {
	seeds := uint64(4)
	if testing.Short() {
		seeds = 1
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := newRand(t, seed)
			dir := filepath.Join(t.TempDir(), "index")
			x, err := Create(dir, testOptions)
			if err != nil {
				t.Fatal(err)
			}
			w := mustWriter(t, x)
			want := corpus{}
			var old []*Snapshot // snapshots keep what they showed
			var oldWant []corpus
			for step := range 12 {
				switch r.IntN(6) {
				case 0:
					if err := w.Merge(t.Context()); err != nil {
						t.Fatal(err)
					}
				case 1:
					w.Close()
					x.Close()
					if x, err = Open(dir); err != nil {
						t.Fatal(err)
					}
					w = mustWriter(t, x)
				default:
					b := randomBatch(r, r.IntN(400), 300)
					mustCommit(t, w, b)
					want = want.apply(b)
				}
				checkIndex(t, x, want)
				if step%4 == 0 {
					s, err := x.Snapshot()
					if err != nil {
						t.Fatal(err)
					}
					old, oldWant = append(old, s), append(oldWant, want)
				}
			}
			for i, s := range old {
				checkSnapshot(t, s, oldWant[i])
				s.Close()
			}
			w.Close()
			x.Close()
		})
	}
}

// TestHistoryIsInvisible puts the same documents by different ways and
// compares the statistics, which must not tell the way.
func TestHistoryIsInvisible(t *testing.T) {
	r := newRand(t, 7)
	want := corpus{}
	for i := range 200 {
		id := fmt.Sprintf("doc%d", i)
		want[id] = randomEntry(r, id)
	}
	sizes := []int{61, 150, 400}
	if testing.Short() {
		sizes = sizes[:1]
	}
	for _, size := range sizes {
		x := mustMemory(t, testOptions)
		w := mustWriter(t, x)
		b := &Batch{}
		for i := range 200 {
			id := fmt.Sprintf("doc%d", i)
			b.Put(Entry{Document: rerank.Document{ID: id, Text: "an older text"}})
			b.Put(Entry{Document: rerank.Document{ID: "x" + id, Text: "w1 w2 gone"}})
			if i%3 == 0 {
				mustCommit(t, w, b)
				b.Reset()
			}
			b.Put(want[id])
			b.Delete("x" + id)
			if b.Len() >= size {
				mustCommit(t, w, b)
				b.Reset()
			}
		}
		mustCommit(t, w, b)
		checkIndex(t, x, want)
		if err := w.Merge(t.Context()); err != nil {
			t.Fatal(err)
		}
		checkIndex(t, x, want)
		s, _ := x.Snapshot()
		if len(s.Segments()) != 1 || s.Segments()[0].HasDeletions() {
			t.Errorf("after the merge there are %d segments", len(s.Segments()))
		}
		s.Close()
	}
}

// TestMergeKeepsOrder: documents keep their order, segment by segment.
func TestMergeKeepsOrder(t *testing.T) {
	x := mustMemory(t, testOptions)
	w := mustWriter(t, x)
	mustCommit(t, w, puts("c", "one", "a", "two"))
	mustCommit(t, w, puts("b", "three", "d", "four", "c", "five"))
	if err := w.Merge(t.Context()); err != nil {
		t.Fatal(err)
	}
	s, err := x.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	got := ""
	for doc := range uint32(s.Len()) {
		id, err := s.ID(doc)
		if err != nil {
			t.Fatal(err)
		}
		got += id
	}
	if got != "abdc" {
		t.Errorf("order after the merge: %s", got)
	}
}

func TestCommitCounts(t *testing.T) {
	x := mustMemory(t, testOptions)
	w := mustWriter(t, x)
	if c := mustCommit(t, w, &Batch{}); !reflect.DeepEqual(c, Commit{}) {
		t.Errorf("an empty batch: %+v", c)
	}
	b := puts("a", "1", "b", "2", "a", "3")
	b.Delete("c")
	b.Delete("none")
	if c := mustCommit(t, w, b); !reflect.DeepEqual(c, Commit{Generation: 1, Added: 2, Duplicates: 1, Overridden: []string{"a"}}) {
		t.Errorf("first batch: %+v", c)
	}
	b = puts("a", "4", "c", "5")
	b.Delete("b")
	b.Delete("c")
	if c := mustCommit(t, w, b); !reflect.DeepEqual(c, Commit{Generation: 2, Replaced: 1, Deleted: 1, Duplicates: 1, Overridden: []string{"c", "a"}}) {
		t.Errorf("second batch: %+v", c)
	}
	checkIndex(t, x, corpus{"a": {Document: rerank.Document{ID: "a", Text: "4"}}})
	b = &Batch{}
	b.Delete("a")
	mustCommit(t, w, b)
	checkIndex(t, x, corpus{})
	if err := w.Merge(t.Context()); err != nil {
		t.Errorf("merging nothing: %v", err)
	}
}

func TestErrors(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(dir); !errors.Is(err, ErrNotExist) {
		t.Errorf("opening an empty directory: %v", err)
	}
	if _, err := Open(filepath.Join(dir, "none")); !errors.Is(err, ErrNotExist) {
		t.Errorf("opening no directory: %v", err)
	}
	if _, err := Create(dir, Options{Analyzer: "no such analyzer"}); err == nil {
		t.Error("an unknown analyzer was taken")
	}
	if _, err := Create(dir, Options{Model: rerank.ModelInfo{Name: "m", Dimensions: 3}}); err == nil {
		t.Error("a model without a fingerprint was taken")
	}
	x, err := Create(dir, testOptions)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Create(dir, testOptions); !errors.Is(err, ErrExists) {
		t.Errorf("creating twice: %v", err)
	}
	w := mustWriter(t, x)
	other, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, second := range []*Index{x, other} {
		if _, err := second.Writer(); !errors.Is(err, ErrLocked) {
			t.Errorf("a second writer: %v", err)
		}
	}
	s, err := x.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	w.Close()
	if _, err := w.Commit(t.Context(), puts("a", "b")); !errors.Is(err, ErrClosed) {
		t.Errorf("commit after close: %v", err)
	}
	if w, err = other.Writer(); err != nil {
		t.Errorf("writer after the first one closed: %v", err)
	}
	w.Close()
	x.Close()
	other.Close()
	if _, err := x.Snapshot(); !errors.Is(err, ErrClosed) {
		t.Errorf("snapshot after close: %v", err)
	}
	if _, err := s.Document(0); err == nil || errors.Is(err, ErrClosed) {
		t.Errorf("document 0 of none: %v", err)
	}
	s.Close()
	if _, err := s.DocFreq("a"); !errors.Is(err, ErrClosed) {
		t.Errorf("a closed snapshot: %v", err)
	}
}

// TestCancel: a cancelled commit or merge leaves no file and no trace.
func TestCancel(t *testing.T) {
	m := newMemory()
	x, err := create(m, testOptions)
	if err != nil {
		t.Fatal(err)
	}
	w := mustWriter(t, x)
	mustCommit(t, w, puts("a", "one", "b", "two"))
	mustCommit(t, w, puts("c", "one"))
	before, _ := m.list()
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("enough")
	cancel(reason)
	if _, err := w.Commit(ctx, puts("a", "new", "d", "more")); !errors.Is(err, reason) {
		t.Errorf("commit: %v", err)
	}
	if err := w.Merge(ctx); !errors.Is(err, reason) {
		t.Errorf("merge: %v", err)
	}
	after, _ := m.list()
	if fmt.Sprint(before) != fmt.Sprint(after) {
		t.Errorf("files before: %v, after: %v", before, after)
	}
	mustCommit(t, w, puts("a", "new"))
	checkIndex(t, x, corpus{}.apply(puts("a", "new", "b", "two", "c", "one")))
}

func TestFindPrefix(t *testing.T) {
	x, err := create(newMemory(), testOptions)
	if err != nil {
		t.Fatal(err)
	}
	w := mustWriter(t, x)
	defer w.Close()
	for _, ids := range [][]string{{"b/1", "a/1", "b/2"}, {"c/1", "ab"}} {
		b := &Batch{}
		for _, id := range ids {
			b.Put(Entry{Document: rerank.Document{ID: id}})
		}
		mustCommit(t, w, b)
	}
	b := &Batch{}
	b.Delete("b/1")
	b.Delete("ab")
	mustCommit(t, w, b)
	s, err := x.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for prefix, want := range map[string]string{"a/": "a/1", "b/": "b/2", "c": "c/1", "ab": "", "b/1": "", "d": "", "a/11": ""} {
		doc, found, err := s.FindPrefix(prefix)
		id := ""
		if found {
			id, _ = s.ID(doc)
		}
		if err != nil || id != want {
			t.Errorf("%q finds %q, %v; want %q", prefix, id, err, want)
		}
	}
}

// named is a filter that names fields.
type named []string

func (named) Match(rerank.Document) bool { return true }
func (n named) Fields() []string         { return n }

// TestFieldNames: an index knows the fields of its documents, through merges and
// reopening, and warns of a filter on one that no document has.
func TestFieldNames(t *testing.T) {
	x, err := create(newMemory(), testOptions)
	if err != nil {
		t.Fatal(err)
	}
	w := mustWriter(t, x)
	defer w.Close()
	put := func(id string, names ...string) {
		d := rerank.Document{ID: id, Title: "t", Meta: []byte("m")}
		for _, name := range names {
			d.Fields = append(d.Fields, rerank.Field{Name: name, Value: rerank.ListValue(rerank.NullValue(), rerank.IntValue(1), rerank.UintValue(1<<63),
				rerank.NumberValue(0.5), rerank.BoolValue(true), rerank.TextValue("x"), rerank.TimeValue(time.Now()), rerank.ListValue())})
		}
		b := &Batch{}
		b.Put(Entry{Document: d})
		mustCommit(t, w, b)
	}
	check := func(want string, all bool, warning string) {
		t.Helper()
		s, err := x.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		names, complete, err := s.FieldNames()
		if got := strings.Join(names, " "); err != nil || got != want || complete != all {
			t.Errorf("%q, %v, %v; want %q", got, complete, err, want)
		}
		got, err := s.FilterWarnings(named{"lang", "yaer"})
		if err != nil || strings.Join(got, "|") != warning {
			t.Errorf("%q, %v; want %q", got, err, warning)
		}
		if got, err := s.FilterWarnings(nil); len(got) > 0 || err != nil {
			t.Errorf("without a filter: %q, %v", got, err)
		}
	}
	const absent = `no document has the field "yaer" of the filter; did you mean "year"?`
	put("a", "lang", "old")
	put("b", "year")
	put("c")
	check("lang old year", true, absent)
	put("a", "lang")
	if err := w.Merge(t.Context()); err != nil {
		t.Fatal(err)
	}
	check("lang year", true, absent)
	var some []string
	for i := range 25 { // more than a sentence can list, and all before the one that is meant
		some = append(some, fmt.Sprintf("a%02d", i))
	}
	put("d", some...)
	check(strings.Join(some, " ")+" lang year", true, absent)
	var many []string
	for i := range maxFieldNames + 1 {
		many = append(many, fmt.Sprint("f", i))
	}
	put("d", many...)
	check("lang year", false, "")
}
