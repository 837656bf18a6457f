package tokenizer

import (
	"fmt"
	"testing"
)

// TestCollidingVocabulary has tokens that all fall on one place of the table
// under the first seed.
func TestCollidingVocabulary(t *testing.T) {
	const n = 300
	var probe vocabulary
	probe.add([]byte("x"), 0)
	for range n - 1 {
		probe.add(nil, 0)
	}
	_ = probe.build() // only for the size of its table
	var v vocabulary
	for i := 0; len(v.ids) < n; i++ {
		token := fmt.Appendf(nil, "t%d", i)
		if v.hash(hashSeed, token)*spread>>probe.shift == 5 {
			v.add(token, int32(len(v.ids)))
		}
	}
	if err := v.build(); err != nil {
		t.Fatal(err)
	}
	if v.seed == hashSeed {
		t.Errorf("%d tokens on one place did not change the seed", n)
	}
	for i := range v.ids {
		if id := v.lookup(string(v.token(i))); id != int32(i) {
			t.Errorf("%q: %d, want %d", v.token(i), id, i)
		}
	}
	if id := v.lookup("u"); id != -1 {
		t.Errorf("an absent token has the id %d", id)
	}
}
