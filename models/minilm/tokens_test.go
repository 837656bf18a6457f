package minilm_test

import (
	"strings"
	"testing"

	"github.com/flashrerank/rerank/models/minilm"
)

// TestTokenCounter: counts are those of the model's tokenizer over whole texts.
func TestTokenCounter(t *testing.T) {
	count, err := minilm.NewTokenCounter()
	if err != nil {
		t.Fatal(err)
	}
	m := load(t)
	if window := m.Model().MaxTokens; minilm.Room != window-2 {
		t.Errorf("Room is %d, the window %d", minilm.Room, window)
	}
	long := strings.Repeat("x", 300)
	for _, text := range []string{
		"", " \n", "The lease ends in May.", "unaffable, isn't it?  foo_bar(x) 3.14 e\u0301té İstanbul", "日本語 text\tκαλημέρα\r\n", long + " " + long, "a\u00a0b\u2003c [SEP] 👩‍👩‍👧",
	} {
		for range 2 { // the second time from what is kept
			if ids, _ := m.Tokenizer().AppendText(nil, text, 0); count(text) != len(ids) {
				t.Errorf("%.40q has %d tokens, counted %d", text, len(ids), count(text))
			}
		}
	}
}

func BenchmarkTokenCounter(b *testing.B) {
	count, err := minilm.NewTokenCounter()
	if err != nil {
		b.Fatal(err)
	}
	text := strings.Repeat("The tenancy agreement of the flat expires in the spring of next year, unless it is renewed. ", 1000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		count(text)
	}
}
