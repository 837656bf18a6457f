package crossencoder

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/tokenizer"
	"github.com/flashrerank/rerank/transformer"
)

// sequences make what a model reads of pairs.
type sequences struct {
	tokenizer *tokenizer.Tokenizer
	prompt    *prompt // of a language model; nil for others
	room      int     // tokens for query and text together
	chunk     int     // most tokens of a text at once
	most      int     // chunks of a text
	fills     bool    // a text that is too long fills the room, whatever chunk says
}

// leastRoom is the least room that makes sense.
const leastRoom = 4

func newSequences(tok *tokenizer.Tokenizer, window int, judges bool, o Options) (*sequences, error) {
	s := &sequences{tokenizer: tok, room: window - tok.PairSpecials(), most: cmp.Or(o.MaxChunks, usual), fills: o.Long == LongTruncate}
	if judges {
		s.prompt = newPrompt(tok, cmp.Or(o.Instruction, DefaultInstruction))
		s.room = window - len(s.prompt.before) - len(s.prompt.after)
	}
	if s.room < leastRoom {
		return nil, fmt.Errorf("a window of %d tokens has no room for a query and a text", window)
	}
	s.most = min(s.most, math.MaxInt32/2/s.room) // what they hold together stays an int
	s.chunk = s.room
	if o.ChunkTokens > 0 {
		s.chunk = min(s.room, max(o.ChunkTokens, leastRoom/2))
	}
	return s, nil
}

// DefaultInstruction is what Qwen3-Reranker was trained with.
const DefaultInstruction = "Given a web search query, retrieve relevant passages that answer the query"

// prompt is what a language model is asked, as Qwen3-Reranker was.
type prompt struct {
	before, after []int32
	instruction   string
}

func newPrompt(tok *tokenizer.Tokenizer, instruction string) *prompt {
	p := &prompt{instruction: instruction}
	p.before, _ = tok.AppendText(nil, "<|im_start|>system\nJudge whether the Document meets the requirements based on the Query and the Instruct provided. "+
		"Note that the answer can only be \"yes\" or \"no\".<|im_end|>\n<|im_start|>user\n", 0)
	p.after, _ = tok.AppendText(nil, "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n", 0)
	return p
}

func (p *prompt) head(query string) string {
	return "<Instruct>: " + p.instruction + "\n<Query>: " + query + "\n<Document>: "
}

// first appends the first sequence of a pair, and reports whether the pair had to
// be cut for it.
func (s *sequences) first(b *transformer.Batch, p rerank.Pair) (cut bool) {
	if s.prompt == nil && (s.fills || s.chunk == s.room) {
		b.IDs, b.Types, cut = s.tokenizer.AppendPair(b.IDs, b.Types, p.Query, p.Text, s.room+s.tokenizer.PairSpecials())
		return cut
	}
	query, text := s.split(p)
	n := s.take(len(query), len(text))
	s.assemble(0, query, text[:n]).append(b)
	return n < len(text) || len(query) > s.room-n
}

// split tokenizes a pair, of the text one token more than all chunks have room for.
// What a language model is told belongs to the query.
func (s *sequences) split(p rerank.Pair) (query, text []int32) {
	most := s.most*s.room + 1
	if s.prompt == nil {
		query, _ = s.tokenizer.AppendText(nil, p.Query, 0)
		text, _ = s.tokenizer.AppendText(nil, p.Text, most)
		return query, text
	}
	head := s.prompt.head(p.Query)
	query, _ = s.tokenizer.AppendText(nil, head, 0)
	whole, _ := s.tokenizer.AppendText(nil, head+p.Text, len(query)+most)
	// The seam may be in the middle of a token of the whole, which is what the model
	// was trained on: then that token begins the text.
	same := 0
	for same < min(len(query), len(whole)) && query[same] == whole[same] {
		same++
	}
	return whole[:same], whole[same:]
}

// take returns how many tokens of a text go into a sequence beside a query. Where
// both are too long, each has half of the room.
func (s *sequences) take(query, text int) int {
	room := s.room - min(query, s.room-s.room/2)
	if query+text <= s.room {
		room = text
	}
	if !s.fills {
		room = min(room, s.chunk)
	}
	return min(text, room)
}

// chunk is a further sequence of a pair.
type chunk struct {
	pair       int
	ids, types []int32
}

func (c chunk) append(b *transformer.Batch) {
	b.IDs = append(b.IDs, c.ids...)
	b.Types = append(b.Types, c.types...)
}

// rest appends the sequences of a pair after the first, and reports whether they
// hold all of the query and the end of the text.
func (s *sequences) rest(list []chunk, pair int, p rerank.Pair) (_ []chunk, whole bool) {
	query, text := s.split(p)
	n := s.take(len(query), len(text))
	fits := len(query) <= s.room-n
	query = query[:min(len(query), s.room-n)]
	overlap := n / 8
	at := n
	for made := 1; at < len(text) && made < s.most; made++ {
		from := at - overlap
		to := min(len(text), from+n)
		list, at = append(list, s.assemble(pair, query, text[from:to])), to
	}
	return list, at == len(text) && fits
}

// assemble makes a sequence of a text and as much of the query as fits beside it.
func (s *sequences) assemble(pair int, query, text []int32) chunk {
	query = query[:min(len(query), s.room-len(text))]
	if s.prompt != nil {
		return chunk{pair: pair, ids: slices.Concat(s.prompt.before, query, text, s.prompt.after)}
	}
	ids, types := s.tokenizer.AssemblePair(nil, nil, query, text)
	return chunk{pair, ids, types}
}
