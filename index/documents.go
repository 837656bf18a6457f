package index

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"

	rerank "github.com/flashrerank/rerank"
)

// appendDocument appends the stored form of a document without its ID.
func appendDocument(b []byte, d *rerank.Document) ([]byte, error) {
	b = appendString(b, d.Title)
	b = appendString(b, d.Text)
	if d.Meta == nil {
		b = append(b, 0)
	} else { // no meta and empty meta stay two things
		b = binary.AppendUvarint(b, uint64(len(d.Meta))+1)
		b = append(b, d.Meta...)
	}
	b = binary.AppendUvarint(b, uint64(len(d.Fields)))
	for _, f := range d.Fields {
		b = appendString(b, f.Name)
		var err error
		if b, err = appendValue(b, f.Value, 0); err != nil {
			return nil, fmt.Errorf("field %q: %w", f.Name, err)
		}
	}
	return b, nil
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// The first byte of a stored value.
const (
	storedText byte = iota
	storedFloat
	storedBool
	storedTime
	storedList
	storedNull
	storedInt  // a whole number below 2^63
	storedUint // one from 2^63 on
)

func appendValue(b []byte, v rerank.Value, depth int) ([]byte, error) {
	switch v.Kind() {
	case rerank.KindText:
		return appendString(append(b, storedText), v.Text()), nil
	case rerank.KindNumber:
		return appendNumber(b, v), nil
	case rerank.KindBool:
		if v.Bool() {
			return append(b, storedBool, 1), nil
		}
		return append(b, storedBool, 0), nil
	case rerank.KindTime:
		t := v.Time()
		b = le.AppendUint64(append(b, storedTime), uint64(t.Unix()))
		return le.AppendUint32(b, uint32(t.Nanosecond())), nil
	case rerank.KindList:
		return appendList(b, v.List(), depth)
	case rerank.KindNull:
		return append(b, storedNull), nil
	}
	return nil, fmt.Errorf("a value of %v cannot be stored", v.Kind())
}

func appendList(b []byte, list []rerank.Value, depth int) ([]byte, error) {
	if depth == MaxValueDepth {
		return nil, fmt.Errorf("lists nest deeper than %d", MaxValueDepth)
	}
	b = binary.AppendUvarint(append(b, storedList), uint64(len(list)))
	for _, e := range list {
		var err error
		if b, err = appendValue(b, e, depth+1); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// appendNumber keeps a number as what it is: -0 and whole float64s, which are equal
// to a whole number, take its form where that is no other number.
func appendNumber(b []byte, v rerank.Value) []byte {
	x := v.Number()
	if n, exact := v.Int(); exact && !(n == 0 && math.Signbit(x)) {
		return binary.AppendVarint(append(b, storedInt), n)
	}
	if n, exact := v.Uint(); exact && n > 0 {
		return binary.AppendUvarint(append(b, storedUint), n)
	}
	return le.AppendUint64(append(b, storedFloat), math.Float64bits(x))
}

// decodeDocument reads a stored document; everything in it is a copy.
func decodeDocument(d *decoder, id string) (rerank.Document, error) {
	doc := rerank.Document{ID: id, Title: d.str(d.uvarint()), Text: d.str(d.uvarint())}
	if n := d.uvarint(); n > 0 {
		doc.Meta = append([]byte{}, d.bytes(n-1)...)
	}
	fields := d.uvarint()
	if fields > uint64(d.rest()) {
		d.fail("%d fields", fields)
	}
	for ; fields > 0 && d.err == nil; fields-- {
		name := d.str(d.uvarint())
		doc.Fields = append(doc.Fields, rerank.Field{Name: name, Value: d.value(0)})
	}
	if err := d.end(); err != nil {
		return rerank.Document{}, err
	}
	return doc, nil
}

func (d *decoder) value(depth int) rerank.Value {
	switch tag := d.u8(); tag {
	case storedText:
		return rerank.TextValue(d.str(d.uvarint()))
	case storedFloat:
		return rerank.NumberValue(math.Float64frombits(d.u64()))
	case storedInt:
		n := d.uvarint() // as encoding/binary writes a varint: the sign is the lowest bit
		return rerank.IntValue(int64(n>>1) ^ -int64(n&1))
	case storedUint:
		return rerank.UintValue(d.uvarint())
	case storedBool:
		return rerank.BoolValue(d.u8() != 0)
	case storedTime:
		seconds, nanos := d.u64(), d.u32()
		if nanos >= 1e9 {
			d.fail("%d nanoseconds", nanos)
			return rerank.Value{}
		}
		return rerank.TimeValue(time.Unix(int64(seconds), int64(nanos)))
	case storedList:
		return d.list(depth)
	case storedNull:
		return rerank.NullValue()
	default:
		d.fail("a value of kind %d", tag)
		return rerank.Value{}
	}
}

func (d *decoder) list(depth int) rerank.Value {
	n := d.uvarint()
	if n > uint64(d.rest()) || depth == MaxValueDepth {
		d.fail("a list of %d values at depth %d", n, depth)
		return rerank.Value{}
	}
	var values []rerank.Value
	for ; n > 0 && d.err == nil; n-- {
		values = append(values, d.value(depth+1))
	}
	return rerank.ListValue(values...)
}
