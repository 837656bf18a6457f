package exactjson_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/flashrerank/rerank/internal/exactjson"
	"github.com/flashrerank/rerank/internal/testenv"
)

// metered looks at JSON in parts of a size.
func metered(text string, size int, b exactjson.Bounds) (int, error) {
	m := exactjson.Meter{Bounds: b}
	for len(text) > 0 {
		n := min(size, len(text))
		if _, err := m.Write([]byte(text[:n])); err != nil {
			return m.Seen, err
		}
		text = text[n:]
	}
	return m.Seen, nil
}

func TestMeter(t *testing.T) {
	b := exactjson.Bounds{Depth: 3, Members: 4, Values: 9}
	for text, want := range map[string]string{
		`{"a":[[1]]}`: "", `{"a":[[[1]]]}`: "nest deeper than 3, at byte 7", `[1,2,3,4]`: "", `[1,2,3,4,5]`: "more than 4 elements, at byte 8",
		`{"a":1,"b":2,"c":3,"d":4,"e":5}`: "more than 4 elements", `[[1,2,3],[1,2,3],[1]]`: "more than 9 values",
		`"[[[[[[,,,,,,"`: "", `["\"[[[[",",,,,,,","\\",1]`: "", `]]]]}}}`: "", `,,,,,,,,,,`: "more than 9 values", ``: "",
	} {
		for _, size := range []int{1, 2, 100} {
			_, err := metered(text, size, b)
			if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
				t.Errorf("%s in parts of %d: %v, want %q", text, size, err, want)
			}
			var of *exactjson.Error
			if err != nil && !errors.As(err, &of) {
				t.Errorf("%s: %T", text, err)
			}
		}
	}
}

// FuzzMeter: how JSON is parted changes nothing, and of what is JSON no more can be made
// than was counted.
func FuzzMeter(f *testing.F) {
	for _, s := range []string{`{"a":[1,"x,[\"",{"b":null}]}`, `[[[[]]]]`, `"`, `"\`, `[,]`, ``} {
		f.Add(s, uint8(1))
	}
	f.Fuzz(func(t *testing.T, text string, size uint8) {
		defer testenv.Bound(t, len(text))()
		b := exactjson.Bounds{Depth: 5, Members: 20, Values: 50}
		whole, err := metered(text, len(text)+1, b)
		parted, err2 := metered(text, int(size)+1, b)
		if whole != parted || (err == nil) != (err2 == nil) || err != nil && err.Error() != err2.Error() {
			t.Fatalf("%q: %d, %v; in parts %d, %v", text, whole, err, parted, err2)
		}
		var value any
		if err != nil || json.Unmarshal([]byte(text), &value) != nil {
			return
		}
		if made := count(value); made > whole+1 {
			t.Errorf("%q: %d values, %d were counted", text, made, whole)
		}
	})
}

// count counts the values of JSON.
func count(value any) int {
	n := 1
	switch v := value.(type) {
	case []any:
		for _, e := range v {
			n += count(e)
		}
	case map[string]any:
		for _, e := range v {
			n += count(e)
		}
	}
	return n
}
