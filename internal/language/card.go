package language

import (
	"bufio"
	"bytes"
	"io/fs"
	"slices"
	"strings"

	"github.com/flashrerank/rerank/internal/regular"
)

// maxCard is the size of the longest card that is read.
const maxCard = 1 << 20

// OfCard returns the language that the card of a model names (README.md, as the Hub has
// it): "" where there is no card, where it names none, and where it names several.
func OfCard(fsys fs.FS) string {
	card, err := regular.ReadFS(fsys, "README.md", maxCard)
	if err != nil {
		return "" // nothing depends on it but a remark
	}
	lines := bufio.NewScanner(bytes.NewReader(card))
	if !lines.Scan() || strings.TrimSpace(lines.Text()) != "---" {
		return ""
	}
	var languages []string
	for within := false; lines.Scan(); {
		line := strings.TrimRight(lines.Text(), " \r")
		if line == "---" {
			break
		}
		if item, ok := strings.CutPrefix(strings.TrimSpace(line), "- "); ok && within {
			languages = append(languages, word(item))
			continue
		}
		value, ok := strings.CutPrefix(line, "language:")
		if within = ok; !ok {
			continue
		}
		for item := range strings.SplitSeq(strings.Trim(strings.TrimSpace(value), "[]"), ",") {
			if item = word(item); item != "" {
				languages = append(languages, item)
			}
		}
	}
	if slices.Sort(languages); len(slices.Compact(languages)) != 1 {
		return ""
	}
	return strings.ToLower(languages[0])
}

func word(s string) string { return strings.Trim(strings.TrimSpace(s), `"'`) }
