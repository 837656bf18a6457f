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
	"github.com/flashrerank/rerank/internal/exactjson"
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
//   - TREC: query, Q0, document, rank, score, tag, separated by tabs or, in lines
//     without any, by white space: IDs with blanks need tabs. Further columns, Q0
//     and the rank are ignored, as by trec_eval: the score makes the order. Where
//     there are more than six columns between white space, the rank must be a
//     whole number: another one hints at a blank in an ID.
//   - JSON: {"query": "q1", "document": "d1", "score": 1.5, "tag": "x"}. The IDs
//     may also be called query_id or qid, document_id, doc_id, docid or id, and
//     may be whole numbers. Instead of a score there may be a "rank", from 1.
//   - MS MARCO: query, document and rank, from 1.
//
// Where there is a rank and no score, the score is the rank's negative. The first
// line may name the columns, and lines may be comments, as for [Judgments]. That
// a document is found once for a query is not checked. The name stands for r in
// errors.
func Run(r io.Reader, name string) iter.Seq2[Result, error] {
	return func(yield func(Result, error) bool) {
		p, first := runParser{}, true
		for l, err := range lines(r, name, nil, MaxLine) {
			result := Result{Line: l.number}
			if err == nil {
				if isComment(l.text, 6) {
					continue
				}
				before := p.kind
				if err = p.parse(l.text, &result); err != nil {
					if l.text[0] == '#' || first && namesColumns(l.text) {
						first = first && l.text[0] == '#'
						p.kind = before
						continue
					}
					result, err = Result{}, position(name, l.number, err)
				}
				first = false
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
		return nil, "", fmt.Errorf("%s: it has no results", name)
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

// parse reads a line. Its kind is the run's if it is the first.
func (p *runParser) parse(text []byte, result *Result) error {
	kind, err := p.parseKind(text, result)
	if p.kind == unknownRun {
		p.kind = kind
	}
	return err
}

func (p *runParser) parseKind(text []byte, result *Result) (runKind, error) {
	if trimmed := bytes.TrimLeft(text, " \t"); len(trimmed) > 0 && trimmed[0] == '{' {
		if !p.expects(jsonRun) {
			return jsonRun, errOtherKind
		}
		return jsonRun, p.parseJSON(text, result)
	}
	var columns [7][]byte
	if !hasTabs(text) {
		return p.parseColumns(columns[:splitSpace(text, columns[:])], true, result)
	}
	kind, err := p.parseColumns(columns[:splitTabs(text, columns[:])], false, result)
	if err != nil { // tabs and blanks may both separate columns
		if n := splitSpace(text, columns[:]); n >= 6 && isWhole(columns[3]) {
			if kind, mixed := p.parseColumns(columns[:n], true, result); mixed == nil {
				return kind, nil
			}
		}
	}
	return kind, err
}

// parseColumns reads the columns of a line; blanks tells that they were cut at
// white space.
func (p *runParser) parseColumns(columns [][]byte, blanks bool, result *Result) (runKind, error) {
	kind := trecRun
	switch n := len(columns); {
	case n == 3:
		kind = marcoRun
	case n < 6:
		return unknownRun, fmt.Errorf("%d columns, not 6 (query, Q0, document, rank, score, tag) or 3 (query, document, rank)", n)
	case n > 6 && blanks && !isWhole(columns[3]):
		return kind, fmt.Errorf("more than 6 columns, and the fourth is not a rank: %.40q: "+
			"where IDs have blanks in them, tabs must separate the columns", columns[3])
	}
	if !p.expects(kind) {
		return kind, errOtherKind
	}
	if kind == marcoRun {
		return kind, p.parseMarco(columns, result)
	}
	return kind, p.parseTREC(columns, result)
}

var errOtherKind = errors.New("the line has another format than the lines before it")

func (p *runParser) expects(kind runKind) bool { return p.kind == unknownRun || p.kind == kind }

func isWhole(column []byte) bool {
	_, err := strconv.Atoi(string(column))
	return err == nil
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
		return fmt.Errorf("the rank is not a whole number from 1: %.40q", columns[2])
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
	if err := exactjson.Unmarshal(text, &r); err != nil {
		return err
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
