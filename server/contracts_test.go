package server

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/flashrerank/rerank"
)

var update = flag.Bool("update", false, "write the tables of docs/server.md")

// longestText is the size in bytes of a text that does not fit the models of these tests.
const longestText = 1000

// bounded is a model that tells which texts do not fit it.
type bounded struct{ counting }

func (b bounded) Rerank(ctx context.Context, r rerank.Request) (rerank.Result, error) {
	result, err := b.counting.Rerank(ctx, r)
	for _, h := range r.Hits {
		if len(h.Document.Text) > longestText {
			result.Stages[0].Truncated++
		}
	}
	return result, err
}

// contracted is a server for the contracts.
func contracted(t *testing.T) (*Server, string) {
	t.Helper()
	s, err := New(Config{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.models.list[0].reranker, s.models.list[1].embedder = bounded{}, lengths{}
	return s, startedWith(t, s)
}

var parameter = regexp.MustCompile(`\{[a-z]+\}`)

// ask sends a body to a path of a contract.
func (c contract) ask(t *testing.T, at, path, body string) (int, string) {
	t.Helper()
	body = strings.ReplaceAll(body, "LONG", strings.Repeat("word ", longestText/4))
	status, got, _ := post(t, at+parameter.ReplaceAllString(path, "x"), body)
	return status, got
}

// TestContracts: each path answers as the tables say, to what is usual, to what is sloppy
// and to what is refused; a refusal is in the form of the dialect.
func TestContracts(t *testing.T) {
	_, url := contracted(t)
	for _, c := range contracts() {
		samples := append([]sample{{"what is usual", c.usual, 0}}, c.sloppy...)
		for _, path := range c.paths {
			for _, x := range append(samples, c.refused...) {
				status, got := c.ask(t, url, path, x.body)
				if want := max(x.status, 200); status != want || !json.Valid([]byte(got)) {
					t.Errorf("%s, %s: %s\n%s: %d %s, want %d", c.dialect, path, x.what, x.body, status, got, want)
				}
				if status >= 400 && !c.refusal(got) {
					t.Errorf("%s, %s: %s is refused in another dialect: %s", c.dialect, path, x.what, got)
				}
			}
		}
	}
}

// refusal reports whether an error has what clients of the dialect read.
func (c contract) refusal(got string) bool {
	var e struct {
		Message, Detail string
		Error           json.RawMessage
		ErrorType       string `json:"error_type"`
	}
	if json.Unmarshal([]byte(got), &e) != nil {
		return false
	}
	object := bytes.HasPrefix(e.Error, []byte("{"))
	switch name, _, _ := strings.Cut(c.dialect, " "); name {
	case "OpenAI's":
		return object
	case "infinity,", "NVIDIA", "vLLM's":
		return object && e.Message != "" && e.Detail != ""
	case "TEI", "TEI's", "Weaviate's":
		return !object && len(e.Error) > 2 && e.ErrorType != ""
	}
	return e.Message != "" && e.Detail != ""
}

// TestLooseMembers: on every path, what is read as a truth value or a number may be a
// string, null and an empty string are like absent, and what nobody reads may be anything.
func TestLooseMembers(t *testing.T) {
	s, url := contracted(t)
	read := s.reads(t, url)
	for _, c := range contracts() {
		same := func(what, member, one, other string) {
			t.Helper()
			a, b := with(t, c.usual, member, one), with(t, c.usual, member, other)
			for _, path := range c.paths[:1] {
				statusA, gotA := c.ask(t, url, path, a)
				statusB, gotB := c.ask(t, url, path, b)
				if statusA != 200 || statusB != 200 || steady(gotA) != steady(gotB) {
					t.Errorf("%s: %s of %s\n%s: %d %s\n%s: %d %s", c.dialect, what, member, a, statusA, gotA, b, statusB, gotB)
				}
			}
		}
		for member, kind := range read[c.dialect] {
			if strings.Contains(member, ".") {
				continue
			}
			switch kind {
			case "flag":
				same("a string", member, `true`, `"true"`)
				same("a string", member, `false`, `"False"`)
				same("a number", member, `true`, `1`)
				same("null", member, `null`, `""`)
			case "whole":
				same("a string", member, `0`, `"0"`)
				same("a point", member, `0`, `0.0`)
				same("null", member, `null`, `""`)
				if !strings.Contains(member, "dimension") {
					same("a string", member, `1`, `"1"`)
				}
			case "text":
				if !slices.Contains([]string{"query", "text", "text_1", "prompt"}, member) { // without which there is nothing
					same("null", member, `null`, `""`)
				}
			}
		}
		ignored := []string{"surprise", "Query", "stream"}
		for _, quoted := range regexp.MustCompile("`[a-z_]+`").FindAllString(c.ignored, -1) {
			ignored = append(ignored, strings.Trim(quoted, "`"))
		}
		for _, member := range ignored {
			for _, value := range []string{`null`, `{"a":[1]}`, `"{}"`, `true`} {
				same("what nobody reads", member, `1`, value)
			}
		}
		for other, members := range read { // what others read there
			for member := range members {
				_, here := read[c.dialect][member]
				if !here && !strings.Contains(member, ".") && !slices.Contains(marks, member) {
					same("a member of "+other, member, `null`, `[{}]`)
				}
			}
		}
	}
}

// marks are the members that tell dialects apart.
var marks = []string{"documents", "texts", "passages", "input", "inputs", "property", "top_k", "truncation", "queries", "items", "text_1", "text_2", "data_1", "data_2", "text", "prompt"}

// with is a body with a member of another value.
func with(t *testing.T, body, member, value string) string {
	t.Helper()
	members := map[string]json.RawMessage{}
	if err := json.Unmarshal([]byte(body), &members); err != nil {
		t.Fatal(err)
	}
	members[member] = json.RawMessage(value)
	data, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

var passing = regexp.MustCompile(`"id":"[a-z0-9]{20,}"|"created":\d+`)

// steady is an answer without what changes with each.
func steady(answer string) string { return passing.ReplaceAllString(answer, "") }

// reads sends what is usual, and tells for each dialect what is read and as what.
func (s *Server) reads(t *testing.T, url string) map[string]map[string]string {
	t.Helper()
	all := map[string]map[string]string{}
	for _, c := range contracts() {
		read := map[string]string{}
		var looked []string
		s.reading = func(path, kind string) {
			if kind == "" {
				looked = append(looked, path)
			} else {
				read[path] = kind
			}
		}
		if status, got := c.ask(t, url, c.paths[0], c.usual); status != http.StatusOK {
			t.Fatalf("%s: %d %s", c.dialect, status, got)
		}
		s.reading = nil
		for _, path := range looked { // that another dialect would read, unless it is in the body
			if strings.Contains(c.usual, `"`+path+`"`) && read[path] == "" {
				read[path] = "mark"
			}
		}
		all[c.dialect] = read
	}
	return all
}

// TestRoutesHaveContracts: nothing else is posted to, but what is of this server's own.
func TestRoutesHaveContracts(t *testing.T) {
	s, err := New(Config{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, patterns := s.routes()
	var paths []string
	for _, c := range contracts() {
		paths = append(paths, c.paths...)
	}
	for _, pattern := range patterns {
		if path, posted := strings.CutPrefix(pattern, "POST "); posted && !slices.Contains(paths, strings.TrimSuffix(path, "{$}")) {
			t.Errorf("%s has no contract", pattern)
		}
	}
}

// TestOwnContracts: as TestContracts, for /search and /documents.
func TestOwnContracts(t *testing.T) {
	at, _ := withIndex(t, Config{}, nil)
	for _, c := range ownContracts() {
		for _, x := range slices.Concat([]sample{{"what is usual", c.usual, 0}}, c.sloppy, c.refused) {
			address, body := at+c.path, x.body
			if c.method == http.MethodGet {
				parameters, err := url.ParseQuery(x.body)
				if err != nil {
					t.Fatal(err)
				}
				address, body = address+"?"+parameters.Encode(), ""
			}
			status, got := send(t, c.method, address, body, c.header...)
			if status != max(x.status, 200) || !json.Valid([]byte(got)) {
				t.Errorf("%s %s, %s: %s: %d %s", c.method, c.path, x.what, x.body, status, got)
			}
		}
	}
}

// TestContractTables compares the tables of docs/server.md with the contracts.
func TestContractTables(t *testing.T) {
	s, at := contracted(t)
	read := s.reads(t, at)
	var b strings.Builder
	b.WriteString("\n| dialect | path | marked by | answer | what is absent |\n|---|---|---|---|---|\n")
	for _, c := range contracts() {
		fmt.Fprintf(&b, "| %s | `%s` | %s | %s | %s |\n", c.dialect, strings.Join(c.paths, "`, `"), c.marked, c.answer, c.absent)
	}
	b.WriteString("\n| dialect | read | known and ignored | accepted though sloppy | refused |\n|---|---|---|---|---|\n")
	for _, c := range contracts() {
		name, _, _ := strings.Cut(c.dialect, " (")
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", name, names(read[c.dialect]), c.ignored, told(c.sloppy), told(c.refused))
	}
	b.WriteString("\n")
	generated(t, "contracts", b.String())
	b.Reset()
	b.WriteString("\n| request | read | ignored | accepted though sloppy | refused |\n|---|---|---|---|---|\n")
	for _, c := range ownContracts() {
		name := c.method + " " + strings.Replace(c.path, "/documents/a", "/documents/ID", 1)
		if c.header != nil {
			name += ", " + c.header[1]
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", name, c.read, c.ignored, told(c.sloppy), told(c.refused))
	}
	b.WriteString("\n")
	generated(t, "own contracts", b.String())
}

// generated compares a part of docs/server.md with what it should be.
func generated(t *testing.T, part, want string) {
	t.Helper()
	const file = "../docs/server.md"
	begin, end := "<!-- "+part+": go test ./server -run TestContractTables -update -->\n", "<!-- /"+part+" -->\n"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(data), begin)
	have, after, ended := strings.Cut(rest, end)
	switch {
	case !found || !ended:
		t.Fatalf("%s has no place for the %s", file, part)
	case have == want:
	case !*update:
		t.Errorf("%s has other %s: go test ./server -run TestContractTables -update", file, part)
	default:
		if err := os.WriteFile(file, []byte(before+begin+want+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// names lists members, those of objects by their path.
func names(read map[string]string) string {
	var list []string
	for member := range read {
		list = append(list, "`"+member+"`")
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}

// told lists samples, with the status of those that are refused.
func told(samples []sample) string {
	list := make([]string, len(samples))
	for i, x := range samples {
		list[i] = x.what
		if x.status != 0 {
			list[i] += fmt.Sprintf(" (%d)", x.status)
		}
	}
	return strings.Join(list, "; ")
}
