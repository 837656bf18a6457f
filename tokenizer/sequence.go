package tokenizer

// pieces collects the tokens of one text, up to a limit, and counts the rest.
type pieces struct {
	ids     []int32
	spans   []span
	aligned bool
	limit   int // tokens to keep; negative: all
	total   int
	stops   bool // nobody wants to know how many there are beyond the limit
}

// full reports whether further tokens would be for nothing.
func (p *pieces) full() bool { return p.stops && p.limit >= 0 && p.total > p.limit }

func (p *pieces) reset(aligned bool, limit int) {
	p.ids, p.spans, p.aligned, p.limit, p.total, p.stops = p.ids[:0], p.spans[:0], aligned, limit, 0, false
}

func (p *pieces) add(id int32, at span) {
	p.total++
	if p.limit >= 0 && len(p.ids) >= p.limit {
		return
	}
	p.ids = append(p.ids, id)
	if p.aligned {
		p.spans = append(p.spans, at)
	}
}

// mark and rewind take back what was added in between.
func (p *pieces) mark() int { return p.total }

func (p *pieces) rewind(mark int) {
	p.total = mark
	if keep := mark; keep < len(p.ids) {
		p.ids = p.ids[:keep]
		if p.aligned {
			p.spans = p.spans[:keep]
		}
	}
}

func (p *pieces) cut(n int) {
	if n < len(p.ids) {
		p.ids = p.ids[:n]
		if p.aligned {
			p.spans = p.spans[:n]
		}
	}
}

// longestFirst returns how many tokens of two texts of a and b tokens stay
// within room: the longer one gives way, and both once each exceeds half
// (tokenizers, truncate_encodings with LongestFirst).
func longestFirst(a, b, room int) (int, int) {
	if a+b <= room {
		return a, b
	}
	short := min(a, b, room/2)
	long := room - short
	if a > b {
		return long, short
	}
	return short, long
}
