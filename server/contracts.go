package server

import "net/http"

// contract is what one dialect asks and is answered: the route table of other services'
// requests, and the table of docs/server.md, whose samples a test sends.
type contract struct {
	dialect string   // for people
	paths   []string // of POST requests; several dialects may share one
	marked  string   // what in a body tells it from others of its paths; "" where the path does
	handle  func(*Server, http.ResponseWriter, *http.Request)

	usual   string // a body that is answered, with what is to be seen in the table
	answer  string
	absent  string // what is absent means, where services differ
	ignored string // what clients send of which nothing comes
	sloppy  []sample
	refused []sample
}

// sample is a body, and what is done with it.
type sample struct {
	what   string
	body   string // with LONG for a text that does not fit the model
	status int    // 0 means 200
}

// What several dialects have in common.
var (
	aloneSample  = sample{"one document without an array", `{"query":"q","documents":"xx"}`, 0}
	objectSample = sample{"objects: `text`, or else all members", `{"query":"q","documents":[{"text":"xx","page":1},{"title":"xx","page":null}]}`, 0}
	askedSample  = sample{"`query` as `{\"text\": …}`", `{"query":{"text":"q"},"documents":["xx"]}`, 0}
	fieldSample  = sample{"`rank_fields` as a string", `{"query":"q","documents":[{"a":"xx"}],"rank_fields":"a"}`, 0}
	mostSample   = sample{"`top_n` 0, or more than there are: all", `{"query":"q","documents":["a","xx"],"top_n":0}`, 0}
	textsSample  = sample{"`texts` too, of any type", `{"query":"q","documents":["a","xx"],"texts":true}`, 0}

	queryRefused  = sample{"an empty query", `{"query":" ","documents":["a"]}`, 400}
	noneRefused   = sample{"no documents", `{"query":"q","documents":[]}`, 400}
	kindRefused   = sample{"a document that is a number or null", `{"query":"q","documents":["a",3]}`, 400}
	countRefused  = sample{"a negative `top_n`", `{"query":"q","documents":["a"],"top_n":-1}`, 400}
	fieldsRefused = sample{"`rank_fields` that a document has none of", `{"query":"q","documents":[{"a":"b"}],"rank_fields":["c"]}`, 400}
	texts400      = sample{"`texts` that is no array, alone", `{"query":"q","texts":true}`, 400}

	inputsRefused = []sample{
		{"no inputs", `{"inputs":[]}`, 400}, {"token ids", `{"inputs":[1,2]}`, 422},
		{"a text that does not fit, with `truncate` false", `{"inputs":"LONG","truncate":false}`, 422},
		{"a `prompt_name` other than `query`, `document` and `passage`", `{"inputs":"a","prompt_name":"s2p"}`, 422},
	}
)

// contracts are those of all dialects.
func contracts() []contract {
	return append(rankingContracts(), companionContracts()...)
}

