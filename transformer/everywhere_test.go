package transformer_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"os"
	"testing"

	"github.com/flashrerank/rerank/transformer"
)

// everywhere are the sums of all states and logits of the tiny models, which are
// the same on every level of every platform, bit for bit. When they change, so does
// every vector that a user has stored: that is not for a test run to update.
var everywhere = map[transformer.Precision]string{
	transformer.FP32: "2d4ebc9317c297a673f91ba839bf1deada6285089618e31f1661a8bf95627ec7",
	transformer.INT8: "7205425042535f6d5f9137d956be59c96edb84bedabb002b8f8945f1c582065a",
}

func TestStatesAreTheSameEverywhere(t *testing.T) {
	for precision, want := range everywhere {
		sum := sha256.New()
		add := func(list []float32) {
			for _, x := range list {
				if x == 0 {
					x = 0 // which has two forms
				}
				var b [4]byte
				binary.LittleEndian.PutUint32(b[:], math.Float32bits(x))
				sum.Write(b[:])
			}
		}
		lengths := []int{1, 2, 5, 64, 17, 33, 1, 16, 50}
		for _, list := range run(t, load(t, os.DirFS(tinyEncoder), transformer.Options{Precision: precision}), batch(lengths...)) {
			add(list)
		}
		m := load(t, os.DirFS(tinyClassifier), transformer.Options{Precision: precision})
		for _, hidden := range run(t, m, batch(lengths...)) {
			logits := make([]float32, m.Classifier().Labels())
			if err := m.Classifier().Logits(logits, hidden); err != nil {
				t.Fatal(err)
			}
			add(logits)
		}
		if got := hex.EncodeToString(sum.Sum(nil)); got != want {
			t.Errorf("%s: the states have the sum %s, elsewhere %s", precision, got, want)
		}
	}
}
