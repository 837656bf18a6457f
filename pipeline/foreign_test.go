package pipeline_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/index"
	"github.com/flashrerank/rerank/internal/testenv"
	"github.com/flashrerank/rerank/pipeline"
)

// foreign are a question and texts, the better ones by their words first, in languages that
// the embedded models do not know.
var foreign = map[string][]string{
	"ru": {
		"где лежит ключ от старого сарая", "Ключ от старого сарая лежит на полке.", "Ключ от дома лежит под ковром у двери.",
		"От старого моста до города час пути.", "Картошку пекут сорок минут.",
	},
	"el": {
		"πότε ανοίγει η δημοτική βιβλιοθήκη", "Η δημοτική βιβλιοθήκη ανοίγει στις εννέα.", "Η βιβλιοθήκη έχει πολλά παλιά βιβλία.",
		"Το ψωμί ψήνεται σαράντα λεπτά.",
	},
	"ar": {
		"متى تفتح المكتبة العامة أبوابها", "تفتح المكتبة العامة أبوابها في التاسعة.", "في المكتبة كتب قديمة كثيرة.", "يخبز الخبز أربعين دقيقة.",
	},
	"zh": {"图书馆几点开门", "图书馆早上九点开门。", "图书馆里有很多旧书。", "面包要烤四十分钟。", "门是蓝色的。"},
	"ja": {"図書館は何時に開きますか", "図書館は九時に開きます。", "図書館には古い本がたくさんある。", "パンを四十分焼く。"},
	"ko": {"시립 도서관은 언제 문을 엽니까", "시립 도서관은 아홉 시에 문을 엽니다.", "도서관은 오래된 책이 많다.", "빵을 사십 분 굽는다."},
}

// mixed are all foreign texts and some in English.
func mixed() []rerank.Document {
	docs := []rerank.Document{
		{ID: "lease", Text: "The lease of the flat ends in May."},
		{ID: "rent", Text: "Our tenancy agreement expires next spring."},
		{ID: "bread", Text: "Bake the bread for forty minutes."},
	}
	for language, texts := range foreign {
		for i, text := range texts[1:] {
			docs = append(docs, rerank.Document{ID: fmt.Sprint(language, i+1), Text: text})
		}
	}
	slices.SortFunc(docs, func(a, b rerank.Document) int { return strings.Compare(a.ID, b.ID) })
	return docs
}

// warned reports whether any stage warns of the query's language.
func warned(stages []rerank.StageReport) bool {
	return slices.ContainsFunc(stages, func(s rerank.StageReport) bool {
		return strings.Contains(strings.Join(s.Warnings, "\n"), "the query does not seem to be in English")
	})
}

