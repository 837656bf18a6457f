package anytime

import "time"

// clock divides the time of a request into steps.
type clock struct {
	start time.Time
	limit time.Duration // 0 means none

	each  time.Duration // what a hit took lately; 0: nothing is known
	least time.Duration // what a hit took by the judge before, which was quicker
}

// firstStep is how many hits are judged before it is known what one takes.
const firstStep = 4

// step returns how many of the hits that are left to judge next: all where there is
// no bound, and none where not even one can be expected to be done in time.
func (c *clock) step(left int) int {
	if c.limit == 0 {
		return left
	}
	remains := max(0, c.limit-time.Since(c.start))
	if c.each == 0 {
		first := min(left, firstStep)
		if remains <= c.least*time.Duration(first) {
			return 0
		}
		return first
	}
	fits := int(min(remains/c.each, 1<<30))
	return min(left, fits, max(1, fits/3)) // a third leaves room for a wrong guess
}

// took notes what a step of n hits took.
func (c *clock) took(n int, elapsed time.Duration) { c.each = max(1, elapsed/time.Duration(n)) }

// next is told that another judge follows.
func (c *clock) next() { c.least, c.each = c.each, 0 }
