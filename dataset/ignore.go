package dataset

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/flashrerank/rerank/internal/regular"
)

const ignoreName = ".gitignore"

// Limits on a .gitignore. A larger one is an error.
const (
	maxIgnoreFile = 1 << 20
	maxPatterns   = 10_000
)

// ignores are the patterns of the .gitignore files from the folder that is read
// down to the one the walk is in.
type ignores []ignoreFile

// ignoreFile is one .gitignore.
type ignoreFile struct {
	dir      string // slashes; "." is the folder that is read
	patterns []ignorePattern
}

// ignorePattern is one line of a .gitignore.
type ignorePattern struct {
	parts   []string // between slashes; "**" stands for any number of folders
	negated bool     // it takes back what patterns before it left out
	folders bool     // it is about folders only
}

// enter adds the patterns of a folder, and drops those of folders that the walk
// has left.
func (ig *ignores) enter(fsys fs.FS, dir string) error {
	*ig = slices.DeleteFunc(*ig, func(f ignoreFile) bool { return !within(dir, f.dir) })
	text, err := regular.ReadFS(fsys, path.Join(dir, ignoreName), maxIgnoreFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	patterns := parseIgnore(string(text))
	if len(patterns) > maxPatterns {
		return fmt.Errorf("%d patterns; at most %d", len(patterns), maxPatterns)
	}
	*ig = append(*ig, ignoreFile{dir: dir, patterns: patterns})
	return nil
}

// within says whether name is in dir or in a folder below it.
func within(name, dir string) bool {
	return dir == "." || name == dir || strings.HasPrefix(name, dir+"/")
}

// match says whether a file or folder is left out: the last pattern decides that
// fits it, of the innermost .gitignore that has one.
func (ig ignores) match(name string, folder bool) bool {
	for _, f := range slices.Backward(ig) {
		if !within(name, f.dir) {
			continue
		}
		parts := strings.Split(name, "/")
		if f.dir != "." {
			parts = parts[strings.Count(f.dir, "/")+1:]
		}
		for _, p := range slices.Backward(f.patterns) {
			if (folder || !p.folders) && matchParts(p.parts, parts) {
				return !p.negated
			}
		}
	}
	return false
}

// parseIgnore reads the patterns of a .gitignore. Lines that are no patterns
// are dropped, as git does.
func parseIgnore(text string) []ignorePattern {
	var patterns []ignorePattern
	for line := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		if p, ok := parsePattern(strings.TrimRight(line, "\r\n")); ok {
			patterns = append(patterns, p)
		}
	}
	return patterns
}

func parsePattern(line string) (ignorePattern, bool) {
	var p ignorePattern
	if trimmed := strings.TrimRight(line, " "); !strings.HasSuffix(trimmed, `\`) {
		line = trimmed
	}
	if strings.HasPrefix(line, "#") {
		return p, false
	}
	line, p.negated = strings.CutPrefix(line, "!")
	line, p.folders = strings.CutSuffix(line, "/")
	rest, anchored := strings.CutPrefix(line, "/")
	if rest == "" {
		return p, false
	}
	rest = exceptMarks(rest)
	p.parts = strings.Split(rest, "/")
	if !anchored && len(p.parts) == 1 {
		p.parts = []string{"**", rest}
	}
	p.parts = slices.CompactFunc(p.parts, func(a, b string) bool { return a == "**" && b == "**" })
	for _, part := range p.parts {
		if _, err := path.Match(part, ""); err != nil {
			return p, false
		}
	}
	return p, true
}

// exceptMarks writes [!a] as [^a], which is how path.Match has it.
func exceptMarks(pattern string) string {
	b := []byte(pattern)
	for i := 0; i+1 < len(b); i++ {
		switch {
		case b[i] == '\\':
			i++
		case b[i] == '[':
			if b[i+1] == '!' {
				b[i+1] = '^'
			}
			i += max(0, bytes.IndexByte(b[i:], ']'))
		}
	}
	return string(b)
}

// matchParts matches a pattern with a path, both without their slashes. The cost
// is bounded by the product of their lengths.
func matchParts(pattern, parts []string) bool {
	p, at := 0, 0
	star, resume := -1, 0 // the last "**" and where the path went on behind it
	for at < len(parts) {
		if p < len(pattern) && pattern[p] == "**" {
			star, resume = p, at
			p++
			if p == len(pattern) {
				return true // all that is below
			}
			continue
		}
		if p < len(pattern) {
			if ok, _ := path.Match(pattern[p], parts[at]); ok {
				p, at = p+1, at+1
				continue
			}
		}
		if star < 0 {
			return false
		}
		resume++
		p, at = star+1, resume
	}
	return p == len(pattern)
}
