package server

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/flashrerank/rerank/internal/testenv"
)

// filled is a body of about some bytes: units between a head and a tail.
func filled(size int, head, unit, tail string) string {
	return head + strings.Repeat(unit, (size-len(head)-len(tail))/len(unit)) + tail
}

// hostileBodies are bodies of about a number of bytes that cost many times as much where
// each part of them is made something of.
func hostileBodies(size int) map[string]string {
	var names strings.Builder
	for i := 0; names.Len() < size; i++ {
		fmt.Fprintf(&names, `"%x":1,`, i)
	}
	members := names.String()
	deep := func(open, inner, shut string) string {
		n := size / (len(open) + len(shut))
		return strings.Repeat(open, n) + inner + strings.Repeat(shut, n)
	}
	bodies := map[string]string{
		"members":       `{"query":"q","documents":[{` + members + `"x":1}]}`,
		"own members":   `{` + members + `"query":"q"}`,
		"deep fields":   `{"documents":[{"id":"x","fields":{"a":` + deep("[", "", "]") + `}}]}`,
		"deep metadata": `{"documents":[{"id":"x","metadata":` + deep(`{"a":`, "1", "}") + `}]}`,
		"deep filter":   `{"query":"q","filter":` + deep(`{"$not":`, "{}", "}") + `}`,
		"deep document": `{"query":"q","documents":[{"text":"a","x":` + deep("[", "", "]") + `}]}`,
		"deep unknown":  `{"query":"q","documents":["a"],"x":` + deep("[", "", "]") + `}`,
		"only brackets": strings.Repeat("[", size),
		"only objects":  strings.Repeat(`{"a":`, size/5),
		"long names":    `{"documents":[{"id":"x","fields":{"` + strings.Repeat("a", size/2) + `":{` + members[:min(len(members), size/2)] + `"z":1}}}]}`,
		"long query":    `{"query":"` + strings.Repeat("q ", size/2) + `","documents":["a"]}`,
		"long number":   `{"query":"q","k":` + strings.Repeat("9", size) + `}`,
		"backslashes":   `{"query":"` + strings.Repeat(`\\`, size/2) + `","documents":["a"]}`,
		"escapes":       `{"query":"q","documents":["` + strings.Repeat(`\u0001`, size/6) + `"]}`,
		"white space":   `{"query":` + strings.Repeat(" ", size) + `"q"}`,
		"ndjson lines":  strings.Repeat("{\"delete\":\"a\"}\n", size/15),
		"empty lines":   strings.Repeat("\n", size),
	}
	for _, list := range []string{"documents", "texts", "passages", "input", "inputs", "text_2", "delete", "query", "rank_fields", "embedding_types"} {
		for name, unit := range map[string]string{"strings": `,""`, "numbers": `,1`, "objects": `,{}`, "pairs": `,["a","b"]`} {
			bodies[list+" of "+name] = filled(size, `{"query":"q","text_1":"q","`+list+`":["x"`, unit, `]}`)
		}
	}
	for name, head := range map[string]string{
		"a field":     `{"documents":[{"id":"x","fields":{"a":[1`,
		"a filter":    `{"query":"q","filter":{"n":{"$in":[1`,
		"a context":   `{"query":"q","context":{"n":[1`,
		"meta":        `{"documents":[{"id":"x","meta":[1`,
		"sentences":   `{"inputs":{"source_sentence":"q","sentences":["x"`,
		"one unknown": `{"query":"q","documents":["a"],"x":[1`,
	} {
		bodies["a list in "+name] = filled(size, head, ",1", "]")
	}
	return bodies
}

// TestHostileBodies: on no route does any body take more than a few times its size and
// a constant, counting everything that was ever allocated. A body twice as long does not
// take four times as much.
func TestHostileBodies(t *testing.T) {
	const size, constant = 1 << 19, 4 << 20
	s := overIndex(t, Config{})
	bodies := hostileBodies(size)
	for _, path := range []string{"/rerank", "/embed", "/tokenize"} { // loads the model
		s.asked(loopback4, http.MethodPost, path, `{"query":"q","texts":["a"],"inputs":"a"}`, "Content-Type", "application/json")
	}
	everyRoute(t, s, func(method, path string) {
		if method == http.MethodGet || method == http.MethodDelete {
			return // they read no body
		}
		for name, body := range bodies {
			header := []string{"Content-Type", "application/json"}
			if strings.Contains(name, "lines") {
				header[1] = "application/x-ndjson"
			}
			begun := time.Now()
			var w *httptest.ResponseRecorder
			got := testenv.Allocated(func() { w = s.asked(loopback4, method, path, body, header...) })
			if most := uint64(12*len(body) + constant); got > most && !testenv.Race {
				t.Errorf("%s: %s %s: %d bytes were allocated for %d, more than %d (%d)", name, method, path, got, len(body), most, w.Code)
			}
			if w.Code >= 500 {
				t.Errorf("%s: %s %s: %d %s", name, method, path, w.Code, w.Body)
			}
			if d := time.Since(begun); d > 20*time.Second { // seconds of CPU where something is quadratic
				t.Errorf("%s: %s %s took %s", name, method, path, d)
			}
		}
	})
	if got := s.bodies.used; got != 0 {
		t.Errorf("%d bytes are counted for bodies that are gone", got)
	}
}

