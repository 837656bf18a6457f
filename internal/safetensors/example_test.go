package safetensors_test

import (
	"bytes"
	"fmt"
	"log"

	"github.com/flashrerank/rerank/internal/safetensors"
)

func Example() {
	var file bytes.Buffer
	err := safetensors.Write(&file, []safetensors.Tensor{safetensors.Float32("bias", []float32{1, 2}, 2)}, nil)
	if err != nil {
		log.Fatal(err)
	}
	f, err := safetensors.Parse(file.Bytes())
	if err != nil {
		log.Fatal(err)
	}
	bias, _ := f.Tensor("bias")
	values, err := bias.Float32s()
	fmt.Println(bias.Shape, values, err)
	// Output: [2] [1 2] <nil>
}
