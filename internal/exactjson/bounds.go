package exactjson

import "fmt"

// Bounds are limits on JSON that can be seen before anything is made of it. They bound
// what reading it costs: a value of two bytes becomes one of a hundred.
type Bounds struct {
	Depth   int // of arrays and objects within each other
	Members int // of one array or object
	Values  int // in all, arrays and objects included
}

// Meter looks at JSON while it arrives, in parts of any length, and counts. It takes
// what is no JSON for what it resembles: to refuse that is left to those who read it.
type Meter struct {
	Bounds
	Seen int // values so far

	offset  int64
	members []int // of the arrays and objects that are open
	text    bool  // within a string
	escaped bool  // after a backslash in it
}

// Write looks at a part. Its error is an [*Error], after which nothing more is looked at.
func (m *Meter) Write(part []byte) (int, error) {
	for i, b := range part {
		if m.text {
			switch {
			case m.escaped:
				m.escaped = false
			case b == '\\':
				m.escaped = true
			case b == '"':
				m.text = false
			}
			continue
		}
		if b > ',' && b < '[' || b <= ' ' { // most of what is no text
			continue
		}
		if err := m.mark(b); err != nil {
			err.Offset = m.offset + int64(i)
			err.Message += fmt.Sprintf(", at byte %d", err.Offset)
			return i, err
		}
	}
	m.offset += int64(len(part))
	return len(part), nil
}

// mark sees a byte that is not within a string.
func (m *Meter) mark(b byte) *Error {
	switch b {
	case '"':
		m.text = true
	case '[', '{':
		m.members = append(m.members, 1)
		m.Seen++
		if len(m.members) > m.Depth {
			return &Error{Message: fmt.Sprintf("arrays and objects nest deeper than %d", m.Depth)}
		}
	case ']', '}':
		if n := len(m.members); n > 0 {
			m.members = m.members[:n-1]
		}
	case ',':
		m.Seen++
		if n := len(m.members); n > 0 {
			if m.members[n-1]++; m.members[n-1] > m.Members {
				return &Error{Message: fmt.Sprintf("an array or object has more than %d elements", m.Members)}
			}
		}
	}
	if m.Seen > m.Values {
		return &Error{Message: fmt.Sprintf("there are more than %d values", m.Values)}
	}
	return nil
}
