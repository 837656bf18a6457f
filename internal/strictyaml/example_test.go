package strictyaml_test

import (
	"fmt"

	"github.com/flashrerank/rerank/internal/strictyaml"
)

func Example() {
	var c struct{ Depth int }
	fmt.Println(strictyaml.Decode([]byte("depth: 100"), &c, nil), c.Depth)
	fmt.Println(strictyaml.Decode([]byte("depth: 100\ndeep: 5"), &c, nil) != nil)
	// Output:
	// <nil> 100
	// true
}