// TestForeignQueries: whatever a default makes of a question in a language that its models
// do not know, the order is that of the words.
func TestForeignQueries(t *testing.T) {
	testenv.Native(t)
	e, err := pipeline.OpenEmbedder(pipeline.MiniLM)
	if err != nil {
		t.Fatal(err)
	}
	list := entries(mixed()...)
	if did, err := pipeline.Embed(t.Context(), e, list, nil); err != nil || did.Documents != 3 || did.Foreign != len(list)-3 || did.Tokens > 50 { // nothing is computed of the foreign ones
		t.Fatalf("%+v, %v", did, err)
	}
	with := memory(t, index.Options{Model: e.Model()}, list)
	without := memory(t, index.Options{}, entries(mixed()...))
	var loader pipeline.Loader
	opened := func(s *index.Snapshot, c pipeline.Config) *pipeline.Pipeline {
		p, err := loader.New(t.Context(), s, c)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	stage := func(name string, early *pipeline.Early) []pipeline.Stage {
		return []pipeline.Stage{{Rerank: name, Early: early}}
	}
	words := opened(without, pipeline.Config{First: pipeline.First{Kind: pipeline.KindBM25}, Stages: noStages})
	for name, p := range map[string]*pipeline.Pipeline{
		"the default over texts":    opened(without, pipeline.Config{}),
		"minilm over texts":         opened(without, pipeline.Config{Stages: stage(pipeline.MiniLM, nil)}),
		"best, early":               opened(without, pipeline.Config{Stages: stage(pipeline.Best, &pipeline.Early{})}),
		"the default over vectors":  opened(with, pipeline.Config{}),
		"minilm over words":         opened(with, pipeline.Config{First: pipeline.First{Kind: pipeline.KindBM25}, Stages: stage(pipeline.MiniLM, nil)}),
		"best over vectors":         opened(with, pipeline.Config{Stages: stage(pipeline.Best, nil)}),
		"the hybrid":                opened(with, pipeline.Config{First: pipeline.First{Kind: pipeline.KindHybrid}, Stages: noStages}),
		"the hybrid by their ranks": opened(with, pipeline.Config{First: pipeline.First{Kind: pipeline.KindHybrid, Fusion: pipeline.Fusion{Method: pipeline.MethodRRF}}, Stages: noStages}),
	} {
		for language, texts := range foreign {
			want, err := words.Search(t.Context(), texts[0], 0)
			if err != nil {
				t.Fatal(err)
			}
			got, err := p.Search(t.Context(), texts[0], 0)
			if err != nil {
				t.Fatalf("%s, %s: %v", name, language, err)
			}
			if len(want.Hits) == 0 || want.Hits[0].Document.ID != language+"1" || ids(got.Hits) != ids(want.Hits) {
				t.Errorf("%s, %s: %s, by words %s", name, language, ids(got.Hits), ids(want.Hits))
			}
			if !warned(got.Stages) || warned(want.Stages) {
				t.Errorf("%s, %s: nothing warns in %+v", name, language, got.Stages)
			}
		}
		got, err := p.Search(t.Context(), "when does the lease of the flat end", 0)
		if err != nil || got.Hits[0].Document.ID != "lease" || warned(got.Stages) {
			t.Errorf("%s, an English question: %v, %+v", name, err, got)
		}
	}
	alone := opened(with, pipeline.Config{First: pipeline.First{Kind: pipeline.KindHybrid, Fusion: pipeline.Fusion{Lexical: new(0.0)}}, Stages: noStages})
	if got, err := alone.Search(t.Context(), foreign["ru"][0], 0); err != nil || len(got.Hits) != 3 || !warned(got.Stages) {
		t.Errorf("the hybrid without words: %v, %+v", err, got)
	}
	dense := opened(with, pipeline.Config{First: pipeline.First{Kind: pipeline.KindDense}, Stages: noStages})
	if got, err := dense.Search(t.Context(), foreign["ru"][0], 0); err != nil || len(got.Hits) != 3 || !warned(got.Stages) {
		t.Errorf("dense: %v, %+v", err, got)
	}
	// What dense search cannot find is told, and what words find too is not.
	missing := fmt.Sprintf("without %d documents that have no vector in the index", len(list)-3)
	for name, p := range map[string]*pipeline.Pipeline{"dense": dense, "without words": alone, "hybrid": opened(with, pipeline.Config{Stages: noStages})} {
		got, err := p.Search(t.Context(), "when does the lease of the flat end", 0)
		if err != nil {
			t.Fatal(err)
		}
		told := slices.ContainsFunc(got.Stages, func(s rerank.StageReport) bool { return slices.Contains(s.Warnings, missing) })
		noted := slices.ContainsFunc(got.Stages, func(s rerank.StageReport) bool { return slices.Contains(s.Notes, missing) })
		if told != (name != "hybrid") || noted != (name == "hybrid") {
			t.Errorf("%s: %+v", name, got.Stages)
		}
	}
}

// TestForeignExplained: that a list has no score for a text is told as it is, in JSON too.
func TestForeignExplained(t *testing.T) {
	testenv.Native(t)
	e, err := pipeline.OpenEmbedder(pipeline.MiniLM)
	if err != nil {
		t.Fatal(err)
	}
	list := entries(append(mixed(), rerank.Document{ID: "baker", Text: "Хлеб пекут сорок минут, говорит the baker."})...)
	if _, err := pipeline.Embed(t.Context(), e, list, nil); err != nil {
		t.Fatal(err)
	}
	p := open(t, memory(t, index.Options{Model: e.Model()}, list), pipeline.Config{First: pipeline.First{Kind: pipeline.KindHybrid}, Stages: noStages})
	q := rerank.Query{Text: "baker"}
	got, err := p.Search(t.Context(), q.Text, 1)
	if err != nil || len(got.Hits) != 1 || got.Hits[0].Document.ID != "baker" {
		t.Fatalf("%+v, %v", got, err)
	}
	told, err := p.Explain(t.Context(), q, got.Hits[0])
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(told)
	if want := `{"value":null,"what":"dense (cosine), which gives it no score"}`; err != nil || !strings.Contains(string(data), want) {
		t.Errorf("%s lacks %s: %v", data, want, err)
	}
}

// TestForeignTexts: of given texts, those in other languages count by their words alone,
// and a model alone scores them and says so.
func TestForeignTexts(t *testing.T) {
	testenv.Native(t)
	docs := []rerank.Document{
		{Text: "Bake the bread for forty minutes."},
		{Text: "Хлеб пекут сорок минут, говорит the baker."},
		{Text: "The oven is hot when the lamp goes out."},
		{Text: "面包要烤四十分钟。"},
	}
	for _, name := range []string{pipeline.Best, pipeline.MiniLM, pipeline.MiniLMCosine, pipeline.Cross} {
		r, err := pipeline.NewReranker(name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.Rerank(t.Context(), rerank.Request{Query: rerank.Query{Text: "how long does bread bake"}, Hits: rerank.Hits(docs)})
		if err != nil {
			t.Fatal(err)
		}
		if got.Hits[0].Index != 0 || len(got.Hits) != len(docs) || warned(got.Stages) {
			t.Errorf("%s: %+v", name, got.Hits)
		}
		if s := got.Stages[0]; s.Foreign != 2 {
			t.Errorf("%s: %d texts are told to be foreign: %+v", name, s.Foreign, s)
		}
		if blend := name == pipeline.Best || name == pipeline.MiniLM; blend {
			if got.Hits[1].Index != 2 {
				t.Errorf("%s: what is said in no word comes before what is said in English: %+v", name, got.Hits)
			}
		}
		got, err = r.Rerank(t.Context(), rerank.Request{Query: rerank.Query{Text: "сколько печь хлеб"}, Hits: rerank.Hits(docs)})
		if err != nil || !warned(got.Stages) || len(got.Hits) != len(docs) {
			t.Errorf("%s: %v, %+v", name, err, got)
		}
	}
}
