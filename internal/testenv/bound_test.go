package testenv_test

import (
	"testing"

	"github.com/flashrerank/rerank/internal/testenv"
)

var sink []byte

// failing notes that a test failed.
type failing struct {
	testing.TB
	failed bool
}

func (f *failing) Errorf(string, ...any) { f.failed = true }
func (f *failing) Helper()               {}

func TestBound(t *testing.T) {
	for size, want := range map[int]bool{1 << 10: false, 80 << 20: true} {
		f := &failing{TB: t}
		end := testenv.Bound(f, 10)
		sink = make([]byte, size)
		end()
		if f.failed != want {
			t.Errorf("%d bytes: failed %v", size, f.failed)
		}
	}
	sink = nil
}
