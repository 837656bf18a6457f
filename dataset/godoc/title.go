package godoc

import (
	"strings"
	"unicode"
)

// title returns the title of a symbol: its kind and path as words, the same
// with the names taken apart where that differs, and the declaration, as in
// "method bufio Reader ReadLine (bufio Reader Read Line): func (b *Reader)
// ReadLine() (line []byte, isPrefix bool, err error)". People ask with words,
// and both a lexical search and a sentence encoder find more with them.
func title(kind, id, declaration string) string {
	path := strings.NewReplacer("/", " ", ".", " ").Replace(id)
	var b strings.Builder
	b.WriteString(kind + " " + path)
	if apart := takeApart(path); apart != path {
		b.WriteString(" (" + apart + ")")
	}
	if declaration != "" {
		b.WriteString(": " + declaration)
	}
	return b.String()
}

// shortPath returns an ID without what stands before the last element of the
// module's path, such as a host and an owner.
func shortPath(id, module string) string {
	if i := strings.LastIndexByte(module, '/'); i >= 0 {
		return id[i+1:]
	}
	return id
}

// takeApart puts spaces between the words of names: "HTTPServer ReadLine"
// becomes "HTTP Server Read Line".
func takeApart(names string) string {
	var b strings.Builder
	runes := []rune(names)
	for i, r := range runes {
		if i > 0 && unicode.IsUpper(r) {
			before := runes[i-1]
			wordStarts := unicode.IsLower(before) || unicode.IsDigit(before)
			acronymEnds := unicode.IsUpper(before) && i+1 < len(runes) && unicode.IsLower(runes[i+1])
			if wordStarts || acronymEnds {
				b.WriteByte(' ')
			}
		}
		b.WriteRune(r)
	}
	return b.String()
}
