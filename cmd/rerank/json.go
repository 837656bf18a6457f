package main

import (
	"bytes"
	"encoding/json"
	"io"
)

// indentLevels is how many levels of JSON have lines of their own. What users
// nest deeper is written compactly: indenting all of it would cost the square of
// its depth.
const indentLevels = 10

// writeJSON writes one value, indented.
func writeJSON(w io.Writer, v any) error {
	var compact bytes.Buffer
	enc := json.NewEncoder(&compact)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	_, err := w.Write(indent(compact.Bytes()))
	return err
}

// indent gives the elements of the outer levels of compact JSON lines of their
// own, as [json.Indent] does with all levels.
func indent(compact []byte) []byte {
	out := make([]byte, 0, len(compact)*3/2)
	level, inText := 0, false
	newline := func() {
		out = append(out, '\n')
		for range level {
			out = append(out, "  "...)
		}
	}
	for i := 0; i < len(compact); i++ {
		c := compact[i]
		switch {
		case inText:
			if c == '\\' {
				out = append(out, c)
				i++
				c = compact[i]
			} else if c == '"' {
				inText = false
			}
			out = append(out, c)
		case (c == '{' || c == '[') && compact[i+1] != c+2:
			level++
			if out = append(out, c); level <= indentLevels {
				newline()
			}
		case c == '}' || c == ']':
			if last := compact[i-1]; last != c-2 {
				if level--; level < indentLevels {
					newline()
				}
			}
			out = append(out, c)
		case c == ',' && level <= indentLevels:
			out = append(out, c)
			newline()
		case c == ':':
			out = append(out, ": "...)
		default:
			inText = c == '"'
			out = append(out, c)
		}
	}
	return out
}
