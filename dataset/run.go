package dataset

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"strconv"

	"github.com/flashrerank/rerank/eval"
)

// Result is a line of a run: a document that a system found for a query.
type Result struct {
	Query, Document string  // IDs
	Score           float64 // higher is better; never NaN
	Tag             string  // name of the run, if the line has it
	Line            int     // where it stands, from 1
}

// Run reads a run, the results of a system. All lines are of one of three kinds,
// which the first one shows:
//
//   - TREC: query, Q0, document, rank, score, tag, separated by white space.
//     Further columns, Q0 and the rank are ignored, as by trec_eval: the score
//     makes the order.
//   - JSON: {"query": "q1", "document": "d1", "score": 1.5, "tag": "x"}. The IDs
//     may also be called query_id or qid, document_id, doc_id, docid or id, and
//     may be whole numbers. Instead of a score there may be a "rank", from 1.
//   - MS MARCO: query, document and rank, from 1.
//
// Where there is a rank and no score, the score is the rank's negative. Lines
// that begin with # are comments. That a document is found once for a query is
// not checked. The name stands for r in errors.
func Run(r io.Reader, name string) iter.Seq2[Result, error] {
	return func(yield func(Result, error) bool) {
		p := runParser{}
		for l, err := range lines(r, name, nil, MaxLine) {
			if err == nil && l.text[0] == '#' {
				continue
			}
			result := Result{Line: l.number}
			if err == nil {
				if err = p.parse(l.text, &result); err != nil {
					result, err = Result{}, position(name, l.number, err)
				}
			}
			if !yield(result, err) {
				return
			}
		}
	}
}

// ReadRun reads a run as [Run] does, all of it, and the tag of its last line. No
// results at all are an error.
func ReadRun(r io.Reader, name string) (run eval.Run, tag string, err error) {
	run = eval.Run{}
	for result, err := range Run(r, name) {
		if err != nil {
			return nil, "", err
		}
		run[result.Query] = append(run[result.Query], eval.Scored{Document: result.Document, Score: result.Score})
		tag = result.Tag
	}
	if len(run) == 0 {
		return nil, "", fmt.Errorf("%s: there are no results in it", name)
	}
	return run, tag, nil
}

// runParser parses the lines of one run.
type runParser struct {
	kind          runKind
	queries, tags repeated
}

type runKind uint8

const (
	unknownRun runKind = iota
	trecRun
	jsonRun
	marcoRun
)

func (p *runParser) parse(text []byte, result *Result) error {
	var columns [6][]byte
	n, kind := 0, jsonRun
	if trimmed := bytes.TrimLeft(text, " \t"); len(trimmed) == 0 || trimmed[0] != '{' {
		n = split(text, columns[:])
		switch n {
		case 3:
			kind = marcoRun
		case 6:
			kind = trecRun
		default:
			return fmt.Errorf("%d columns, not 6 (query, Q0, document, rank, score, tag) or 3 (query, document, rank)", n)
		}
	}
	if p.kind == unknownRun {
		p.kind = kind
	} else if p.kind != kind {
		return errors.New("the line is of another kind than those before it")
	}
	switch kind {
	case jsonRun:
		return p.parseJSON(text, result)
	case marcoRun:
		return p.parseMarco(columns[:n], result)
	}
	return p.parseTREC(columns[:n], result)
}

func (p *runParser) parseTREC(columns [][]byte, result *Result) error {
	score, err := strconv.ParseFloat(string(columns[4]), 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) { // beyond the range it is 0 or infinite
		return fmt.Errorf("the score is not a number: %.40q", columns[4])
	}
	if math.IsNaN(score) {
		return fmt.Errorf("the score is not a number: %s", columns[4])
	}
	result.Query, result.Document = p.queries.string(columns[0]), string(columns[2])
	result.Score, result.Tag = score, p.tags.string(columns[5])
	return nil
}

func (p *runParser) parseMarco(columns [][]byte, result *Result) error {
	rank, err := strconv.Atoi(string(columns[2]))
	if err != nil || rank < 1 {
		return fmt.Errorf("the rank is no whole number from 1: %.40q", columns[2])
	}
	result.Query, result.Document, result.Score = p.queries.string(columns[0]), string(columns[1]), -float64(rank)
	return nil
}

// resultRecord is a line of JSON, in all its spellings.
type resultRecord struct {
	Query      json.RawMessage `json:"query"`
	QueryID    json.RawMessage `json:"query_id"`
	Qid        json.RawMessage `json:"qid"`
	Document   json.RawMessage `json:"document"`
	DocumentID json.RawMessage `json:"document_id"`
	DocID      json.RawMessage `json:"doc_id"`
	Docid      json.RawMessage `json:"docid"`
	ID         json.RawMessage `json:"id"`
	Score      *float64        `json:"score"`
	Rank       *int            `json:"rank"`
	Tag        string          `json:"tag"`
}

func (p *runParser) parseJSON(text []byte, result *Result) error {
	var r resultRecord
	if err := json.Unmarshal(text, &r); err != nil {
		return fmt.Errorf("malformed JSON: %w", err)
	}
	query, err := firstID("query", r.Query, r.QueryID, r.Qid)
	if err != nil {
		return err
	}
	document, err := firstID("document", r.Document, r.DocumentID, r.DocID, r.Docid, r.ID)
	if err != nil {
		return err
	}
	switch {
	case r.Score != nil:
		result.Score = *r.Score
	case r.Rank != nil && *r.Rank >= 1:
		result.Score = -float64(*r.Rank)
	default:
		return errors.New(`neither a "score" nor a "rank" from 1`)
	}
	result.Query, result.Document, result.Tag = query, document, r.Tag
	return nil
}

// firstID returns the ID in the first member that is there.
func firstID(what string, members ...json.RawMessage) (string, error) {
	for _, m := range members {
		if m != nil {
			id, err := parseID(m)
			if err != nil {
				return "", fmt.Errorf("%s: %w", what, err)
			}
			return id, nil
		}
	}
	return "", fmt.Errorf("no %q", what)
}
