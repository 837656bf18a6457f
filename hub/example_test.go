package hub_test

import (
	"errors"
	"fmt"
	"os"

	"github.com/flashrerank/rerank/hub"
)

func Example() {
	cache, err := os.MkdirTemp("", "models-*")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(cache)
	c := &hub.Client{Cache: cache}
	_, err = c.Find("tinybert")
	fmt.Println(err, errors.Is(err, hub.ErrNotFound))
	// Output: hub: cross-encoder/ms-marco-TinyBERT-L2-v2 is not in the cache: not found true
}
