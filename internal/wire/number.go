package wire

import (
	"math"
	"strconv"
	"strings"
)

// Score is a number that is written with a decimal point or an exponent and with no
// more digits than a float32 needs: some clients take 1 for an integer, and numbers
// of more than 16 digits for decimals, and then fail (OpenSearch's ML Commons casts
// to Double). What is no number is written as null.
type Score float64

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
