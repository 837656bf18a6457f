package rerank

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Kind is the type of a [Value].
type Kind uint8

// The kinds of a Value. The zero Value is an empty text.
const (
	KindText Kind = iota
	KindNumber
	KindBool
	KindTime
	KindList
	KindNull
)

// String returns the kind's name, such as "number".
func (k Kind) String() string {
	names := [...]string{"text", "number", "bool", "time", "list", "null"}
	if int(k) < len(names) {
		return names[k]
	}
	return "kind(" + strconv.Itoa(int(k)) + ")"
}

// Value is one typed value of a field. Values are immutable. A number is either a
// binary64 or a whole number of 64 bits, signed or not, and keeps every digit; how
// it is kept makes no difference to its kind, order or equality: 3 equals 3.0.
type Value struct {
	kind Kind
	form form
	bits uint64 // a number by its form; also the bool, as 0 or 1
	text string
	time time.Time
	list []Value
}

// form is how a number is kept.
type form uint8

const (
	float    form = iota // the bits of a float64
	signed               // those of an int64
	unsigned             // a uint64 above every int64
)

// TextValue returns a text value.
func TextValue(s string) Value { return Value{text: s} }

// NumberValue returns a numeric value.
func NumberValue(x float64) Value { return Value{kind: KindNumber, bits: math.Float64bits(x)} }

// IntValue returns a numeric value that is whole.
func IntValue(n int64) Value { return Value{kind: KindNumber, form: signed, bits: uint64(n)} }

// UintValue returns a numeric value that is whole and not negative.
func UintValue(n uint64) Value {
	if n <= math.MaxInt64 {
		return IntValue(int64(n))
	}
	return Value{kind: KindNumber, form: unsigned, bits: n}
}

// BoolValue returns a truth value.
func BoolValue(b bool) Value {
	v := Value{kind: KindBool}
	if b {
		v.bits = 1
	}
	return v
}

// TimeValue returns a point in time, kept to the nanosecond in UTC.
func TimeValue(t time.Time) Value { return Value{kind: KindTime, time: t.UTC().Round(0)} }

// ListValue returns a list of values. The values are copied.
func ListValue(values ...Value) Value {
	return Value{kind: KindList, list: append([]Value(nil), values...)}
}

// NullValue returns the value of a field that is there and has none: JSON's null.
func NullValue() Value { return Value{kind: KindNull} }

// Kind tells which of the accessors below holds the value.
func (v Value) Kind() Kind { return v.kind }

// Text returns the text of a text value and "" for every other kind.
func (v Value) Text() string { return v.text }

// Number returns the number of a numeric value, rounded to the nearest float64
// where it is whole and beyond 2^53, and 0 for every other kind.
func (v Value) Number() float64 {
	switch {
	case v.kind != KindNumber:
		return 0
	case v.form == signed:
		return float64(int64(v.bits))
	case v.form == unsigned:
		return float64(v.bits)
	}
	return math.Float64frombits(v.bits)
}

// Int returns the number of a numeric value if an int64 is exactly that, whether
// it was made as a whole number or as a float64.
func (v Value) Int() (n int64, exact bool) {
	if v.kind != KindNumber || v.form == unsigned {
		return 0, false
	}
	if v.form == signed {
		return int64(v.bits), true
	}
	x := math.Float64frombits(v.bits)
	if x != math.Trunc(x) || x < -1<<63 || x >= 1<<63 {
		return 0, false
	}
	return int64(x), true
}

// Uint is Int for a uint64.
func (v Value) Uint() (n uint64, exact bool) {
	if v.kind == KindNumber && v.form == unsigned {
		return v.bits, true
	}
	if n, exact := v.Int(); exact {
		return uint64(max(n, 0)), n >= 0
	}
	x := v.Number()
	if v.kind != KindNumber || x != math.Trunc(x) || x < 1<<63 || x >= 1<<64 {
		return 0, false
	}
	return uint64(x), true
}

// Bool returns the truth of a bool value and false for every other kind.
func (v Value) Bool() bool { return v.kind == KindBool && v.bits != 0 }

// Time returns the time of a time value and the zero time for every other kind.
func (v Value) Time() time.Time { return v.time }

// List returns a copy of a list's values and nil for every other kind.
func (v Value) List() []Value { return append([]Value(nil), v.list...) }

// String formats the value as a reader would write it: lists as "a, b".
func (v Value) String() string {
	switch v.kind {
	case KindNumber:
		return v.number()
	case KindBool:
		return strconv.FormatBool(v.Bool())
	case KindTime:
		return v.time.Format(time.RFC3339Nano)
	case KindList:
		parts := make([]string, len(v.list))
		for i, e := range v.list {
			parts[i] = e.String()
		}
		return strings.Join(parts, ", ")
	case KindNull:
		return "null"
	}
	return v.text
}

// number formats a number with all its digits.
func (v Value) number() string {
	switch v.form {
	case signed:
		return strconv.FormatInt(int64(v.bits), 10)
	case unsigned:
		return strconv.FormatUint(v.bits, 10)
	}
	return strconv.FormatFloat(v.Number(), 'g', -1, 64)
}

// Equal reports whether v and w have the same kind and the same value. NaN equals
// nothing.
func (v Value) Equal(w Value) bool {
	switch {
	case v.kind != w.kind:
		return false
	case v.kind == KindList:
		return slices.EqualFunc(v.list, w.list, Value.Equal)
	case v.kind == KindNull:
		return true
	}
	order, ok := v.Compare(w)
	return ok && order == 0
}

// Compare returns -1, 0 or +1 as v is less than, equal to or greater than w. Only
// values of one kind are in an order: texts by their bytes, numbers exactly, false
// before true, times. Lists, nulls and NaN are in none, and ok is false.
func (v Value) Compare(w Value) (order int, ok bool) {
	if v.kind != w.kind {
		return 0, false
	}
	switch v.kind {
	case KindText:
		return strings.Compare(v.text, w.text), true
	case KindNumber:
		return compareNumbers(v, w)
	case KindBool:
		return cmp.Compare(v.bits, w.bits), true
	case KindTime:
		return v.time.Compare(w.time), true
	}
	return 0, false
}

func compareNumbers(v, w Value) (order int, ok bool) {
	switch {
	case v.form == float && w.form == float:
		x, y := v.Number(), w.Number()
		return cmp.Compare(x, y), x == x && y == y
	case v.form == float:
		order, ok = compareWhole(w, v.Number())
		return -order, ok
	case w.form == float:
		return compareWhole(v, w.Number())
	case v.form == signed && w.form == signed:
		return cmp.Compare(int64(v.bits), int64(w.bits)), true
	case v.form == unsigned && w.form == unsigned:
		return cmp.Compare(v.bits, w.bits), true
	}
	return cmp.Compare(v.form, w.form), true // an unsigned one is above every signed one
}

// compareWhole compares a whole number with a float64, without rounding it.
func compareWhole(v Value, x float64) (order int, ok bool) {
	below := math.Floor(x)
	switch {
	case math.IsNaN(x):
		return 0, false
	case x >= 1<<64:
		return -1, true
	case x < -1<<63:
		return 1, true
	case below < 0:
		order, _ = compareNumbers(v, IntValue(int64(below)))
	default:
		order, _ = compareNumbers(v, UintValue(uint64(below)))
	}
	if order == 0 && below < x {
		order = -1
	}
	return order, true
}
