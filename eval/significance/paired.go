package significance

import (
	"errors"
	"fmt"
	"math"
)

// largest is the greatest size of a value: its square, summed over all queries
// that fit in memory, is finite.
const largest = 1e150

var errEmpty = errors.New("significance: no values")

// Counts says for how many queries the first system is better, equal or worse.
type Counts struct{ Wins, Ties, Losses int }

// WinTieLoss counts the queries where a is greater than b, equal to it, and
// less. Values that are at most epsilon apart are equal; epsilon is 0 or more.
// Values that went through different roundings (0.3-0.2 and 0.1) need an epsilon
// above 0 to be equal. Empty lists give zero counts.
func WinTieLoss(a, b []float64, epsilon float64) (Counts, error) {
	if !(epsilon >= 0) {
		return Counts{}, fmt.Errorf("significance: epsilon is %v: it must be 0 or more", epsilon)
	}
	d, err := differences(a, b)
	if err != nil && !errors.Is(err, errEmpty) {
		return Counts{}, err
	}
	var c Counts
	for _, x := range d {
		switch {
		case x > epsilon:
			c.Wins++
		case x < -epsilon:
			c.Losses++
		default:
			c.Ties++
		}
	}
	return c, nil
}

// differences returns a[i]-b[i]; it is an error if there is none.
func differences(a, b []float64) ([]float64, error) {
	if len(a) != len(b) {
		return nil, fmt.Errorf("significance: a has %d values and b has %d: they must be of the same queries", len(a), len(b))
	}
	if err := check("a", a); err != nil {
		return nil, err
	}
	if err := check("b", b); err != nil {
		return nil, err
	}
	d := make([]float64, len(a))
	for i := range d {
		d[i] = a[i] - b[i]
	}
	return d, nil
}

// check returns an error unless there are values and all of them can be summed.
func check(name string, values []float64) error {
	if len(values) == 0 {
		return errEmpty
	}
	for i, x := range values {
		if math.IsNaN(x) || math.Abs(x) > largest {
			return fmt.Errorf("significance: %s[%d] is %v: it must be a number of at most %v in size", name, i, x, largest)
		}
	}
	return nil
}

// mean adds in order, as the resampling does: then resamples of equal values
// have exactly the mean of these values.
func mean(values []float64) float64 {
	sum := 0.0
	for _, x := range values {
		sum += x
	}
	return sum / float64(len(values))
}
