package dataset

import (
	"slices"
	"strings"
	"testing"
)

// TestLineBeyondTheLimit: a line of any length is passed over and named, and
// the lines around it are read.
func TestLineBeyondTheLimit(t *testing.T) {
	for _, length := range []int{9, 10, 11, 100, 1 << 20} {
		var got, errs []string
		input := "first\r\n" + strings.Repeat("x", length) + "\n\nlast"
		for l, err := range lines(strings.NewReader(input), "f", nil, 10) {
			if err != nil {
				errs = append(errs, err.Error())
				continue
			}
			got = append(got, string(l.text))
		}
		want, wantErrs := []string{"first", "last"}, []string{"f:2: the line is longer than 10 bytes"}
		if length <= 10 {
			want, wantErrs = []string{"first", strings.Repeat("x", length), "last"}, nil
		}
		if !slices.Equal(got, want) || !slices.Equal(errs, wantErrs) {
			t.Errorf("%d bytes: lines %.80q, errors %q", length, got, errs)
		}
	}
}
