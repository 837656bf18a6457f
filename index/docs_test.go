package index

import (
	"os"
	"strconv"
	"strings"
	"testing"
)

// TestDocumentedLimits: the limits of the format's page are those of the code.
func TestDocumentedLimits(t *testing.T) {
	page, err := os.ReadFile("../docs/formats/index.md")
	if err != nil {
		t.Fatal(err)
	}
	_, limits, ok := strings.Cut(string(page), "\n## Limits\n")
	if !ok {
		t.Fatal("the page has no limits")
	}
	documented := map[string]int64{}
	for row := range strings.Lines(limits) {
		cells := strings.Split(row, "|")
		if len(cells) != 4 {
			continue
		}
		words := strings.Fields(strings.ReplaceAll(cells[2], ",", ""))
		n, err := strconv.ParseInt(words[0], 10, 64)
		if err != nil {
			continue // the head of the table
		}
		if len(words) > 1 && words[1] == "MiB" {
			n <<= 20
		}
		documented[strings.TrimSpace(cells[1])] = n
	}
	for what, limit := range map[string]int64{
		"documents of an index, deleted ones included":                        MaxDocuments,
		"documents of a segment, and so of a batch and of what a merge makes": MaxSegmentDocuments,
		"title, text, fields and meta of a document":                          MaxDocumentSize,
		"an ID":                         MaxIDLength,
		"a term":                        MaxTermLength,
		"dimensions of a vector":        MaxDimensions,
		"lists within lists in a field": MaxValueDepth,
		"manifest":                      manifestLimit,
		"tombstone file":                4 * manifestLimit,
	} {
		if documented[what] != limit {
			t.Errorf("%s: the page says %d, the code %d", what, documented[what], limit)
		}
		delete(documented, what)
	}
	for what := range documented {
		t.Errorf("the page has a limit that this test does not know: %s", what)
	}
	if !strings.Contains(string(page), "version "+strconv.Itoa(formatVersion)) {
		t.Errorf("the page is not about version %d", formatVersion)
	}
}
