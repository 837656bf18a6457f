package significance

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// TTest is the outcome of [PairedT].
type TTest struct {
	// T is the mean difference in units of its standard error. It has the sign of
	// the mean of a-b, and is infinite if all differences are the same but not 0.
	T float64
	// DF is the number of degrees of freedom: one less than there are queries.
	DF int
	// P is the two-sided p value, in [0,1].
	P float64
}

// PairedT is Student's paired t-test ("The probable error of a mean",
// Biometrika 6(1), 1908): t = mean(d) / (s/sqrt(n)), where d are the n
// differences a-b and s is their standard deviation with n-1 in the divisor.
// With a single query, or where all differences are 0, T is 0 and P is 1.
func PairedT(a, b []float64) (TTest, error) {
	d, err := differences(a, b)
	if err != nil {
		return TTest{}, err
	}
	n := float64(len(d))
	result := TTest{DF: len(d) - 1, P: 1}
	m := mean(d)
	if result.DF == 0 || m == 0 {
		return result, nil
	}
	squares := 0.0
	for _, x := range d {
		squares += float64((x - m) * (x - m)) // the conversion keeps all CPUs from fusing the two operations
	}
	if squares == 0 {
		result.T, result.P = math.Copysign(math.Inf(1), m), 0
		return result, nil
	}
	result.T = m / math.Sqrt(squares/(n-1)/n)
	student := distuv.StudentsT{Sigma: 1, Nu: n - 1}
	result.P = math.Min(1, 2*student.CDF(-math.Abs(result.T)))
	return result, nil
}
