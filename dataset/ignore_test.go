package dataset

import (
	"strings"
	"testing"

	"github.com/flashrerank/rerank/internal/testenv"
)

func TestIgnorePatterns(t *testing.T) {
	for _, c := range []struct {
		patterns, left, kept string
	}{
		{"*.log", "a.log x/b.log", "a.logs log"},
		{"/*.log", "a.log", "x/a.log"},
		{"build/", "build/ x/build/", "build x/build"},
		{"a/b", "a/b", "x/a/b"},
		{"**/b", "b x/b x/y/b", "bb"},
		{"a/**", "a/x a/x/y", "a/"},
		{"a/**/z", "a/z a/x/z a/x/y/z", "z a/z/y"},
		{"a/**/b/**/c", "a/b/c a/x/b/y/c", "a/c"},
		{"?x[ab]", "1xa", "1xc x1xa/y"},
		{"x[!ab]\ny[[!]\nz\\[!]", "xc y[ y! z[!]", "xa y^ z[^]"},
		{"*.md\n!keep.md", "a.md", "keep.md"},
		{"#c\n\\#c\n\n!\n/\n[", "#c", "c ["},
		{"trail  \nspace\\ ", "trail space~", "trailx"},
		{"\ufeffbom\r\ncr\r\n", "bom cr", ""},
	} {
		ig := ignores{{dir: ".", patterns: parseIgnore(c.patterns)}}
		for want, names := range map[bool]string{true: c.left, false: c.kept} {
			for name := range strings.FieldsSeq(names) {
				name = strings.ReplaceAll(name, "~", " ")
				path, folder := strings.CutSuffix(name, "/")
				if ig.match(path, folder) != want {
					t.Errorf("patterns %q: %q left out: %v", c.patterns, name, !want)
				}
			}
		}
	}
}

func FuzzIgnore(f *testing.F) {
	f.Add("a/**/b\n!*.md", "a/x/b")
	f.Add("**/**", "/")
	f.Fuzz(func(t *testing.T, patterns, name string) {
		defer testenv.Bound(t, len(patterns)+len(name))()
		ignores{{dir: ".", patterns: parseIgnore(patterns)}}.match(name, true)
	})
}
