package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"unicode/utf8"
)

// page is a manual page: what its NAME section says it does, and all that follows.
type page struct {
	id      string // "man1/ls"
	purpose string
	text    string
}

// readPages reads the pages of one language, in the order of their paths, at most so many;
// 0 means all. Pages that only point to another one, and those without a purpose, are left
// out.
func readPages(dir string, most int) ([]page, error) {
	var pages []page
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || !strings.HasSuffix(path, ".gz") {
			return err
		}
		source, err := unpack(path)
		if err != nil {
			return err
		}
		id, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		p := parsePage(source)
		if p.id = strings.TrimSuffix(filepath.ToSlash(id), ".gz"); p.purpose != "" && len(p.text) >= shortest {
			if pages = append(pages, p); len(pages) == most {
				return fs.SkipAll
			}
		}
		return nil
	})
	return pages, err
}

// shortest is how many bytes of text a page has at least.
const shortest = 200

func unpack(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return "", err
	}
	data, err := io.ReadAll(z)
	return strings.ToValidUTF8(string(data), "\ufffd"), err
}

// parsePage reads the source of a page: its first section is the name.
func parsePage(source string) page {
	var name, text bytes.Buffer
	sections := 0
	for line := range strings.Lines(source) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, ".SH") || strings.HasPrefix(line, ".Sh") {
			sections++
		}
		plain, ok := plainText(line)
		switch {
		case !ok || sections == 0:
		case sections == 1 && !strings.HasPrefix(line, ".S"):
			name.WriteString(plain + " ")
		case sections > 1:
			text.WriteString(plain + "\n")
		}
	}
	return page{purpose: purpose(name.String()), text: text.String()}
}

// purpose is what stands behind the names and the dash.
func purpose(name string) string {
	for _, dash := range []string{" - ", " — ", " – "} {
		if _, after, ok := strings.Cut(name, dash); ok && utf8.RuneCountInString(after) >= 8 {
			return strings.TrimSpace(after)
		}
	}
	return ""
}

// kept are requests of which the words that follow are text.
var kept = map[string]bool{
	"SH": true, "SS": true, "B": true, "I": true, "BR": true, "RB": true, "BI": true, "IB": true, "IR": true, "RI": true,
	"SM": true, "SB": true, "IP": true, "Sh": true, "Nd": true,
}

var (
	font    = regexp.MustCompile(`\\f(\[[^]]*\]|\(..|.)`)
	special = regexp.MustCompile(`\\(\(..|\[[^]]*\]|\*.|s[+-]?\d)`)
)

// plainText is a line of a page without its markup. Requests and comments have none.
func plainText(line string) (string, bool) {
	if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
		request, rest, _ := strings.Cut(line[1:], " ")
		if request == "Nd" {
			rest = "- " + rest
		}
		if !kept[request] {
			return "", false
		}
		line = strings.ReplaceAll(rest, `"`, "")
	}
	line = font.ReplaceAllString(line, "")
	line = strings.NewReplacer(`\(em`, "—", `\(en`, "–", `\[em]`, "—", `\[en]`, "–", `\-`, "-", `\,`, "", `\/`, "", `\&`, "", `\:`, "", `\%`, "", `\e`, `\`, `\ `, " ", `\~`, " ").Replace(line)
	line = special.ReplaceAllString(line, " ")
	return strings.TrimSpace(line), true
}
