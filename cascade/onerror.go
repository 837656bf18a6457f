package cascade

import (
	"fmt"

	"github.com/flashrerank/rerank/internal/nearest"
)

// OnError says what happens when a stage fails or runs out of time. The end of
// the caller's own context is an error in any case.
type OnError uint8

const (
	// Fail makes the stage's failure the search's.
	Fail OnError = iota
	// Keep goes on with the order the stage was given.
	Keep
)

// String returns "fail" or "keep".
func (o OnError) String() string {
	switch o {
	case Fail:
		return "fail"
	case Keep:
		return "keep"
	}
	return fmt.Sprintf("OnError(%d)", uint8(o))
}

// MarshalText returns "fail" or "keep".
func (o OnError) MarshalText() ([]byte, error) {
	if o > Keep {
		return nil, fmt.Errorf("cascade: %v is neither Fail nor Keep", o)
	}
	return []byte(o.String()), nil
}

// UnmarshalText reads "fail", which "" also means, or "keep".
func (o *OnError) UnmarshalText(text []byte) error {
	switch string(text) {
	case "", "fail":
		*o = Fail
	case "keep":
		*o = Keep
	default:
		return fmt.Errorf("%q is neither fail nor keep%s", text, nearest.Hint(string(text), []string{"fail", "keep"}))
	}
	return nil
}
