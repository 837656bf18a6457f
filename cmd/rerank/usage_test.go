package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestExitCodes is the table of docs/cli.md: 2 where the command line is wrong,
// 1 where something it names is. Every message says what to do or what is known.
func TestExitCodes(t *testing.T) {
	testDir := t.TempDir()
	dir := filepath.Join(testDir, "index")
	succeed(t, corpus, "index", "-q", "-o", dir, "-")
	file := write(t, filepath.Join(testDir, "reviews.txt"), "one\ntwo\n")
	folder := filepath.Join(testDir, "plain")
	write(t, filepath.Join(folder, "a.txt"), "x")
	absent := filepath.Join(testDir, "absent")
	usage := map[string][]string{
		// Names.
		`unknown command "serch"; did you mean "search"?`:                   {"serch"},
		`unknown command "burn"; known are "info", "list", "pull"`:          {"model", "burn"},
		`unknown reranker "mini"; did you mean "minilm"`:                    {"search", dir, "a", "--rerank", "mini"},
		`unknown reranker "bset"; did you mean "best"?`:                     {"sort", "a", "--rerank", "bset"},
		`unknown reranker "croos"; did you mean "cross"?`:                   {"demo", "a", "--rerank", "croos"},
		`unknown reranker "minlim"; did you mean "minilm"?`:                 {"compare", dir, "a", "--rerank", "minlim"},
		`unknown reranker "nome"; did you mean "none"?`:                     {"eval", "--data", folder, "--rerank", "nome"},
		`unknown reranker "zzzzzz": it is not one of auto, none`:            {"search", dir, "a", "--rerank", "zzzzzz"},
		`unknown first stage "bm26"; did you mean "bm25"?`:                  {"search", dir, "a", "--first", "bm26"},
		`unknown first stage "hybird"; did you mean "hybrid"?`:              {"eval", "--data", folder, "--first", "bm25,hybird"},
		`unknown variant of BM25 "lucent"; did you mean "lucene"?`:          {"search", dir, "a", "--bm25", "lucent"},
		`unknown parameter "k2"; did you mean "k1"?`:                        {"search", dir, "a", "--bm25", "lucene:k2=1"},
		`unknown model "minilmm"; did you mean "minilm"?`:                   {"index", "-o", absent, "--vectors", "--model", "minilmm", file},
		`unknown analyzer "germn"; did you mean "german"`:                   {"index", "-o", absent, "--analyzer", "germn", file},
		`unknown analyzer "englsh"; did you mean "english"`:                 {"eval", "--data", folder, "--analyzer", "englsh"},
		`unknown flag --frist; did you mean "--first"?`:                     {"search", dir, "a", "--frist", "bm25"},
		`unknown shorthand flag: 'x'`:                                       {"search", dir, "a", "-x"},
		`--format: unknown value "jsonnl"; did you mean "jsonl"?`:           {"index", "-o", absent, "--format", "jsonnl", "-"},
		`--corpus: unknown value "moon"; known are "auto", "go", "builtin"`: {"demo", "--corpus", "moon"},

		// Values.
		`-n: "ten" is not a whole number`:         {"search", dir, "a", "-n", "ten"},
		`--within: "2" is not a time, such as`:    {"search", dir, "a", "--within", "2"},
		`--depth: "x" is not a whole number`:      {"eval", "--depth", "x"},
		`--vectors: "maybe" is not true or false`: {"index", "--vectors=maybe"},
		"flag needs an argument: --first":         {"search", dir, "a", "--first"},
		"--filter":                                {"search", dir, "a", "--filter", "{"},
		"-n and --depth must be at least 1":       {"search", dir, "a", "-n", "-1"},
		"the query is empty":                      {"sort", " "},
		"--chunk must be above 0":                 {"index", "-o", absent, "--chunk", "0", file},

		// Arguments that are missing, or too many.
		"there is no query: rerank search " + dir:                                {"search", dir},
		`rerank search DIR "when does it end"`:                                   {"search", "when does it end"},
		`put the query in quotes: rerank search ` + dir + ` "when does it end"`:  {"search", dir, "when", "does", "it", "end"},
		"expected the folder of an index and a query":                            {"search"},
		"is a folder, and there is no query: rerank compare " + folder:           {"compare", folder},
		`put the query in quotes: rerank compare ` + dir + ` "when does it end"`: {"compare", dir, "when", "does", "it", "end"},
		`there is no query: rerank sort "query" < FILE`:                          {"sort"},
		`rerank sort "query" < ` + file:                                          {"sort", file},
		`rerank sort "worst" < ` + file:                                          {"sort", "worst", file},
		`put it in quotes: rerank sort "late parcels arrived"`:                   {"sort", "late", "parcels", "arrived"},
		"where should the index be? Name a folder with -o":                       {"index", file},
		"at least one PATH to read":                                              {"index", "-o", absent},
		"nothing to evaluate":                                                    {"eval"},

		// Flags that exclude each other.
		"--append and --overwrite exclude each other":     {"index", "-o", absent, "--overwrite", "--append", file},
		"--jsonl and --lines exclude each other":          {"sort", "a", "--jsonl", "--lines"},
		"--analyzer cannot be combined with --append":     {"index", "-o", dir, "--append", "--analyzer", "german", file},
		"--rerank cannot be combined with --pipeline":     {"search", "a", "--pipeline", file, "--rerank", "best"},
		"--early and --within have no effect on --rerank": {"search", dir, "a", "--early", "--rerank", "bm25"},
	}
	for words, args := range usage {
		fail(t, exitUsage, words, "", args...)
	}
	for words, args := range map[string][]string{
		"no index here; make one with: rerank index -o " + absent: {"search", absent, "a"},
		"no index here; make one with: rerank index -o " + folder: {"compare", folder, "a"},
		absent + ": no such file or folder":                       {"index", "-o", filepath.Join(testDir, "new"), absent},
		"has no vectors":                                          {"search", dir, "a", "--first", "dense"},
		"holds an index already":                                  {"index", "-o", dir, file},
		"no such file":                                            {"search", "--pipeline", absent, "a"},
	} {
		fail(t, exitFailure, words, "", args...)
	}
	if a := command(t, "", "search", dir, "a", "--frist"); !strings.HasSuffix(a.stderr, "Try \"rerank search --help\".\n") {
		t.Errorf("what to do next: %q", a.stderr)
	}
}

func TestVersionFlag(t *testing.T) {
	if flag, command := succeed(t, "", "--version"), succeed(t, "", "version"); flag != command || flag == "" {
		t.Errorf("--version writes %q, version %q", flag, command)
	}
}

func TestSortOfNothing(t *testing.T) {
	if a := command(t, "", "sort", "lease"); a.code != exitOK || !strings.Contains(a.stderr, "no lines on standard input") {
		t.Errorf("%+v", a)
	}
}
