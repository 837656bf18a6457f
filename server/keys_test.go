package server

import (
	"bytes"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestKeyHeaders: a key is let in wherever services have it.
func TestKeyHeaders(t *testing.T) {
	h := started(t, Config{Keys: []string{"secret"}}, counting{}, nil)
	const body = `{"query":"q","documents":["x"]}`
	for _, c := range []struct {
		header []string
		want   int
	}{
		{[]string{"Authorization", "Bearer secret"}, 200},
		{[]string{"Authorization", "bearer   secret "}, 200},
		{[]string{"X-API-Key", "secret"}, 200},
		{[]string{"api-key", "secret"}, 200},
		{[]string{"Authorization", "Bearer unused", "api-key", "secret"}, 200},
		{[]string{"Authorization", "Basic secret"}, 401},
		{[]string{"Authorization", "secret"}, 401},
		{[]string{"X-API-Key", "Bearer secret"}, 401},
		{[]string{"X-API-Key", "secre"}, 401},
		{[]string{"api-key", ""}, 401},
	} {
		if status, got, _ := post(t, h.URL+"/v2/rerank", body, c.header...); status != c.want {
			t.Errorf("%q: %d %s", c.header, status, got)
		}
	}
}

// TestClientsAreTold: the log and the metrics have the names of clients and no keys.
func TestClientsAreTold(t *testing.T) {
	var log bytes.Buffer
	h := started(t, Config{Keys: []string{"nameless-key"}, Clients: []Client{{Name: "search-team", Keys: []string{"old-key", "new-key"}}}}, counting{}, &log)
	for _, key := range []string{"old-key", "new-key", "nameless-key"} {
		if status, got, _ := post(t, h.URL+"/v2/rerank", `{"query":"q","documents":["x"]}`, "Authorization", "Bearer "+key); status != 200 {
			t.Errorf("%d %s", status, got)
		}
	}
	if status, _, _ := post(t, h.URL+"/v2/rerank", `{"query":"q","documents":[]}`, "X-API-Key", "new-key"); status != 400 {
		t.Error(status)
	}
	if got := strings.Count(log.String(), `"client":"search-team"`); got != 3 {
		t.Errorf("%d of 3 lines have the name: %s", got, log.String())
	}
	_, metrics := get(t, h.URL+"/metrics")
	for _, want := range []string{`rerank_client_requests_total{client="search-team",status="200"} 2`, `rerank_client_requests_total{client="search-team",status="400"} 1`} {
		if !strings.Contains(metrics, want+"\n") {
			t.Errorf("%s is not in the metrics", want)
		}
	}
	for _, key := range []string{"old-key", "new-key", "nameless-key"} {
		if strings.Contains(log.String()+metrics, key) {
			t.Errorf("a key is told")
		}
	}
}

// TestKeyLimits: a client has no more requests at work, and in a minute, than it may; others
// are not held up.
func TestKeyLimits(t *testing.T) {
	hold, began := make(chan struct{}), make(chan struct{}, 10)
	h := started(t, Config{
		Keys: []string{"free"}, Clients: []Client{{Name: "one", Keys: []string{"a", "b"}, Concurrent: 1}, {Name: "two", Keys: []string{"c"}, PerMinute: 2}},
	}, counting{hold: hold, began: began}, nil)
	const body = `{"query":"q","documents":["x"]}`
	ask := func(key string) (int, string, string) {
		status, got, header := post(t, h.URL+"/v2/rerank", body, "X-API-Key", key)
		return status, got, header.Get("Retry-After")
	}
	first := make(chan int, 2)
	go func() { status, _, _ := ask("a"); first <- status }()
	<-began
	if status, got, after := ask("b"); status != 429 || !strings.Contains(got, "1 requests at work") || after == "" {
		t.Errorf("a second request of the client: %d %s %q", status, got, after)
	}
	go func() { status, _, _ := ask("free"); first <- status }()
	<-began // is not held up
	close(hold)
	for range 2 {
		if status := <-first; status != 200 {
			t.Error(status)
		}
	}
	if status, got, _ := ask("b"); status != 200 {
		t.Errorf("after the first: %d %s", status, got)
	}
	for i := range 3 {
		status, got, after := ask("c")
		seconds, _ := strconv.Atoi(after)
		if want := []int{200, 200, 429}[i]; status != want || want == 429 && (!strings.Contains(got, "2 requests a minute") || seconds < 2 || seconds > 30) {
			t.Errorf("request %d: %d %s, to retry after %q", i, status, got, after)
		}
	}
}

// TestKeysComeBack: with time requests may be sent again, as many as were not, and never more
// than those of a minute.
func TestKeysComeBack(t *testing.T) {
	h := newHolders(Config{Keys: []string{"k"}, KeyPerMinute: 6})[0]
	now := time.Now()
	admitted := func() (n int) {
		for {
			if _, f := h.enter(now); f != nil {
				return n
			}
			n++
		}
	}
	for _, c := range []struct {
		after time.Duration
		want  int
	}{{0, 6}, {9 * time.Second, 0}, {2 * time.Second, 1}, {20 * time.Second, 2}, {time.Hour, 6}} {
		now = now.Add(c.after)
		if got := admitted(); got != c.want {
			t.Errorf("%v later: %d, want %d", c.after, got, c.want)
		}
	}
}

func TestWrongKeys(t *testing.T) {
	for want, c := range map[string]Config{
		"keys[0]: it is empty":                     {Keys: []string{" "}},
		"keys[1]: the key appears twice":           {Keys: []string{"hush", "hush"}},
		"clients[0]: keys[0]: the key appears":     {Keys: []string{"hush"}, Clients: []Client{{Name: "a", Keys: []string{"hush"}}}},
		"clients[0]: a has no keys":                {Clients: []Client{{Name: "a"}}},
		`clients[0]: the name "a b" is not`:        {Clients: []Client{{Name: "a b", Keys: []string{"k"}}}},
		"clients[1]: there are two clients called": {Clients: []Client{{Name: "a", Keys: []string{"k"}}, {Name: "a", Keys: []string{"l"}}}},
		"clients[0]: a limit of a is negative":     {Clients: []Client{{Name: "a", Keys: []string{"k"}, PerMinute: -1}}},
		"must not be negative":                     {Keys: []string{"k"}, KeyConcurrent: -1},
		"have no effect without keys":              {KeyPerMinute: 1},
	} {
		_, err := New(c, nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		} else if strings.Contains(err.Error(), "hush") {
			t.Errorf("the key is told: %v", err)
		}
	}
}
