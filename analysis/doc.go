// Package analysis turns text into terms: it finds the words, folds them,
// drops the ones that say nothing and stems the rest. An [Analyzer] is chosen
// by name; an index stores that name, so that queries always meet the analysis
// their documents went through.
//
// # Presets
//
//	english          Unicode words, CJK bigrams, case, width and accent folding,
//	                 English stop words set aside, Snowball's English stemmer: the
//	                 [Default]
//	standard         the same without stop words and stemmer: for any language
//	german, french … Unicode words, CJK bigrams, normalization, and the language's
//	                 stop words and stemmer, where there are such ([Analyzer.Stems])
//	lucene-english   Lucene's EnglishAnalyzer
//	lucene-standard  Lucene's StandardAnalyzer without stop words, its default
//	bm25s-english    bm25s.tokenize with its English stop words and Snowball's
//	                 English stemmer
//	bm25s-stop       bm25s.tokenize with its English stop words, its default
//	bm25s, sklearn   words of two letters or more in lower case: bm25s.tokenize
//	                 without stop words, and scikit-learn's vectorizers
//	split            Python's str.split, as in rank_bm25's README
//
// # Specifications
//
// A name may also be a specification: a splitter and the filters that its
// words go through, separated by "|", as in
// "unicode|fold|stop:english|snowball:english".
//
// Splitters: "unicode" cuts at the word boundaries of Unicode Standard Annex
// 29; like Lucene's StandardTokenizer it leaves punctuation and symbols out and
// keeps a run of Thai, Lao, Khmer or Burmese letters whole. "words" finds what
// the Python regular expression (?u)\b\w\w+\b finds in the lower-cased text.
// "space" cuts at Python's white space.
//
// Filters:
//
//	cjk            runs of Han, Hiragana, Katakana and Hangul letters become
//	               overlapping pairs, a letter alone stays; it takes the words as
//	               the splitter found them, whatever its place
//	lower          lower case, letter by letter
//	normalize      compatibility forms (NFKC) and lower case; final sigma, ß, native
//	               decimal digits, apostrophes and their like in their plain form;
//	               soft hyphens, joiners, direction marks, variation selectors and
//	               whatever else no reader sees dropped
//	normalize:turkish  the same with the dotted and dotless i of Turkish
//	fold           normalize, and accents removed from Latin, Greek, Cyrillic,
//	               Hebrew and Arabic letters (the breve of Cyrillic й stays)
//	possessive     a final 's removed
//	apostrophe     an apostrophe and what follows it removed: Turkish suffixes
//	elision:LANGUAGE  what the language elides before a word removed: the l' of
//	               French l'école; it looks for plain apostrophes
//	stop:LANGUAGE  words of a stop list dropped, as the filters before it leave them
//	aside:LANGUAGE the same words set aside: they count for nothing, but a query
//	               that has no other words looks for them ([Analyzer.Query])
//	porter         Porter's stemmer, as Lucene has it
//	snowball:LANGUAGE  Snowball's stemmer: that of Snowball 3.1 for English, of 2018
//	               for the others. Russian ё counts as е, Romanian ș and ț as ş and ţ
//	light:LANGUAGE  a short stemmer of this package, from a published paper: czech,
//	               hindi, indonesian
//
// # Limits
//
// A word longer than [MaxTokenLength] characters becomes several terms, as in
// Lucene. Bytes that are not UTF-8 separate words, or where nothing separates
// them become U+FFFD.
package analysis
