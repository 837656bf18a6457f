package hosted

import (
	"encoding/json"
	"math"
	"testing"
)

// TestSpansThreshold: a threshold of 0 is asked for, and only none is left out.
func TestSpansThreshold(t *testing.T) {
	for want, s := range map[string]Spans{
		`{"mode":"enabled","threshold":0}`: {Threshold: new(0.0)},
		`{"mode":"enabled"}`:               {},
	} {
		got, err := json.Marshal(s.wish())
		if err != nil || string(got) != want {
			t.Errorf("%s, %v; want %s", got, err, want)
		}
	}
	if (&Spans{Threshold: new(math.NaN())}).check(&cohere, Options{}) == nil {
		t.Error("a threshold that is no number is taken")
	}
}
