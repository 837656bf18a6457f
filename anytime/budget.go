package anytime

import (
	"fmt"
	"math"
	"time"
)

// budget divides the time and the tokens of a request into steps.
type budget struct {
	start  time.Time
	time   time.Duration // 0 means no bound
	tokens int           // likewise

	spent int // tokens, of all judges
	pace  pace
	least time.Duration // what a hit took by the judge before, which was quicker
}

// pace is what hits took by the judge at work.
type pace struct {
	time   time.Duration // a hit of the latest step; 0: nothing is known
	hits   int           // of all steps
	tokens int
}

// firstStep is how many hits are judged before it is known what one takes.
const firstStep = 4

// step returns how many of the hits that are left to judge next: all where there is
// no bound, and none where not even one can be expected to stay within it.
func (b *budget) step(left int) int { return min(b.byTime(left), b.byTokens(left)) }

func (b *budget) byTime(left int) int {
	if b.time == 0 {
		return left
	}
	remains := max(0, b.time-time.Since(b.start))
	if b.pace.time == 0 {
		first := min(left, firstStep)
		if remains <= b.least*time.Duration(first) {
			return 0
		}
		return first
	}
	fits := int(min(remains/b.pace.time, 1<<30))
	return min(left, fits, max(1, fits/3)) // a third leaves room for a wrong guess
}

func (b *budget) byTokens(left int) int {
	remains := b.tokens - b.spent
	switch {
	case b.tokens == 0:
		return left
	case remains <= 0:
		return 0
	case b.pace.tokens == 0:
		return min(left, firstStep)
	}
	fits := min(remains, math.MaxInt/b.pace.hits) * b.pace.hits / b.pace.tokens
	return min(left, fits, max(1, fits/2))
}

// took notes what a step of n hits took.
func (b *budget) took(n int, elapsed time.Duration, tokens int) {
	b.pace.time = max(1, elapsed/time.Duration(n))
	b.pace.hits += n
	b.pace.tokens += tokens
	b.spent += tokens
}

// next is told that another judge follows.
func (b *budget) next() { b.least, b.pace = b.pace.time, pace{} }

// String tells which bound was met.
func (b *budget) String() string {
	if b.tokens > 0 && b.byTokens(1) == 0 {
		return fmt.Sprintf("%d of %d tokens were used", b.spent, b.tokens)
	}
	return fmt.Sprintf("time was up after %v", b.time)
}
