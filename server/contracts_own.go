package server

// ownContract is what a request of this server's own may have, for the second table of
// docs/server.md: what is not known is refused.
type ownContract struct {
	method, path string
	read         string // members, or parameters of the address
	ignored      string
	header       []string // names and values
	usual        string   // a body, or the parameters of an address
	sloppy       []sample
	refused      []sample
}

func ownContracts() []ownContract {
	return []ownContract{
		{
			method: "POST", path: "/search",
			read:   "`query`, `k`, `filter`, `ids_only`, `context`, `priority`",
			usual:  `{"query":"lease","k":1,"filter":{"year":2024},"ids_only":true,"context":{"a":1},"priority":1}`,
			sloppy: []sample{{"`query` as `{\"text\": …}`", `{"query":{"text":"lease"}}`, 0}, {"`k` 0, which means 10", `{"query":"lease","k":0}`, 0}, {"null for absent", `{"query":"lease","k":null,"filter":null,"context":null}`, 0}},
			refused: []sample{
				{"a member that is not known", `{"query":"lease","filters":{}}`, 400}, {"one that appears twice", `{"query":"a","query":"b"}`, 400}, {"a number or a truth value as a string", `{"query":"lease","k":"1"}`, 400},
				{"an empty query", `{"query":" "}`, 400}, {"a filter that is none", `{"query":"lease","filter":{"a":{"$b":1}}}`, 400},
			},
		},
		{
			method: "GET", path: "/search",
			read:    "`q`, `k`, `filter`",
			usual:   `q=lease&k=1&filter={"year":2024}`,
			refused: []sample{{"a parameter that is not known", `q=lease&fliter={}`, 400}, {"one that appears twice", `q=a&q=b`, 400}, {"`k` that is no whole number", `q=a&k=b`, 400}},
		},
		{
			method: "POST", path: "/documents",
			read:    "`documents` (of each `id` or `_id`, `title`, `text`, `fields`, `metadata`, `meta`), `delete`",
			ignored: "other members of a document; `ignored` in the answer counts them by name",
			usual:   `{"documents":[{"id":"a","title":"t","text":"lease","fields":{"year":2024},"metadata":{"lang":"en"},"meta":[1]}],"delete":["b"]}`,
			sloppy:  []sample{{"an ID that is a whole number", `{"documents":[{"id":7}]}`, 0}, {"other members of a document", `{"documents":[{"id":"a","author":"x"}]}`, 0}, {"null for absent", `{"documents":[{"id":"a","text":null,"fields":null}]}`, 0}},
			refused: []sample{
				{"a member that is not known", `{"document":[{"id":"a"}],"delete":["a"]}`, 400}, {"one that appears twice", `{"documents":[{"id":"a","text":"b","text":"c"}]}`, 400}, {"a document without an ID", `{"documents":[{"text":"a"}]}`, 400},
				{"one field from two members", `{"documents":[{"id":"a","fields":{"x":1},"metadata":{"x":2}}]}`, 400}, {"nothing to do", `{}`, 400},
			},
		},
		{
			method: "POST", path: "/documents", header: []string{"Content-Type", "application/x-ndjson"},
			read:    "a document, or `delete` alone, on each line of NDJSON",
			ignored: "as above",
			usual:   `{"id":"a","text":"lease"}` + "\n" + `{"delete":"b"}`,
			sloppy:  []sample{{"empty lines", "\n" + `{"id":"a"}` + "\n\n", 0}},
			refused: []sample{{"`delete` beside other members", `{"delete":"a","id":"b"}`, 400}, {"a line that is no object", `[]`, 400}, {"no lines", "\n", 400}},
		},
		{
			method: "PUT", path: "/documents/a",
			read:    "`title`, `text`, `fields`, `metadata`, `meta`; the ID is in the path",
			ignored: "as above",
			usual:   `{"title":"t","text":"lease"}`,
			sloppy:  []sample{{"`id` or `_id` that is the path's", `{"id":"a","text":"lease"}`, 0}},
			refused: []sample{{"`id` or `_id` of another document", `{"id":"b"}`, 400}, {"what is no object", `null`, 400}},
		},
	}
}
