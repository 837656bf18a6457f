package vector_test

import (
	"errors"
	"testing"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/index"
)

// meanwhile is a filter that does something when it is first asked.
type meanwhile struct{ do func() }

func (m *meanwhile) Match(rerank.Document) bool {
	if m.do != nil {
		m.do()
		m.do = nil
	}
	return true
}

// TestClosedMeanwhile: a scan that nobody waits for any more, as after a deadline, may
// outlive its snapshot. It ends with an error, or with what it found, and reads no file
// that is gone.
func TestClosedMeanwhile(t *testing.T) {
	x, s, r := thousands(t, t.TempDir())
	search := rerank.Search{Query: rerank.Query{Text: "abc"}, K: 5000}
	search.Filter = &meanwhile{func() {
		if err := errors.Join(s.Close(), x.Close()); err != nil {
			t.Error(err)
		}
	}}
	for range 2 {
		if _, err := r.Retrieve(t.Context(), search); !errors.Is(err, index.ErrClosed) {
			t.Errorf("%v", err)
		}
	}
	if _, err := r.Vector("0"); !errors.Is(err, index.ErrClosed) {
		t.Errorf("%v", err)
	}
}