func rankingContracts() []contract {
	return []contract{
		{
			dialect: "Cohere v2 (also LiteLLM, LangChain, LlamaIndex, Haystack, AI SDK, Weaviate's reranker-cohere)",
			paths:   []string{"/v2/rerank"}, handle: (*Server).rerank,
			usual:   `{"model":"rerank-v3.5","query":"q","documents":["a","xx"],"top_n":1,"max_tokens_per_doc":512,"relevant_spans":{"mode":"disabled"}}`,
			answer:  "`results`, `meta`",
			absent:  "`return_documents` false",
			ignored: "`max_chunks_per_doc`",
			sloppy:  []sample{objectSample, aloneSample, askedSample, fieldSample, mostSample, textsSample, {"`return_documents`", `{"query":"q","documents":["xx"],"return_documents":true}`, 0}},
			refused: []sample{queryRefused, noneRefused, kindRefused, countRefused, fieldsRefused, texts400, {"`relevant_spans.mode` that is neither `enabled` nor `disabled`", `{"query":"q","documents":["a"],"relevant_spans":{"mode":"on"}}`, 400}},
		},
		{
			dialect: "Cohere v1, Jina, Together, vLLM, LocalAI, Xinference, SiliconFlow, Dify, Open WebUI; llama.cpp",
			paths:   []string{"/v1/rerank", "/v1/reranking"}, marked: "`documents`", handle: (*Server).rerank,
			usual:   `{"model":"m","query":"q","documents":["a","xx"],"top_n":1,"return_documents":true}`,
			answer:  "`results`, `usage` (with `completion_tokens`), `meta`; without `top_n` Voyage's `data` too",
			absent:  "`return_documents` false, but true for a model called `jina-…`",
			ignored: "`max_chunks_per_doc`, `return_len`, `overlap_tokens`, `truncate_prompt_tokens`, `kwargs`, `user`",
			sloppy:  []sample{objectSample, aloneSample, askedSample, fieldSample, mostSample, textsSample},
			refused: []sample{queryRefused, noneRefused, kindRefused, countRefused, fieldsRefused, texts400},
		},
		{
			dialect: "Voyage",
			paths:   []string{"/v1/rerank", "/rerank"}, marked: "`documents` with `top_k` or `truncation`", handle: (*Server).rerank,
			usual:   `{"model":"rerank-2.5","query":"q","documents":["a","xx"],"top_k":1,"truncation":true}`,
			answer:  "`data` and `results`, `usage`, `meta`",
			absent:  "`truncation` true, `return_documents` false",
			sloppy:  []sample{{"`top_k` 0, or more than there are: all", `{"query":"q","documents":["a"],"top_k":0}`, 0}, {"`top_n` beside it", `{"query":"q","documents":["a"],"top_k":1,"top_n":1}`, 0}, {"a text that does not fit, with `truncation` false: a warning", `{"query":"q","documents":["LONG"],"truncation":false}`, 0}},
			refused: []sample{{"an empty query", `{"query":"","documents":["a"],"top_k":1}`, 400}},
		},
		{
			dialect: "infinity, vLLM, llama.cpp",
			paths:   []string{"/rerank", "/reranking"}, marked: "`documents`", handle: (*Server).rerank,
			usual:   `{"model":"m","query":"q","documents":["a","xx"],"top_n":1,"raw_scores":false,"use_activation":true}`,
			answer:  "`results`, `usage`, `meta`; never a `document`, as one client wants a text there and another an object",
			absent:  "`raw_scores` false, `use_activation` true",
			ignored: "`return_documents`, `truncate_prompt_tokens`, `instruction`, `user`",
			sloppy:  []sample{objectSample, aloneSample, askedSample, mostSample, textsSample},
			refused: []sample{queryRefused, noneRefused, kindRefused, countRefused},
		},
		{
			dialect: "Weaviate's reranker-transformers",
			paths:   []string{"/rerank"}, marked: "`documents` with `property`, no `model`", handle: (*Server).rerank,
			usual:   `{"query":"q","documents":["a","xx"],"property":""}`,
			answer:  "`scores` in the order of the documents",
			sloppy:  []sample{{"no documents", `{"query":"q","documents":[],"property":"p"}`, 0}, {"an empty query", `{"query":"","documents":["a"],"property":"p"}`, 0}},
			refused: []sample{{"a document that is a number or null", `{"query":"q","documents":[null],"property":""}`, 400}},
		},
		{
			dialect: "TEI (Haystack, LlamaIndex, Milvus, Elasticsearch's `hugging_face`)",
			paths:   []string{"/rerank", "/reranking", "/", "/invocations"}, marked: "`texts`", handle: (*Server).root,
			usual:   `{"query":"q","texts":["a","xx"],"truncate":true,"raw_scores":false}`,
			answer:  "an array of `index`, `score`, `text`; equal scores with the last first",
			absent:  "`truncate` true, `raw_scores` and `return_text` false",
			ignored: "`model`, `top_n`",
			sloppy:  []sample{{"`query` as `{\"text\": …}`", `{"query":{"text":"q"},"texts":["a"]}`, 0}, {"an empty query", `{"query":"","texts":["a"]}`, 0}, {"`truncate` as `NONE` or `END`", `{"query":"q","texts":["a"],"truncate":"NONE"}`, 0}},
			refused: []sample{
				{"no texts", `{"query":"q","texts":[]}`, 400}, {"no query", `{"texts":["a"]}`, 422}, {"a text that is no string", `{"query":"q","texts":["a",3]}`, 422},
				{"a text that does not fit, with `truncate` false", `{"query":"q","texts":["LONG"],"truncate":false}`, 422},
			},
		},
		{
			dialect: "Mixedbread",
			paths:   []string{"/v1/reranking"}, marked: "`input`", handle: (*Server).rerank,
			usual:   `{"model":"m","query":"q","input":["a","xx"],"top_k":1,"return_input":true}`,
			answer:  "`data` of `index`, `score`, `input`",
			absent:  "`return_input` false",
			ignored: "`rewrite_query`",
			sloppy:  []sample{{"objects: `text`, or else all members", `{"query":"q","input":[{"text":"a"}]}`, 0}, {"one input without an array", `{"query":"q","input":"a"}`, 0}},
			refused: []sample{{"no input", `{"query":"q","input":[]}`, 400}, {"an empty query", `{"query":"","input":["a"]}`, 400}, {"a negative `top_k`", `{"query":"q","input":["a"],"top_k":-1}`, 400}},
		},
		{
			dialect: "NVIDIA NIM",
			paths:   []string{"/v1/ranking", "/v1/retrieval/{model}/reranking", "/v1/retrieval/{vendor}/{model}/reranking"}, marked: "`passages`", handle: (*Server).rerank,
			usual:   `{"model":"m","query":{"text":"q"},"passages":[{"text":"a"},{"text":"xx"}],"truncate":"END"}`,
			answer:  "`rankings` of `index`, `logit`",
			absent:  "`truncate` END, where the service has NONE: its windows are longer",
			sloppy:  []sample{{"`query` and passages as strings", `{"query":"q","passages":["a"]}`, 0}, {"`truncate` as true or false", `{"query":"q","passages":["a"],"truncate":false}`, 0}},
			refused: []sample{{"no passages", `{"query":{"text":"q"},"passages":[]}`, 400}, {"a text that does not fit, with `truncate` NONE", `{"query":"q","passages":["LONG"],"truncate":"NONE"}`, 400}},
		},
	}
}

