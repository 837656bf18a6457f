package server

import (
	"strings"
	"testing"
)

// TestURLPrefix: everything is below the prefix, and nothing elsewhere.
func TestURLPrefix(t *testing.T) {
	h := started(t, Config{URLPrefix: "/a/rerank"}, counting{}, nil)
	const body = `{"query":"q","documents":["x"]}`
	for path, want := range map[string]int{
		"/a/rerank/v2/rerank": 200, "/a/rerank/rerank": 200, "/a/rerank//v1/rerank": 200, "/v2/rerank": 404, "/rerank": 404, "/a/reranking": 404, "/a/rerank": 400,
	} {
		if status, got, _ := post(t, h.URL+path, body); status != want {
			t.Errorf("%s: %d %s, want %d", path, status, got, want)
		}
	}
	for path, want := range map[string]int{"/a/rerank/healthz": 200, "/a/rerank": 200, "/a/rerank/": 200, "/a/rerank/metrics": 200, "/a/rerank/v1/models/a%2Fb": 200, "/healthz": 404, "/": 404} {
		if status, got := get(t, h.URL+path); status != want || want == 404 && !strings.Contains(got, "begin with /a/rerank") {
			t.Errorf("%s: %d %s, want %d", path, status, got, want)
		}
	}
	if _, got := get(t, h.URL+"/a/rerank/openapi.json"); !strings.Contains(got, `"servers":[{"url":"/a/rerank"}]`) {
		t.Errorf("the description: %.300s", got)
	}
	if _, got := get(t, h.URL+"/a/rerank/docs"); !strings.Contains(got, strings.TrimPrefix(h.URL, "http://")+"/a/rerank/v2/rerank") {
		t.Error("the page has no address with the prefix")
	}
	for _, wrong := range []string{"a", "/", "/a/", "/a//b", "/a/../b", "/a b", "/{a}", "/a%20b", "/a?b", "/ä", `/"`, "/a\x00"} {
		if _, err := New(Config{URLPrefix: wrong}, nil); err == nil || !strings.Contains(err.Error(), "url_prefix") {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}

// TestMetricsApart: the metrics are where they were asked to be, and nowhere else.
func TestMetricsApart(t *testing.T) {
	s, err := New(Config{MetricsApart: true, Keys: []string{"k"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	url := startedWith(t, s)
	if status, _ := get(t, url+"/metrics"); status != 404 {
		t.Errorf("beside the rest: %d", status)
	}
	post(t, url+"/v2/rerank", `{}`)
	if status, got := get(t, serverOf(t, s.Metrics())); status != 200 || !strings.Contains(got, `rerank_refused_total{status="401"} 1`) {
		t.Errorf("apart: %d %.300s", status, got)
	}
}
