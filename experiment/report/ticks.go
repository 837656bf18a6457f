package report

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"
)

// evenTicks are at most nine multiples of 1, 2 or 5 times a power of ten, with
// as many decimals as the step needs.
type evenTicks struct {
	whole bool // only whole numbers
}

// Ticks returns the marks between two numbers.
func (t evenTicks) Ticks(least, most float64) []plot.Tick {
	exponent, factor := evenStep(most - least)
	if t.whole && exponent < 0 {
		exponent, factor = 0, 1
	}
	step := factor * math.Pow10(exponent)
	decimals := max(0, -exponent)
	var ticks []plot.Tick
	first := math.Ceil(least/step - 1e-9)
	for i := range 10 { // not until n passes most: so far from 0, n+1 may be n
		n := first + float64(i)
		if !(n*step <= most+step*1e-9) {
			break
		}
		ticks = append(ticks, plot.Tick{Value: n * step, Label: decimal(n*step, decimals)})
	}
	return ticks
}

// evenStep returns the smallest step, a factor times a power of ten, that makes
// at most nine marks in a span.
func evenStep(span float64) (exponent int, factor float64) {
	if !(span > 0) || math.IsInf(span, 0) {
		return 0, 1
	}
	for exponent = int(math.Floor(math.Log10(span))) - 1; ; exponent++ {
		for _, factor := range []float64{1, 2, 5} {
			if span/(factor*math.Pow10(exponent)) <= 8 {
				return exponent, factor
			}
		}
	}
}

// decimal writes a number without an exponent and without a negative zero.
func decimal(x float64, decimals int) string {
	s := strconv.FormatFloat(x, 'f', decimals, 64)
	if zero := strconv.FormatFloat(0, 'f', decimals, 64); s == "-"+zero {
		return zero
	}
	return s
}

// logTicks are powers of ten, with as many multiples of them in between as
// there is room for, but at least three marks in all.
type logTicks struct{}

// Ticks returns the marks between two latencies above 0.
func (logTicks) Ticks(least, most float64) []plot.Tick {
	decades := math.Log10(most / least)
	labelled := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9}
	switch {
	case decades < 0.35: // no three of them: a logarithmic scale is nearly even here
		return evenTicks{}.Ticks(least, most)
	case decades > 3:
		labelled = labelled[:1]
	case decades > 1:
		labelled = []float64{1, 2, 5}
	}
	var ticks []plot.Tick
	for e := int(math.Floor(math.Log10(least))); e <= int(math.Ceil(math.Log10(most))); e++ {
		for m := 1.0; m < 10; m++ {
			x := m * math.Pow10(e)
			if x < least || x > most {
				continue
			}
			tick := plot.Tick{Value: x}
			for _, l := range labelled {
				if l == m {
					tick.Label = decimal(x, max(0, -e))
				}
			}
			ticks = append(ticks, tick)
		}
	}
	return ticks
}
