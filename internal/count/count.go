// Package count writes how many of something there are, in English.
package count

import (
	"strconv"
	"strings"
)

// Of returns a number with its noun: "1 document", "12,345 documents", "2 lines or
// files". The noun is given in the singular; its last word becomes plural.
func Of(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Thousands(n) + " " + plural(noun)
}

func plural(noun string) string {
	if one, other, two := strings.Cut(noun, " or "); two {
		return plural(one) + " or " + plural(other)
	}
	if stem, ok := strings.CutSuffix(noun, "ry"); ok {
		return stem + "ries"
	}
	return noun + "s"
}

// Thousands returns a number with a comma after every three digits.
func Thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
