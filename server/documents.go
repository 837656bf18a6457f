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
	var changes []pipeline.Change
	err := s.body(w, r, func(data []byte) (err error) {
		changes, err = read(r.Context(), data, s.config.MaxDocuments)
		return err
	})
	if err != nil {
		s.refuse(w, r, &own, err)
		return
	}
	s.apply(w, r, changes)
}

// putDocument puts the document of an address.
func (s *Server) putDocument(w http.ResponseWriter, r *http.Request) {
	var body map[string]json.RawMessage // of any name: ParseDocument counts those that it ignores
	if err := s.decodeOwn(w, r, &body); err != nil {
		s.refuse(w, r, &own, err)
		return
	}
	id := r.PathValue("id")
	if body == nil || id == "" {
		s.refuse(w, r, &own, invalid("invalid request: a document is an object, and its ID is in the path"))
		return
	}
	delete(body, "_id")
	body["id"], _ = json.Marshal(id)
	data, _ := json.Marshal(body) // of what has just been read
	d, err := dataset.ParseDocument(data)
	if err != nil {
		s.refuse(w, r, &own, invalid("invalid request: %v", err))
		return
	}
	s.apply(w, r, []pipeline.Change{{Put: d}})
}

// deleteDocument deletes the document of an address.
func (s *Server) deleteDocument(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if id == "" {
		s.refuse(w, r, &own, invalid("invalid request: the ID of the document is to be in the path"))
		return
	}
	s.apply(w, r, []pipeline.Change{{Delete: id}})
}

// apply makes changes and answers with what became of them.
func (s *Server) apply(w http.ResponseWriter, r *http.Request, changes []pipeline.Change) {
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
	var unfit *index.DocumentError
	switch {
	case errors.Is(err, index.ErrLocked):
		err = locked
	case errors.Is(err, index.ErrMoved):
		err = replaced
	case errors.As(err, &unfit):
		err = invalid("invalid request: %v", unfit)
	}
	if err != nil {
		s.refuse(w, r, &own, err)
		return
	}
	s.write(w, http.StatusOK, wire.Changed{
		Generation: made.Generation, Added: made.Added, Replaced: made.Replaced, Deleted: made.Deleted, Duplicates: made.Duplicates, Truncated: did.Truncated,
		Foreign: did.Foreign,
	})
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
func readChanges(ctx context.Context, data []byte, most int) ([]pipeline.Change, error) {
	var body struct {
		Documents []json.RawMessage `json:"documents"`
		Delete    []string          `json:"delete"`
	}
	if err := exactjson.UnmarshalKnown(data, &body); err != nil {
		return nil, err
	}
	if n := len(body.Documents) + len(body.Delete); n > most {
		return nil, fmt.Errorf("there are %d changes, more than %d", n, most)
	}
	var changes []pipeline.Change
	for i, id := range body.Delete {
		if id == "" {
			return nil, fmt.Errorf("delete[%d]: the ID is empty", i)
		}
		changes = append(changes, pipeline.Change{Delete: id})
	}
	for i, raw := range body.Documents {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		d, err := dataset.ParseDocument(raw)
		if err != nil {
			return nil, fmt.Errorf("documents[%d]: %w", i, err)
		}
		changes = append(changes, pipeline.Change{Put: d})
	}
	if len(changes) == 0 {
		return nil, errors.New("there are neither documents nor IDs to delete")
	}
	return changes, nil
}

// readLines reads a document on each line, or {"delete": "ID"}.
func readLines(ctx context.Context, data []byte, most int) ([]pipeline.Change, error) {
	var changes []pipeline.Change
	number := 0
	for line := range bytes.Lines(data) {
		number++
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		if len(changes) == most {
			return nil, fmt.Errorf("there are more than %d changes", most)
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		c, err := readLine(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		changes = append(changes, c)
	}
	if len(changes) == 0 {
		return nil, errors.New("there are no lines")
	}
	return changes, nil
}

func readLine(line []byte) (pipeline.Change, error) {
	if bytes.Contains(line, []byte(`"delete"`)) {
		if id, err := removal(line); id != "" || err != nil {
			return pipeline.Change{Delete: id}, err
		}
	}
	d, err := dataset.ParseDocument(line)
	return pipeline.Change{Put: d}, err
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
