package server

import (
	"cmp"
	"context"
	"errors"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/internal/count"
	"github.com/flashrerank/rerank/internal/loose"
	"github.com/flashrerank/rerank/internal/wire"
)

// embedding is a request for vectors, in no dialect.
type embedding struct {
	model      string
	texts      []string
	role       rerank.Role
	unsaid     bool // whether the request does not tell the role
	compare    bool // the first text with the others
	every      bool // of every token
	raw        bool // vectors of the length that the model gives them
	kinds      []string
	dimensions int // 0: the model's own
	whole      int // status of a refusal where a text would have to be cut; 0: it may be
}

// embed answers OpenAI's, Cohere's and TEI's requests for vectors.
func (s *Server) embed(w http.ResponseWriter, r *http.Request) {
	d := dialectOfPath(r.URL.Path)
	b, err := s.foreign(w, r)
	if err != nil {
		s.refuse(w, r, d, err)
		return
	}
	s.embedded(w, r, d, b)
}

// root answers TEI's requests to its root: of a reranker, or of an embedder.
func (s *Server) root(w http.ResponseWriter, r *http.Request) {
	b, err := s.foreign(w, r)
	switch {
	case err != nil:
		s.refuse(w, r, &tei, err)
	case b.Has("inputs"):
		s.embedded(w, r, &tei, b)
	default:
		s.reranked(w, r, b)
	}
}

func (s *Server) embedded(w http.ResponseWriter, r *http.Request, d *dialect, b *loose.Object) {
	said := note(r)
	said.dialect = d.name + " embed"
	e, err := wanted(r.URL.Path, d, b)
	var got embedded
	if err = cmp.Or(b.Err(), err); err == nil {
		got, err = s.vectors(r.Context(), e, said)
	}
	if err != nil {
		s.refuse(w, r, d, d.misread(err))
		return
	}
	h := w.Header()
	h.Set("X-Rerank-Model", got.model.Name)
	h.Set("X-Compute-Tokens", strconv.Itoa(got.Tokens))
	if d.mute {
		warn(h, got.warnings)
	}
	s.write(w, http.StatusOK, embedAnswer(r.URL.Path, e, got, said))
}

// embedded are the vectors of a request.
type embedded struct {
	rerank.Vectors
	states   [][][]float32 // of each token of each text, where that was asked for
	model    *model
	warnings []string
}

// openAI has OpenAI's errors.
var openAI = dialect{name: "openai", fail: func(f *failure) any { return openAIFailure(f) }, mute: true}

// wanted reads what is to be embedded.
func wanted(path string, d *dialect, b *loose.Object) (embedding, error) {
	e := embedding{model: b.Text("model"), raw: !b.Flag("normalize", true), dimensions: b.Whole("dimensions", 0), whole: whole(b, cmp.Or(d.unfit, http.StatusBadRequest))}
	if n := b.Whole("output_dimension", 0); n != 0 {
		e.dimensions = n
	}
	switch {
	case b.Has("texts") && d == &cohere2:
		e.texts, _ = b.OneOrMore("texts")
	case b.Has("inputs"):
		e.texts, e.compare = inputs(b, "inputs")
	case b.Has("input"):
		e.texts, e.compare = inputs(b, "input")
	default:
		e.texts, _ = b.OneOrMore("texts")
	}
	e.role, e.unsaid = roleOf(d, b)
	e.kinds, _ = b.OneOrMore("embedding_types")
	if kind := b.Word("encoding_format"); kind != "" && d != &cohere2 {
		e.kinds = []string{kind}
	}
	switch {
	case b.Err() != nil:
		return e, b.Err()
	case path == "/similarity" && !e.compare:
		return e, invalid("`inputs` must have source_sentence and sentences")
	case len(e.texts) == 0:
		return e, &failure{http.StatusBadRequest, "Empty", "there is no input"}
	}
	for _, kind := range e.kinds {
		if kind != "float" && kind != "base64" {
			return e, invalid("the encoding %q is neither float nor base64", kind)
		}
	}
	return e, nil
}

// inputs reads a text, an array of texts, or a sentence and others to compare it with.
func inputs(b *loose.Object, name string) (texts []string, compare bool) {
	if b.Kind(name) == '{' {
		o := b.Object(name)
		if !o.Has("source_sentence") {
			b.Fail(name, errors.New("it is an object that is not of source_sentence and sentences"))
		}
		return append([]string{o.Text("source_sentence")}, o.Texts("sentences")...), true
	}
	if b.Kind(name) == '"' {
		return []string{b.Text(name)}, false
	}
	b.Each(name, func(value []byte) error {
		if value[0] == '[' || value[0] == '-' || value[0] >= '0' && value[0] <= '9' {
			return errors.New("it is token ids: texts are needed, as models differ in their tokens")
		}
		text, err := loose.ElementText(value)
		texts = append(texts, text)
		return err
	})
	return texts, false
}

