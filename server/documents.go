package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/dataset"
	"github.com/flashrerank/rerank/index"
	"github.com/flashrerank/rerank/internal/durable"
	"github.com/flashrerank/rerank/internal/exactjson"
	"github.com/flashrerank/rerank/internal/wire"
	"github.com/flashrerank/rerank/pipeline"
)

// changeDocuments puts and deletes documents: all that a request says, or nothing.
func (s *Server) changeDocuments(w http.ResponseWriter, r *http.Request) {
	read := readChanges
	if kind := r.Header.Get("Content-Type"); strings.Contains(kind, "ndjson") || strings.Contains(kind, "jsonl") || strings.Contains(kind, "json-lines") {
		read = readLines
	}
	var asked changes
	err := s.body(w, r, func(data []byte) error { return read(r.Context(), data, s.config.MaxDocuments, &asked) })
	if err != nil {
		s.refuse(w, r, &own, err)
		return
	}
	s.apply(w, r, asked)
}

// changes are those of a request.
type changes struct {
	list  []pipeline.Change
	stats dataset.Stats // of members that documents have and nothing is made of
}

// put adds a document, whose place is for what it has too much of.
func (c *changes) put(data []byte, place string, number int) error {
	d, err := dataset.ParseDocument(data, place, number, &c.stats)
	c.list = append(c.list, pipeline.Change{Put: d})
	return err
}

// ignored counts those members by their names.
func (c *changes) ignored() map[string]int {
	counts := map[string]int{}
	for _, m := range c.stats.Ignored {
		counts[m.What] += m.Count
	}
	return counts
}

// putDocument puts the document of an address.
func (s *Server) putDocument(w http.ResponseWriter, r *http.Request) {
	var body map[string]json.RawMessage // of any name: those that nothing is made of are counted
	if err := s.decodeOwn(w, r, &body); err != nil {
		s.refuse(w, r, &own, err)
		return
	}
	id := r.PathValue("id")
	if body == nil || id == "" {
		s.refuse(w, r, &own, invalid("invalid request: a document is an object, and its ID is in the path"))
		return
	}
	quoted, _ := json.Marshal(id)
	for _, name := range []string{"_id", "id"} {
		given := body[name]
		delete(body, name)
		if text, err := exactjson.Text(given); given != nil && !exactjson.Null(given) && string(given) != id && (err != nil || text != id) {
			s.refuse(w, r, &own, invalid("invalid request: %s: the ID of the document is in the path, and this is another", name))
			return
		}
	}
	body["id"] = quoted
	data, _ := json.Marshal(body) // of what has just been read
	var asked changes
	if err := asked.put(data, "document", 1); err != nil {
		s.refuse(w, r, &own, invalid("invalid request: %v", err))
		return
	}
	s.apply(w, r, asked)
}

// deleteDocument deletes the document of an address.
func (s *Server) deleteDocument(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if id == "" {
		s.refuse(w, r, &own, invalid("invalid request: the ID of the document is to be in the path"))
		return
	}
	s.apply(w, r, changes{list: []pipeline.Change{{Delete: id}}})
}

// apply makes changes and answers with what became of them.
func (s *Server) apply(w http.ResponseWriter, r *http.Request, asked changes) {
	changes := asked.list
	said := note(r)
	said.dialect, said.model, said.documents = "documents", "documents", len(changes)
	leave, err := s.turn(r.Context(), 0, said)
	if err != nil {
		s.refuse(w, r, &own, err)
		return
	}
	defer leave()
	begun := time.Now()
	inner, end := s.step(r.Context(), "commit", attribute.Int("rerank.changes", len(changes)))
	made, did, err := s.corpus.Apply(inner, changes)
	end(err, attribute.Int("rerank.tokens", did.Tokens))
	said.computed, said.tokens = time.Since(begun), did.Tokens
	if err != nil {
		s.refuse(w, r, &own, unchanged(err))
		return
	}
	s.write(w, http.StatusOK, wire.Changed{
		Generation: made.Generation, Added: made.Added, Replaced: made.Replaced, Deleted: made.Deleted, Duplicates: made.Duplicates, Truncated: did.Truncated,
		Foreign: did.Foreign,
		Ignored: asked.ignored(),
	})
}

