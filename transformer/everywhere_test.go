package transformer_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"math"
	"os"
	"testing"

	"github.com/flashrerank/rerank/transformer"
)

// everywhere are the sums of all states and logits of the tiny models, which are
// the same on every level of every platform, bit for bit. When they change, so does
// every vector that a user has stored: that is not for a test run to update.
var everywhere = map[string]string{
	"fp32": "2d4ebc9317c297a673f91ba839bf1deada6285089618e31f1661a8bf95627ec7",
	"int8": "7205425042535f6d5f9137d956be59c96edb84bedabb002b8f8945f1c582065a",
	"wide": "629eeece0949f78b3a2e07491b5086388f96915eee7956eba09e4584ca2859cd",
}

// logitsEverywhere are the sums of the logits of every architecture's model.
var logitsEverywhere = map[string]string{
	"fp32": "6063f02fbbac95f5a407b6b03f9202c7738e64e0c990003c84eda928b0e345db",
	"int8": "4c066335216f104c3e3a92a7e1eb6e4765d68c58eb1e03866f3f600fa3cf2706",
	"wide": "b819670e5acdcebc31a8df11ec9672b81a08779e550d3d01e8f3f7b0fc85fa8c",
}

// precisions are the ways to compute that tests go through.
var precisions = map[string]transformer.Options{
	"fp32": {},
	"int8": {Precision: transformer.INT8},
	"wide": {Precision: transformer.INT8x2},
}

// summer sums numbers, bit for bit.
type summer struct{ hash.Hash }

func (s summer) add(list []float32) {
	for _, x := range list {
		if x == 0 {
			x = 0 // which has two forms
		}
		s.Write(binary.LittleEndian.AppendUint32(nil, math.Float32bits(x)))
	}
}

func (s summer) String() string { return hex.EncodeToString(s.Sum(nil)) }

func TestStatesAreTheSameEverywhere(t *testing.T) {
	for precision, want := range everywhere {
		sum := summer{sha256.New()}
		lengths := []int{1, 2, 5, 64, 17, 33, 1, 16, 50}
		for _, list := range run(t, load(t, os.DirFS(tinyEncoder), precisions[precision]), batch(lengths...)) {
			sum.add(list)
		}
		m := load(t, os.DirFS(tinyClassifier), precisions[precision])
		for _, list := range logits(t, m, batch(lengths...)) {
			sum.add(list)
		}
		if sum.String() != want {
			t.Errorf("%s: the states have the sum %s, elsewhere %s", precision, sum, want)
		}
	}
}

func TestLogitsAreTheSameEverywhere(t *testing.T) {
	for precision, want := range logitsEverywhere {
		sum := summer{sha256.New()}
		for _, name := range goldenModels(t) {
			o := precisions[precision]
			o.Answers = answers[name]
			m := load(t, os.DirFS("testdata/"+name), o)
			for _, list := range logits(t, m, readGolden(t, name).batch) {
				sum.add(list)
			}
		}
		if sum.String() != want {
			t.Errorf("%s: the logits have the sum %s, elsewhere %s", precision, sum, want)
		}
	}
}
