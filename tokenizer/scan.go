package tokenizer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// scanner walks the outer objects of a JSON text by hand. Everything small goes
// to encoding/json as a whole value; a vocabulary of tens of thousands of tokens
// is read in place, many times faster than into a map.
type scanner struct {
	data []byte
	at   int
}

var errTruncated = errors.New("the text ends early")

func (s *scanner) fail(format string, args ...any) error {
	return fmt.Errorf("byte %d: "+format, append([]any{s.at}, args...)...)
}

// peek returns the next byte that is no white space, without taking it.
func (s *scanner) peek() (byte, error) {
	for ; s.at < len(s.data); s.at++ {
		switch c := s.data[s.at]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c, nil
		}
	}
	return 0, s.fail("%w", errTruncated)
}

// take takes the next byte that is no white space, which must be want.
func (s *scanner) take(want byte) error {
	c, err := s.peek()
	if err != nil {
		return err
	}
	if c != want {
		return s.fail("%q where %q belongs", c, want)
	}
	s.at++
	return nil
}

// object reads an object and calls member for each key, with the scanner at
// the value. The key is valid during the call only.
func (s *scanner) object(member func(key []byte) error) error {
	if err := s.take('{'); err != nil {
		return err
	}
	if c, err := s.peek(); err != nil {
		return err
	} else if c == '}' {
		s.at++
		return nil
	}
	for {
		key, err := s.text()
		if err != nil {
			return err
		}
		if err := s.take(':'); err != nil {
			return err
		}
		if err := member(key); err != nil {
			return err
		}
		switch c, err := s.peek(); {
		case err != nil:
			return err
		case c == '}':
			s.at++
			return nil
		case c != ',':
			return s.fail("%q where ',' or '}' belongs", c)
		}
		s.at++
	}
}

// array reads an array and calls member with the scanner at each value.
func (s *scanner) array(member func() error) error {
	if err := s.take('['); err != nil {
		return err
	}
	if c, err := s.peek(); err != nil {
		return err
	} else if c == ']' {
		s.at++
		return nil
	}
	for {
		if err := member(); err != nil {
			return err
		}
		switch c, err := s.peek(); {
		case err != nil:
			return err
		case c == ']':
			s.at++
			return nil
		case c != ',':
			return s.fail("%q where ',' or ']' belongs", c)
		}
		s.at++
	}
}

// pair reads an array of two values.
func (s *scanner) pair(first, second func() error) error {
	for i, read := range []func() error{first, second} {
		if err := s.take("[,"[i]); err != nil {
			return err
		}
		if err := read(); err != nil {
			return err
		}
	}
	return s.take(']')
}

// float reads a number.
func (s *scanner) float() (float64, error) {
	raw, err := s.value()
	if err != nil {
		return 0, err
	}
	x, err := strconv.ParseFloat(string(raw), 64)
	if err != nil {
		return 0, s.fail("%s is no number", raw)
	}
	return x, nil
}

// text reads a string.
func (s *scanner) text() ([]byte, error) {
	if err := s.take('"'); err != nil {
		return nil, err
	}
	start := s.at
	for ; s.at < len(s.data); s.at++ {
		switch c := s.data[s.at]; {
		case c == '"':
			s.at++
			return s.data[start : s.at-1], nil
		case c == '\\':
			return s.escaped(start)
		case c < ' ':
			return nil, s.fail("a control character in a string")
		}
	}
	return nil, s.fail("%w", errTruncated)
}

// escaped reads a string that begins at start and has escapes.
func (s *scanner) escaped(start int) ([]byte, error) {
	for ; s.at < len(s.data) && s.data[s.at] != '"'; s.at++ {
		if s.data[s.at] == '\\' {
			s.at++
		}
	}
	if s.at >= len(s.data) {
		return nil, s.fail("%w", errTruncated)
	}
	s.at++
	var out string
	raw := s.data[start-1 : s.at]
	if err := json.Unmarshal(raw, &out); err != nil {
		return nil, s.fail("%w", err)
	}
	if loneSurrogate(raw) {
		return nil, s.fail("half a surrogate pair in %s", raw)
	}
	return []byte(out), nil
}

// loneSurrogate reports whether a valid JSON text has an escape for half a
// character, which encoding/json would quietly replace.
func loneSurrogate(raw []byte) bool {
	pending := false // the escape before was a high surrogate
	for i := 0; i < len(raw); {
		if raw[i] != '\\' || raw[i+1] != 'u' {
			if pending {
				return true
			}
			i++
			if raw[i-1] == '\\' {
				i++
			}
			continue
		}
		var unit [2]byte
		for j := range unit {
			unit[j] = hex(raw[i+2+2*j])<<4 | hex(raw[i+3+2*j])
		}
		low := unit[0]&0xFC == 0xDC
		if low != pending {
			return true
		}
		pending = unit[0]&0xFC == 0xD8
		i += 6
	}
	return pending
}

func hex(c byte) byte {
	if c > '9' {
		return c&7 + 9
	}
	return c & 15
}

// integer reads a number that is neither negative nor broken, up to limit.
func (s *scanner) integer(limit int32) (int32, error) {
	if _, err := s.peek(); err != nil {
		return 0, err
	}
	start, n := s.at, int64(0)
	for ; s.at < len(s.data) && '0' <= s.data[s.at] && s.data[s.at] <= '9'; s.at++ {
		if n = n*10 + int64(s.data[s.at]-'0'); n > int64(limit) {
			return 0, s.fail("a number above %d", limit)
		}
	}
	if digits := s.at - start; digits == 0 || digits > 1 && s.data[start] == '0' {
		return 0, s.fail("no whole number")
	}
	return int32(n), nil
}

// value takes a whole value of any kind, validated.
func (s *scanner) value() (json.RawMessage, error) {
	if _, err := s.peek(); err != nil {
		return nil, err
	}
	start := s.at
	for depth := 0; s.at < len(s.data); s.at++ {
		switch c := s.data[s.at]; c {
		case '"':
			if err := s.skipString(); err != nil {
				return nil, err
			}
			s.at-- // the loop steps over the closing quote
		case '{', '[':
			depth++
			continue
		case '}', ']', ',':
			if depth == 0 {
				return s.checked(start)
			}
			if c != ',' {
				depth--
			}
			if c == ',' || depth > 0 {
				continue
			}
			s.at++
			return s.checked(start)
		}
	}
	return s.checked(start)
}

// skipString steps over a string without reading it.
func (s *scanner) skipString() error {
	for s.at++; s.at < len(s.data); s.at++ {
		switch s.data[s.at] {
		case '\\':
			s.at++
		case '"':
			s.at++
			return nil
		}
	}
	return s.fail("%w", errTruncated)
}

func (s *scanner) checked(start int) (json.RawMessage, error) {
	raw := json.RawMessage(bytes.TrimSpace(s.data[start:min(s.at, len(s.data))]))
	var err error
	if !json.Valid(raw) {
		err = json.Unmarshal(raw, new(json.RawMessage)) // for its message
	} else if loneSurrogate(raw) {
		err = errors.New("half a surrogate pair")
	}
	if err != nil {
		return nil, fmt.Errorf("the value at byte %d: %w", start, err)
	}
	return raw, nil
}

// end checks that nothing but white space is left.
func (s *scanner) end() error {
	if c, err := s.peek(); err == nil {
		return s.fail("%q after the end", c)
	}
	return nil
}
