package report_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/flashrerank/rerank/experiment"
	"github.com/flashrerank/rerank/experiment/report"
	"github.com/flashrerank/rerank/internal/testenv"
)

// TestInBrowser opens the report of a real experiment in a browser: it asks for
// nothing beside itself, its script runs without an error, all figures are
// there, plots are drawn and tables can be sorted. RERANK_SCREENSHOT names a file
// for a picture of the page.
func TestInBrowser(t *testing.T) {
	path := testenv.Browser(t)
	r := experimented(t)
	url := saved(t, r)
	ctx, seen := browse(t, path)
	if err := chromedp.Do(ctx, chromedp.Navigate(url)); err != nil {
		t.Fatal(err)
	}
	const column = `Array.from(document.querySelector("table").tBodies[0].rows, row => row.cells[2].firstChild.textContent)`
	const click = `document.querySelector("table").tHead.rows[0].cells[2].click();`
	text := ask[string](t, ctx, `Array.from(document.querySelectorAll("body *")).filter(e => e.tagName != "SCRIPT").flatMap(e => Array.from(e.childNodes)).filter(n => n.nodeType == Node.TEXT_NODE).map(n => n.data).join(" ")`)
	plots := ask[int](t, ctx, `Array.from(document.querySelectorAll("figure svg")).filter(s => s.getBoundingClientRect().width > 300 && s.querySelectorAll("path").length > 3).length`)
	tables := ask[int](t, ctx, `document.querySelectorAll("table").length`)
	if list := missing(t, r, text); len(list) > 0 {
		t.Errorf("the page lacks %q", list)
	}
	if plots != 3 || tables < 4 {
		t.Errorf("%d plots and %d tables are shown, want 3 and at least 4", plots, tables)
	}
	descending := ask[[]string](t, ctx, click+column)
	checkSorted(t, descending, ask[[]string](t, ctx, click+column))
	requests, trouble := seen()
	if len(trouble) > 0 {
		t.Errorf("the browser tells %q", trouble)
	}
	if len(requests) == 0 {
		t.Error("no request was seen at all: the test looks at the wrong events")
	}
	for _, request := range requests {
		if request != url && !strings.HasPrefix(request, "data:") {
			t.Errorf("the page asks for %s", request)
		}
	}
	picture(t, ctx, "")
}

// saved writes a page and returns its address.
func saved(t *testing.T, r experiment.Report) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "report.html")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := report.HTML(f, r); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return "file://" + filepath.ToSlash(name)
}

// TestNoSidewaysScroll: with a dozen systems of long names, nothing is wider
// than a window of 1280 pixels, neither the page nor a table in it; in a window
// of 800 only wide tables and plots scroll, in boxes of their own.
// RERANK_SCREENSHOT names a file for a picture of both, with the width before
// its ending.
func TestNoSidewaysScroll(t *testing.T) {
	path := testenv.Browser(t)
	url := saved(t, crowded())
	for _, width := range []int{1280, 800} {
		ctx, _ := browse(t, path, chromedp.WindowSize(width, 900))
		if err := chromedp.Do(ctx, chromedp.Navigate(url)); err != nil {
			t.Fatal(err)
		}
		if inner := ask[int](t, ctx, "innerWidth"); inner != width {
			t.Errorf("the window is %d wide, want %d", inner, width)
		}
		ask[int](t, ctx, `(document.querySelectorAll("details").forEach(d => d.open = true), 0)`)
		if over := ask[int](t, ctx, "document.documentElement.scrollWidth - document.documentElement.clientWidth"); over > 0 {
			t.Errorf("%d wide: the page is %d pixels wider", width, over)
		}
		const boxes = `Array.from(document.querySelectorAll(".box, figure")).filter(b => b.scrollWidth > b.clientWidth + 1).map(b => b.textContent.slice(0, 80) + " +" + (b.scrollWidth - b.clientWidth))`
		if wide := ask[[]string](t, ctx, boxes); width == 1280 && len(wide) > 0 {
			t.Errorf("%d wide: these scroll sideways: %q", width, wide)
		}
		ask[int](t, ctx, `(document.querySelectorAll("details").forEach(d => d.open = false), 0)`)
		picture(t, ctx, fmt.Sprintf(".%d", width))
	}
}

// picture keeps what the browser shows, if that is wanted.
func picture(t *testing.T, ctx context.Context, mark string) {
	t.Helper()
	file := os.Getenv("RERANK_SCREENSHOT")
	if file == "" {
		return
	}
	shot, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatal(err)
	}
	ext := filepath.Ext(file)
	if err := os.WriteFile(strings.TrimSuffix(file, ext)+mark+ext, shot, 0o600); err != nil {
		t.Error(err)
	}
}

// ask evaluates an expression in the page.
func ask[T any](t *testing.T, ctx context.Context, expression string) T {
	t.Helper()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return value
}

// browse starts a browser. What it returns tells which requests pages made, and
// what went wrong in them.
func browse(t *testing.T, path string, more ...chromedp.ExecAllocatorOption) (context.Context, func() (requests, trouble []string)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.WindowSize(1300, 900))
	options = append(options, more...)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	var mu sync.Mutex
	var requests, trouble []string
	err := chromedp.Listen(ctx, func(event any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := event.(type) {
		case *network.EventRequestWillBeSent:
			requests = append(requests, e.Request.URL)
		case *runtime.EventExceptionThrown:
			trouble = append(trouble, "exception: "+e.ExceptionDetails.Text)
		case *runtime.EventConsoleAPICalled:
			trouble = append(trouble, "console: "+string(e.Type))
		case *log.EventEntryAdded:
			trouble = append(trouble, fmt.Sprintf("%s: %s", e.Entry.Level, e.Entry.Text))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, log.Enable, cdp.Empty{}); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, runtime.Enable, cdp.Empty{}); err != nil {
		t.Fatal(err)
	}
	return ctx, func() ([]string, []string) {
		mu.Lock()
		defer mu.Unlock()
		return requests, trouble
	}
}

// checkSorted compares a column after one click on its head and after two.
func checkSorted(t *testing.T, once, twice []string) {
	t.Helper()
	if len(once) < 2 || len(once) != len(twice) {
		t.Fatalf("columns %q and %q", once, twice)
	}
	for i := 1; i < len(once); i++ { // all figures have as many digits
		if once[i-1] < once[i] || twice[i-1] > twice[i] {
			t.Errorf("the column is %q after a click and %q after another", once, twice)
		}
	}
}
