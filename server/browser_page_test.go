package server

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/flashrerank/rerank/internal/testenv"
)

// attack is a page that tries to have an index changed by all means that pages have, and
// then to read it.
const attack = `<!doctype html><title>attack</title><iframe name="sink"></iframe>
<form id="f" method="post" enctype="text/plain" target="sink"><input name='{"documents":[{"id":"form","text":"' value='"}]}'></form>
<script>
const put = id => JSON.stringify({documents: [{id, text: "evil"}]});
async function attack(url) {
	const tell = p => p.then(() => "done", () => "refused");
	const got = [];
	got.push(await tell(fetch(url + "/documents", {method: "POST", body: put("plain")}).then(r => r.text())));
	got.push(await tell(fetch(url + "/documents", {method: "POST", body: put("json"), headers: {"Content-Type": "application/json"}})));
	got.push(await tell(fetch(url + "/documents/put", {method: "PUT", body: "{}"})));
	got.push(await tell(fetch(url + "/documents").then(r => r.text())));
	await fetch(url + "/documents", {method: "POST", mode: "no-cors", body: put("no-cors")}).catch(() => 0);
	await fetch(url + "/documents", {method: "POST", mode: "no-cors", body: new URLSearchParams({delete: "a"})}).catch(() => 0);
	navigator.sendBeacon(url + "/documents", put("beacon"));
	await new Promise(done => { const i = new Image(); i.onload = i.onerror = done; i.src = url + "/search?q=a"; });
	await new Promise(done => { document.querySelector("iframe").onload = done; f.action = url + "/documents"; f.submit(); });
	return got.join(" ");
}
</script>`

// TestPageInABrowser: a page of another site, one of another port, and one under a name
// that was pointed at this machine reach nothing; one that is admitted does.
func TestPageInABrowser(t *testing.T) {
	path := testenv.Browser(t)
	s, open := overIndex(t, Config{}), overIndex(t, Config{Origins: []string{"*"}})
	var mu sync.Mutex
	var answered []string
	watched := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen := &status{ResponseWriter: w}
		s.Handler().ServeHTTP(seen, r)
		mu.Lock()
		defer mu.Unlock()
		answered = append(answered, fmt.Sprint(r.Method, " ", r.URL.Path, " ", seen.code))
	}))
	t.Cleanup(watched.Close)
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, attack)
	}))
	t.Cleanup(page.Close)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Flag("host-resolver-rules", "MAP *.example 127.0.0.1"))
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	run := func(page, expression string) string {
		t.Helper()
		if err := chromedp.Do(ctx, chromedp.Navigate(page)); err != nil {
			t.Fatal(err)
		}
		got, err := chromedp.Run(ctx, chromedp.Evaluate[string](expression, chromedp.EvalAwaitPromise))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	_, port, _ := strings.Cut(page.Listener.Addr().String(), ":")
	for _, from := range []string{page.URL, "http://localhost:" + port, "http://evil.example:" + port} {
		if got := run(from, `attack("`+watched.URL+`")`); got != "refused refused refused refused" {
			t.Errorf("a page at %s: %s", from, got)
		}
	}
	_, port, _ = strings.Cut(watched.Listener.Addr().String(), ":")
	if got := run("http://evil.example:"+port+"/documents", `fetch("/documents").then(r => r.text()).then(x => document.body.innerText + x)`); strings.Contains(got, "generation") {
		t.Errorf("a name that was pointed here reads %s", got)
	}
	if got := s.asked(loopback4, http.MethodGet, "/documents", "").Body.String(); !strings.Contains(got, `"documents":0,"generation":0,`) {
		t.Errorf("something was written: %s", got)
	}
	mu.Lock()
	for _, a := range answered {
		if !strings.HasSuffix(a, " 403") {
			t.Errorf("%s", a)
		}
	}
	if len(answered) < 15 {
		t.Errorf("only %d requests came: %q", len(answered), answered)
	}
	mu.Unlock()
	admitting := httptest.NewServer(open.Handler())
	t.Cleanup(admitting.Close)
	if got := run(page.URL, `attack("`+admitting.URL+`")`); got != "done done done done" {
		t.Errorf("an admitted page: %s", got)
	}
}