// vectors waits for the request's turn and has its texts embedded.
func (s *Server) vectors(ctx context.Context, e embedding, said *record) (embedded, error) {
	m, err := present(s.models.findEmbedder(e.model), e.model)
	if err != nil {
		return embedded{}, err
	}
	said.model, said.documents = m.Name, len(e.texts)
	leave, err := s.turn(ctx, 0, said)
	if err != nil {
		return embedded{}, err
	}
	defer leave()
	embedder, err := m.embed()
	if err != nil {
		return embedded{}, err
	}
	defer m.release()
	if own := embedder.Model().Dimensions; e.dimensions != 0 && e.dimensions != own {
		return embedded{}, invalid("dimensions: %d: the model's vectors have %d and mean nothing when they are cut", e.dimensions, own)
	}
	e = s.config.prompted(e)
	if err := m.affordable(ctx, e.texts, s.config.MaxTokens); err != nil {
		return embedded{}, err
	}
	if e.whole != 0 {
		if n, err := m.beyond(ctx, e.texts, embedder.Model().MaxTokens); err != nil {
			return embedded{}, err
		} else if n > 0 {
			return embedded{}, tooLong(n, e.whole)
		}
	}
	begun := time.Now()
	inner, end := s.step(ctx, "embed", attribute.String("rerank.model", m.Name), attribute.Int("rerank.documents", len(e.texts)))
	states, v, err := e.read(inner, m, embedder)
	end(err, attribute.Int("rerank.tokens", v.Tokens))
	said.computed, said.tokens = time.Since(begun), v.Tokens
	if err != nil {
		return embedded{}, err
	}
	got := embedded{Vectors: v, states: states, model: m}
	if n := truths(v.Truncated); n > 0 && e.whole != 0 {
		return got, tooLong(n, e.whole)
	} else if n > 0 {
		got.warnings = append(got.warnings, numbered(n, "text", "was", "were")+" cut to fit the model")
	}
	if n := truths(v.Foreign); n > 0 {
		got.warnings = append(got.warnings, numbered(n, "text", "seems", "seem")+" to be in a language that the model does not know")
	}
	return got, nil
}

// numbered is a number of things with the verb that follows.
func numbered(n int, noun, one, more string) string {
	if n == 1 {
		return count.Of(n, noun) + " " + one
	}
	return count.Of(n, noun) + " " + more
}

// truths returns how many are true.
func truths(list []bool) int {
	n := 0
	for _, yes := range list {
		if yes {
			n++
		}
	}
	return n
}

// tooLong refuses texts that must not be cut.
func tooLong(n, status int) *failure {
	return &failure{status, "Validation", longer(n) + ", and truncation is off"}
}

// longer says of how many texts a model does not read all.
func longer(n int) string {
	return numbered(n, "text", "is", "are") + " longer than the model's window"
}

// embedAnswer puts vectors into a dialect.
func embedAnswer(path string, e embedding, got embedded, said *record) any {
	list := make([]wire.Vector, got.Len())
	for i := range list {
		list[i].Values = got.At(i)
		if !e.raw {
			unit(list[i].Values)
		}
	}
	switch {
	case e.compare:
		scores := make([]wire.Score, len(list)-1)
		for i := range scores {
			scores[i] = wire.Score(dot(list[0].Values, list[i+1].Values))
		}
		return scores
	case strings.HasPrefix(path, "/v2/"):
		a := wire.CohereEmbeddings{
			ID: said.id, Embeddings: map[string][]wire.Vector{}, Texts: e.texts, ResponseType: "embeddings_by_type",
			Meta: wire.Meta{APIVersion: wire.APIVersion{Version: "2"}, Tokens: &wire.Tokens{InputTokens: got.Tokens}, Warnings: got.warnings},
		}
		kinds := e.kinds
		if len(kinds) == 0 {
			kinds = []string{"float"}
		}
		for _, kind := range kinds {
			a.Embeddings[kind] = slices.Clone(list)
			for i := range a.Embeddings[kind] {
				a.Embeddings[kind][i].Base64 = kind == "base64"
			}
		}
		return a
	case strings.HasSuffix(path, "/embeddings"):
		a := wire.EmbeddingList{Object: "list", Model: got.model.Name, Usage: wire.Usage{PromptTokens: got.Tokens, TotalTokens: got.Tokens}}
		for i, x := range list {
			x.Base64 = slices.Equal(e.kinds, []string{"base64"})
			a.Data = append(a.Data, wire.Embedding{Object: "embedding", Index: i, Embedding: x})
		}
		return a
	}
	return list
}

// unit gives a vector the length 1, unless it has it to within what float32 can tell.
func unit(v []float32) {
	length := math.Sqrt(dot(v, v))
	if length == 0 || math.Abs(length-1) < 1e-6 {
		return
	}
	for i := range v {
		v[i] = float32(float64(v[i]) / length)
	}
}

func dot(a, b []float32) float64 {
	sum := 0.0
	for i, x := range a {
		sum += float64(x) * float64(b[i])
	}
	return sum
}
