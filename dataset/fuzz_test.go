package dataset

import (
	"bytes"
	"testing"

	"github.com/flashrerank/rerank/internal/testenv"
)

// FuzzQueries: a query that is read has an ID.
func FuzzQueries(f *testing.F) {
	for _, s := range []string{"{\"_id\":\"a\",\"text\":\"b\"}\n", "a\tb\n\n c \t d \t\r\n", "\ufeff{\"id\":1,\"text\":null}", "a\n", "\x1f\x8b\x08", "\xff\xfe"} {
		f.Add([]byte(s), true)
	}
	f.Fuzz(func(t *testing.T, data []byte, header bool) {
		defer testenv.Bound(t, len(data))()
		for q, err := range Queries(bytes.NewReader(data), "f", Options{Header: header}) {
			if err == nil && q.ID == "" {
				t.Errorf("%q: a query without an ID", data)
			}
		}
	})
}

// FuzzFrontMatter: fields that are read have names that differ.
func FuzzFrontMatter(f *testing.F) {
	for _, s := range []string{"title: a\ntags: [b, 2, 2024-01-01]\nnested: {c: {d: 1}}\n", "- a", "a: &x [1]\nb: *x\n", "a: .nan\n? {b: 1}\n: 2\n", "1: 2\n1.0: 3\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		defer testenv.Bound(t, len(text))()
		_, fields, err := frontMatter(text)
		names := map[string]bool{}
		for _, field := range fields {
			if err != nil || names[field.Name] {
				t.Errorf("%q: %q, %v", text, field.Name, err)
			}
			names[field.Name] = true
		}
	})
}