// TestBodiesTogether: bodies that are held open are bounded all together, and leave room
// for small ones; what was held is free afterwards.
func TestBodiesTogether(t *testing.T) {
	const each = 1 << 20
	s := overIndex(t, Config{MaxBody: each, MaxBodies: 4 * each})
	address, stop, done := served(t, s)
	head := fmt.Sprintf("POST /v2/rerank HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n", each)
	part := `{"query":"q","documents":["` + strings.Repeat("x", each-100)
	refused := make(chan string, 20)
	var held []net.Conn
	for range cap(refused) {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, c)
		go func() {
			if _, err := io.WriteString(c, head+part); err != nil {
				refused <- err.Error()
				return
			}
			answer := make([]byte, 12)
			if _, err := io.ReadFull(c, answer); err == nil {
				refused <- string(answer)
			}
		}()
	}
	used := func() int64 {
		s.bodies.mu.Lock()
		defer s.bodies.mu.Unlock()
		return s.bodies.used
	}
	for deadline := time.Now().Add(time.Minute); used() < 2*each; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d bytes are held", used())
		}
	}
	for range 50 {
		if got := used(); got > 4*each {
			t.Fatalf("%d bytes are held, more than %d", got, 4*each)
		}
		status, got, _ := post(t, "http://"+address+"/v2/rerank", `{"query":"q","documents":["x"]}`)
		if status != http.StatusOK {
			t.Fatalf("a small body beside large ones: %d %s", status, got)
		}
	}
	for _, c := range held {
		c.Close()
	}
	for deadline := time.Now().Add(time.Minute); used() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d bytes are still counted", used())
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestGrowth: a body grows to what is free, and one that is alone to all there is.
func TestGrowth(t *testing.T) {
	b := &bodies{most: 100}
	for _, c := range []struct {
		held, n int64
		want    error
	}{{0, 80, nil}, {80, 21, errHeavy}, {80, 20, nil}, {0, 1, errCrowded}} {
		if err := b.grow(c.held, c.n); !errors.Is(err, c.want) {
			t.Errorf("%d more for %d: %v", c.n, c.held, err)
		}
	}
	b.free(100)
	for _, c := range []struct {
		held, n int64
		want    error
	}{{0, 40, nil}, {0, 31, errCrowded}, {0, 30, nil}, {40, 1, errCrowded}, {0, 15, nil}, {0, 8, errCrowded}, {0, 7, nil}} {
		if err := b.grow(c.held, c.n); !errors.Is(err, c.want) {
			t.Errorf("%d more for %d: %v", c.n, c.held, err)
		}
	}
}

func zipped(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestGzipBodies: a compressed body is read as what it was, and refused where it is larger
// than a body may be, or grows too much.
func TestGzipBodies(t *testing.T) {
	s := overIndex(t, Config{MaxBody: 3 << 20})
	good := zipped(t, `{"query":"q","documents":["x"]}`)
	zeros := `{"query":"q","documents":["` + strings.Repeat("0", 2<<20) + `"]}`
	for _, c := range []struct {
		name, body, encoding string
		status               int
		want                 string
	}{
		{"gzip", good, "gzip", 200, `"results"`},
		{"GZIP", good, " GZIP", 200, `"results"`},
		{"identity", `{"query":"q","documents":["x"]}`, "identity", 200, `"results"`},
		{"two members", good + zipped(t, " "), "gzip", 200, `"results"`},
		{"a large one", zipped(t, `{"query":"q","documents":["`+strings.Repeat("word ", 100_000)+`"]}`), "gzip", 200, `"results"`},
		{"too large", zipped(t, strings.Repeat("0123456789abcdef", 200_000)), "gzip", 413, "the body"},
		{"a bomb", zipped(t, zeros), "gzip", 413, "more than 100 times what was sent"},
		{"a bomb in a bomb", zipped(t, zipped(t, zeros)), "gzip, gzip", 415, "the only Content-Encoding"},
		{"cut short", good[:len(good)-9], "gzip", 400, "ends early or cannot be decompressed"},
		{"damaged", good[:12] + "\xff\xff\xff" + good[15:], "gzip", 400, "cannot be decompressed"},
		{"no gzip", `{"query":"q"}`, "gzip", 400, "cannot be decompressed"},
		{"nothing", ``, "gzip", 400, "cannot be decompressed"},
		{"another kind", good, "br", 415, "the only Content-Encoding"},
		{"something after it", good + "x", "gzip", 400, "cannot be decompressed"},
	} {
		for _, path := range []string{"/v2/rerank", "/rerank"} {
			w := s.asked(loopback4, http.MethodPost, path, c.body, "Content-Encoding", c.encoding)
			if w.Code != c.status || !strings.Contains(w.Body.String(), c.want) {
				t.Errorf("%s: %s: %d %.200s", c.name, path, w.Code, w.Body)
			}
		}
	}
}

// endless is a body that never ends.
type endless struct{ n int }

func (e *endless) Read(p []byte) (int, error) {
	e.n++
	return copy(p, " "), nil
}

// TestEndedWhileRead: when the time is up or the client is gone, nothing more is read.
func TestEndedWhileRead(t *testing.T) {
	s := overIndex(t, Config{})
	for _, path := range []string{"/v2/rerank", "/documents", "/search", "/tokenize"} {
		ctx, cancel := context.WithCancel(t.Context())
		body := &endless{}
		r := httptest.NewRequestWithContext(ctx, http.MethodPost, path, body)
		w := httptest.NewRecorder()
		cancel()
		s.Handler().ServeHTTP(w, r)
		if w.Code != clientClosed || body.n > 3 {
			t.Errorf("%s: %d after %d reads", path, w.Code, body.n)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, read := range []func() error{
		func() error { return readLines(ended, []byte("{\"id\":\"a\"}\n"), 9, new(changes)) },
		func() error { return readChanges(ended, []byte(`{"documents":[{"id":"a"}]}`), 9, new(changes)) },
	} {
		if err := read(); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
	}
}
