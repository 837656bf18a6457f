package wire

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/flashrerank/rerank/internal/exactjson"
)

// Score is a number that is written with a decimal point or an exponent and with no
// more digits than a float32 needs: some clients take 1 for an integer, and numbers
// of more than 16 digits for decimals, and then fail (OpenSearch's ML Commons casts
// to Double). What is no number is written as null.
type Score float64

// JSONSchemaBytes says that a score is a number.
func (Score) JSONSchemaBytes() ([]byte, error) { return []byte(`{"type": "number"}`), nil }

// MarshalJSON writes the score.
func (s Score) MarshalJSON() ([]byte, error) {
	if x := float64(s); math.IsNaN(x) || math.IsInf(x, 0) {
		return []byte("null"), nil
	}
	text := strconv.FormatFloat(float64(float32(s)), 'g', -1, 32)
	if !strings.ContainsAny(text, ".e") {
		text += ".0"
	}
	return []byte(text), nil
}

// Count is a whole number, which some clients write with a point.
type Count int

// JSONSchemaBytes says that a count is a whole number.
func (Count) JSONSchemaBytes() ([]byte, error) {
	return []byte(`{"type": "integer", "minimum": 0, "maximum": 1000000}`), nil
}

// UnmarshalJSON reads 2, 2.0 and 2e0.
func (c *Count) UnmarshalJSON(data []byte) error {
	var x float64
	if err := exactjson.UnmarshalLast(data, &x); err != nil || x != math.Trunc(x) || math.Abs(x) > 1<<31 {
		return fmt.Errorf("%.20s is no whole number of a size that counts", data)
	}
	*c = Count(x)
	return nil
}
