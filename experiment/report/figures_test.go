package report_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/flashrerank/rerank/experiment"
	"github.com/flashrerank/rerank/experiment/report"
)

var number = regexp.MustCompile(`[-+]?\d+(\.\d+)?(e[-+]\d+)?`)

// thousands are the commas of long numbers in sentences.
var thousands = regexp.MustCompile(`(\d),(\d{3})\b`)

// missing returns the figures of the report's JSON form that a page's text does
// not have, or has fewer times.
func missing(t *testing.T, r experiment.Report, text string) []string {
	t.Helper()
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var tree any
	if err := json.Unmarshal(data, &tree); err != nil {
		t.Fatal(err)
	}
	there := map[string]int{}
	for _, figure := range number.FindAllString(thousands.ReplaceAllString(text, "$1$2"), -1) {
		there[strings.TrimPrefix(figure, "+")]++
	}
	var list []string
	figures := 0
	walk(tree, "", func(key string, x float64) {
		figures++
		figure := written(key, x)
		if there[figure]--; there[figure] < 0 {
			list = append(list, fmt.Sprintf("%s: %s (%v)", key, figure, x))
		}
	})
	if figures < 50 {
		t.Errorf("the report has %d figures only", figures)
	}
	return list
}

// walk visits all numbers with the key that they stand under.
func walk(tree any, key string, visit func(string, float64)) {
	switch v := tree.(type) {
	case map[string]any:
		for k, inner := range v {
			walk(inner, k, visit)
		}
	case []any:
		for _, inner := range v {
			walk(inner, key, visit)
		}
	case float64:
		visit(key, v)
	}
}

// written is a figure as the package comment says.
func written(key string, x float64) string {
	switch key {
	case "mean", "low", "high", "difference", "value", "per_query":
		return strconv.FormatFloat(x, 'f', 4, 64)
	case "p", "p_holm", "p_t", "p_wilcoxon":
		if x > 0 && x < 0.0001 {
			return strconv.FormatFloat(x, 'e', 1, 64)
		}
		return strconv.FormatFloat(x, 'f', 4, 64)
	case "mean_ms", "p50_ms", "p95_ms", "p99_ms":
		return strconv.FormatFloat(x, 'f', 3, 64)
	case "cost", "cost_per_1000_queries", "billed_units":
		return strconv.FormatFloat(x, 'g', 6, 64)
	}
	return strconv.FormatFloat(x, 'f', -1, 64)
}

// TestHTMLHasEveryFigure reads the page as a browser does, without running it.
func TestHTMLHasEveryFigure(t *testing.T) {
	for name, r := range map[string]experiment.Report{"sample": sample(), "experiment": experimented(t)} {
		var page bytes.Buffer
		if err := report.HTML(&page, r); err != nil {
			t.Fatal(err)
		}
		root, err := html.Parse(&page)
		if err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		scripts := 0
		for n := range root.Descendants() {
			switch {
			case n.Type == html.TextNode && n.Parent.Data != "script" && n.Parent.Data != "style":
				text.WriteString(" " + n.Data)
			case n.Type == html.ElementNode && (n.Data == "img" || n.Data == "iframe" || n.Data == "link" && attribute(n, "href") != "data:,"):
				t.Errorf("%s: the page has a %s", name, n.Data)
			case n.Type == html.ElementNode && n.Data == "script":
				scripts++
			}
		}
		if scripts != 1 {
			t.Errorf("%s: %d scripts, want the page's own", name, scripts)
		}
		if list := missing(t, r, text.String()); len(list) > 0 {
			t.Errorf("%s: the page lacks %q", name, list)
		}
		if !strings.Contains(text.String(), hostile) {
			t.Errorf("%s: the page lacks text with special characters", name)
		}
	}
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}
