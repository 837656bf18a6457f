package tokenizer_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/flashrerank/rerank/internal/testenv"
)

// TestChineseIsReadInWindows: a text without white space takes little memory where the
// normalizer sets its characters apart, and its tokens are those of its parts.
func TestChineseIsReadInWindows(t *testing.T) {
	_, tok := load(t, "testdata/tokenizer.json")
	part := strings.Repeat("東京の家賃は五月に終わるé", 100)
	text := strings.Repeat(part, 1000)
	if n := testenv.Allocated(func() { tok.Count(text) }); n > uint64(len(text)/8) && !testenv.Race {
		t.Errorf("a text of %d bytes takes %d", len(text), n)
	}
	ids, _ := tok.AppendText(nil, text, 200_000)
	one, _ := tok.AppendText(nil, part, 0)
	if want := slices.Repeat(one, 1+len(ids)/len(one))[:len(ids)]; !slices.Equal(ids, want) {
		t.Error("the tokens are not those of the parts")
	}
}
