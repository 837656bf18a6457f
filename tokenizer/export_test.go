package tokenizer

// Mapped returns every character that a table maps to another, and what to.
func Mapped() []rune {
	var out []rune
	for _, table := range [][]mapping{decompositions[:], lowerCases[:]} {
		for _, m := range table {
			out = append(append(out, m.from), []rune(m.to)...)
		}
	}
	return out
}
