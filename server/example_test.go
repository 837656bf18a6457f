package server_test

import (
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"strings"

	"github.com/flashrerank/rerank/server"
)

// A server without models answers by the embedded one under any name.
func Example() {
	s, err := server.New(server.Config{}, nil)
	if err != nil {
		log.Fatal(err)
	}
	h := httptest.NewServer(s.Handler())
	defer h.Close()
	answer, err := h.Client().Post(h.URL+"/rerank", "application/json", strings.NewReader(`{"query": "when does the lease end", "texts": []}`))
	if err != nil {
		log.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(answer.StatusCode, string(body))
	// Output: 400 {"error":"`texts` cannot be empty","error_type":"Empty"}
}
