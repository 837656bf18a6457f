package experiment

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/flashrerank/rerank"
)

// TestOutputAfterPowerLoss cuts what a stage has kept at every third byte, with zeros where
// the rest was, in the middle of the file too: what is whole is read, what is not
// counts as not computed, and the file goes on from there.
func TestOutputAfterPowerLoss(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "key.jsonl")
	result := func(i int) rerank.Result {
		return rerank.Result{Hits: []rerank.Hit{{Document: rerank.Document{ID: fmt.Sprint("d", i)}, Score: float64(i)}}}
	}
	put := func(o *output, i int) {
		t.Helper()
		if err := o.put(fmt.Sprint("q", i), result(i), time.Second); err != nil {
			t.Fatal(err)
		}
	}
	o, err := openOutput(dir, "key")
	if err != nil {
		t.Fatal(err)
	}
	ends := []int64{0}
	for i := range 3 {
		put(o, i)
		ends = append(ends, o.end)
	}
	o.close()
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for at := 0; at < len(whole); at += 3 {
		last := append(append([]byte{}, whole[:at]...), make([]byte, len(whole)-at)...)
		middle := append([]byte{}, whole...)
		middle[at] = 0
		for how, text := range map[string][]byte{"cut": whole[:at], "zeros": last, "a zero": middle} {
			if err := os.WriteFile(name, text, 0o600); err != nil {
				t.Fatal(err)
			}
			o, err := openOutput(dir, "key")
			if err != nil {
				t.Fatalf("%s at byte %d: %v", how, at, err)
			}
			for i := range 3 {
				e, found := o.find(fmt.Sprint("q", i))
				if want := ends[i+1] <= int64(at); found != want {
					t.Fatalf("%s at byte %d: query %d is there: %v", how, at, i, found)
				}
				if !found {
					put(o, i)
					e, _ = o.find(fmt.Sprint("q", i))
				}
				if got, err := o.get(fmt.Sprint("q", i), e); err != nil || got.Hits[0].Document.ID != result(i).Hits[0].Document.ID {
					t.Fatalf("%s at byte %d: query %d: %v, %v", how, at, i, got, err)
				}
			}
			o.close()
			if again, err := os.ReadFile(name); err != nil || string(again) != string(whole) {
				t.Fatalf("%s at byte %d: the file became %q, %v", how, at, again, err)
			}
		}
	}
}
