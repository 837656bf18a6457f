package count_test

import (
	"fmt"
	"testing"

	"github.com/flashrerank/rerank/internal/count"
)

func TestOf(t *testing.T) {
	for _, c := range []struct {
		n    int
		noun string
		want string
	}{
		{1, "document", "1 document"},
		{0, "document", "0 documents"},
		{12345, "judged query", "12,345 judged queries"},
		{2, "line or file", "2 lines or files"},
		{1, "entry", "1 entry"},
	} {
		if got := count.Of(c.n, c.noun); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestThousands(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -999: "-999", -1000: "-1,000"} {
		if got := count.Thousands(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}

func ExampleOf() {
	fmt.Println(count.Of(1, "query"), "in", count.Of(1400, "document"))
	// Output: 1 query in 1,400 documents
}