// unchanged is what a client is told of a change that failed.
func unchanged(err error) error {
	var unfit *index.DocumentError
	switch {
	case errors.Is(err, index.ErrLocked):
		return locked
	case errors.Is(err, index.ErrMoved):
		return replaced
	case durable.IsFull(err):
		return full
	case errors.As(err, &unfit):
		return invalid("invalid request: %v", unfit)
	}
	return err
}

// oneDocument answers with a document.
func (s *Server) oneDocument(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	var d rerank.Document
	err := s.corpus.Look(r.Context(), func(snapshot *index.Snapshot) error {
		doc, found, err := snapshot.Find(id)
		if err == nil && !found {
			return &failure{http.StatusNotFound, "Validation", "there is no document with this ID"}
		}
		if err == nil {
			d, err = snapshot.Document(doc)
		}
		return err
	})
	if err != nil {
		s.refuse(w, r, &own, err)
		return
	}
	s.write(w, http.StatusOK, stored(d))
}

// documentsInfo answers with what the index is.
func (s *Server) documentsInfo(w http.ResponseWriter, r *http.Request) {
	var about wire.Corpus
	err := s.corpus.Look(r.Context(), func(snapshot *index.Snapshot) error {
		about = wire.Corpus{
			Documents: snapshot.Len(), Generation: snapshot.Generation(), Segments: len(snapshot.Segments()),
			Analyzer: snapshot.Analyzer().Name(), Model: snapshot.Model().Name, ReadOnly: s.config.ReadOnly,
		}
		return nil
	})
	if err != nil {
		s.refuse(w, r, &own, err)
		return
	}
	s.write(w, http.StatusOK, about)
}

// readChanges reads an object of documents to put and IDs to delete.
func readChanges(ctx context.Context, data []byte, most int, into *changes) error {
	var body struct {
		Documents []json.RawMessage `json:"documents"`
		Delete    []string          `json:"delete"`
	}
	if err := exactjson.UnmarshalKnown(data, &body); err != nil {
		return err
	}
	if n := len(body.Documents) + len(body.Delete); n > most {
		return fmt.Errorf("there are %d changes, more than %d", n, most)
	}
	for i, id := range body.Delete {
		if id == "" {
			return fmt.Errorf("delete[%d]: the ID is empty", i)
		}
		into.list = append(into.list, pipeline.Change{Delete: id})
	}
	for i, raw := range body.Documents {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := into.put(raw, "documents", i); err != nil {
			return fmt.Errorf("documents[%d]: %w", i, err)
		}
	}
	if len(into.list) == 0 {
		return errors.New("there are neither documents nor IDs to delete")
	}
	return nil
}

// readLines reads a document on each line, or {"delete": "ID"}.
func readLines(ctx context.Context, data []byte, most int, into *changes) error {
	number := 0
	for line := range bytes.Lines(data) {
		number++
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		if len(into.list) == most {
			return fmt.Errorf("there are more than %d changes", most)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := readLine(line, number, into); err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
	}
	if len(into.list) == 0 {
		return errors.New("there are no lines")
	}
	return nil
}

func readLine(line []byte, number int, into *changes) error {
	if bytes.Contains(line, []byte(`"delete"`)) {
		if id, err := removal(line); id != "" || err != nil {
			into.list = append(into.list, pipeline.Change{Delete: id})
			return err
		}
	}
	return into.put(line, "line", number)
}

// removal reads {"delete": "ID"}, which has no other members; "" is returned for what is no
// such object.
func removal(line []byte) (string, error) {
	var lax struct {
		Delete any `json:"delete"`
	}
	if err := exactjson.Unmarshal(line, &lax); err != nil {
		return "", err
	}
	if _, named := lax.Delete.(string); !named {
		return "", nil
	}
	var strict struct {
		Delete string `json:"delete"`
	}
	err := exactjson.UnmarshalKnown(line, &strict)
	if err == nil && strict.Delete == "" {
		err = errors.New("the ID to delete is empty")
	}
	return strict.Delete, err
}