// companionContracts are those of vectors, pairs and tokens.
func companionContracts() []contract {
	return []contract{
		{
			dialect: "OpenAI's embeddings (infinity's, NIM's)",
			paths:   []string{"/v1/embeddings", "/embeddings"}, handle: (*Server).embed,
			usual:   `{"model":"m","input":["a","bc"],"encoding_format":"float","dimensions":2,"input_type":"query"}`,
			answer:  "`data` of `index`, `embedding`, which is base64 where that is asked for",
			absent:  "`encoding_format` float, `truncate` END",
			ignored: "`user`, `modality`",
			sloppy:  []sample{{"`dimensions` 0: the model's own", `{"input":["a"],"dimensions":0}`, 0}, {"one input without an array", `{"input":"a"}`, 0}, {"`inputs` or `texts`", `{"texts":["a"]}`, 0}},
			refused: []sample{
				{"no input", `{"input":[]}`, 400}, {"token ids", `{"input":[[1,2]]}`, 400}, {"`dimensions` other than the model's", `{"input":"a","dimensions":1}`, 400},
				{"an encoding that is neither float nor base64", `{"input":"a","encoding_format":"int8"}`, 400}, {"a text that does not fit, with `truncate` NONE", `{"input":["LONG"],"truncate":"NONE"}`, 400},
			},
		},
		{
			dialect: "Cohere's embeddings",
			paths:   []string{"/v2/embed"}, handle: (*Server).embed,
			usual:  `{"model":"m","texts":["a","bc"],"input_type":"search_query","embedding_types":["float","base64"],"truncate":"END","output_dimension":2}`,
			answer: "`embeddings` by type, `texts`, `meta`",
			absent: "`embedding_types` float, `truncate` END",
			sloppy: []sample{{"one text without an array", `{"texts":"a"}`, 0}, {"`embedding_types` as a string", `{"texts":["a"],"embedding_types":"float"}`, 0}},
			refused: []sample{
				{"no texts", `{"texts":[]}`, 400}, {"a type that is neither float nor base64", `{"texts":["a"],"embedding_types":["ubinary"]}`, 400},
				{"a text that does not fit, with `truncate` NONE", `{"texts":["LONG"],"truncate":"NONE"}`, 400},
			},
		},
		{
			dialect: "TEI's embeddings",
			paths:   []string{"/embed", "/", "/invocations"}, marked: "`inputs`", handle: (*Server).embed,
			usual:   `{"inputs":["a","bc"],"truncate":true,"normalize":true,"dimensions":2,"prompt_name":"query"}`,
			answer:  "an array of vectors",
			absent:  "`truncate` and `normalize` true",
			ignored: "`truncation_direction`",
			sloppy:  []sample{{"one input without an array", `{"inputs":"a"}`, 0}, {"`truncate` as `NONE` or `END`", `{"inputs":"a","truncate":"NONE"}`, 0}},
			refused: inputsRefused,
		},
		{
			dialect: "TEI's embeddings of every token",
			paths:   []string{"/embed_all"}, handle: (*Server).embedAll,
			usual:   `{"inputs":["a","bc"],"truncate":true,"prompt_name":"query"}`,
			answer:  "for each input an array of vectors, special tokens included, as the model's last layer gives them",
			absent:  "`truncate` true",
			ignored: "`truncation_direction`",
			sloppy:  []sample{{"one input without an array", `{"inputs":"a"}`, 0}},
			refused: inputsRefused,
		},
		{
			dialect: "TEI's similarity",
			paths:   []string{"/similarity", "/", "/invocations"}, marked: "`inputs` that is an object", handle: (*Server).embed,
			usual:   `{"inputs":{"source_sentence":"a","sentences":["bc"]}}`,
			answer:  "an array of cosines",
			ignored: "`parameters`",
			refused: []sample{{"no `source_sentence`", `{"inputs":{"sentences":["a"]}}`, 422}},
		},
		{
			dialect: "TEI's pairs",
			paths:   []string{"/predict"}, handle: (*Server).predict,
			usual:   `{"inputs":[["q","a"],["q","xx"]],"truncate":true,"raw_scores":false,"model":"best"}`,
			answer:  "for each pair an array of one `score` and `label`; for a pair by itself that array",
			absent:  "`truncate` true, `raw_scores` false",
			sloppy:  []sample{{"a pair by itself", `{"inputs":["q","a"]}`, 0}},
			refused: []sample{{"no inputs", `{"inputs":[]}`, 400}, {"what is no pair", `{"inputs":[["a"]]}`, 422}, {"a text that does not fit, with `truncate` false", `{"inputs":["q","LONG"],"truncate":false}`, 422}},
		},
		{
			dialect: "vLLM's pairs",
			paths:   []string{"/score", "/v1/score"}, handle: (*Server).score,
			usual:   `{"model":"m","text_1":"q","text_2":["a","xx"],"use_activation":true}`,
			answer:  "`data` of `index`, `score`; `usage`",
			absent:  "`use_activation` true",
			sloppy:  []sample{{"`queries` or `data_1`, and `documents`, `items` or `data_2`", `{"queries":["q"],"documents":["a","b"]}`, 0}},
			refused: []sample{{"no `text_2`", `{"text_1":"a"}`, 400}, {"two with three", `{"text_1":["a","b"],"text_2":["a","b","c"]}`, 400}},
		},
		{
			dialect: "TEI's tokens",
			paths:   []string{"/tokenize"}, handle: (*Server).tokenize,
			usual:   `{"inputs":["a","bc"],"add_special_tokens":true,"model":"best"}`,
			answer:  "for each input an array of `id`, `text`, `special`, `start`, `stop`",
			absent:  "`add_special_tokens` true",
			sloppy:  []sample{{"one input without an array", `{"inputs":"a"}`, 0}},
			refused: []sample{{"no inputs", `{"inputs":[]}`, 400}, {"an input that is no string", `{"inputs":[1]}`, 422}},
		},
		{
			dialect: "vLLM's tokens",
			paths:   []string{"/tokenize"}, marked: "`prompt`", handle: (*Server).tokenize,
			usual:   `{"model":"best","prompt":"a bc","add_special_tokens":true,"return_token_strs":true}`,
			answer:  "`count`, `max_model_len`, `tokens`, `token_strs`",
			absent:  "`add_special_tokens` true, `return_token_strs` false",
			sloppy:  []sample{{"an empty prompt", `{"prompt":""}`, 0}},
			refused: []sample{{"a prompt that is no string", `{"prompt":["a"]}`, 400}},
		},
		{
			dialect: "Cohere's tokens",
			paths:   []string{"/v1/tokenize"}, handle: (*Server).tokenize,
			usual:   `{"model":"best","text":"a bc"}`,
			answer:  "`tokens`, `token_strings`, `meta`",
			refused: []sample{{"no text", `{"text":""}`, 400}},
		},
		{
			dialect: "TEI's texts of tokens",
			paths:   []string{"/decode"}, handle: (*Server).detokenize,
			usual:   `{"ids":[[101,7592,102],[2088]],"skip_special_tokens":true,"model":"best"}`,
			answer:  "an array of texts",
			absent:  "`skip_special_tokens` true",
			sloppy:  []sample{{"one list of IDs", `{"ids":[101,7592]}`, 0}, {"IDs as strings", `{"ids":["7592"]}`, 0}},
			refused: []sample{{"no IDs", `{"ids":[]}`, 400}, {"what is no ID", `{"ids":["a"]}`, 422}, {"an ID of no token", `{"ids":[[99999999]]}`, 400}, {"IDs and lists of them", `{"ids":[1,[2]]}`, 422}},
		},
		{
			dialect: "Cohere's texts of tokens",
			paths:   []string{"/v1/detokenize"}, handle: (*Server).detokenize,
			usual:   `{"model":"best","tokens":[7592,2088]}`,
			answer:  "`text`, `meta`",
			refused: []sample{{"no tokens", `{"tokens":[]}`, 400}, {"an ID of no token", `{"tokens":[-1]}`, 400}},
		},
		{
			dialect: "vLLM's text of tokens",
			paths:   []string{"/detokenize"}, handle: (*Server).detokenize,
			usual:   `{"model":"best","tokens":[7592,2088]}`,
			answer:  "`prompt`",
			refused: []sample{{"no tokens", `{"tokens":[]}`, 400}, {"an ID of no token", `{"tokens":[-1]}`, 400}},
		},
	}
}

// contractRoutes are those of the contracts: the first that names a path has it.
func (s *Server) contractRoutes(mux *mux) {
	taken := map[string]bool{}
	for _, c := range contracts() {
		for _, path := range c.paths {
			if taken[path] {
				continue
			}
			taken[path] = true
			pattern := path
			if path == "/" {
				pattern = "/{$}"
			}
			handle := c.handle
			mux.Handle("POST "+pattern, s.guarded(s.unlessFull(dialectOfPath(path), func(w http.ResponseWriter, r *http.Request) { handle(s, w, r) })))
		}
	}
}
