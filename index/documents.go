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

func appendValue(b []byte, v rerank.Value, depth int) ([]byte, error) {
	b = append(b, byte(v.Kind()))
	switch v.Kind() {
	case rerank.KindText:
		return appendString(b, v.Text()), nil
	case rerank.KindNumber:
		return le.AppendUint64(b, math.Float64bits(v.Number())), nil
	case rerank.KindBool:
		if v.Bool() {
			return append(b, 1), nil
		}
		return append(b, 0), nil
	case rerank.KindTime:
		t := v.Time()
		b = le.AppendUint64(b, uint64(t.Unix()))
		return le.AppendUint32(b, uint32(t.Nanosecond())), nil
	case rerank.KindList:
		if depth == MaxValueDepth {
			return nil, fmt.Errorf("lists nest deeper than %d", MaxValueDepth)
		}
		list := v.List()
		b = binary.AppendUvarint(b, uint64(len(list)))
		for _, e := range list {
			var err error
			if b, err = appendValue(b, e, depth+1); err != nil {
				return nil, err
			}
		}
		return b, nil
	}
	return nil, fmt.Errorf("a value of %v cannot be stored", v.Kind())
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
	switch k := rerank.Kind(d.u8()); k {
	case rerank.KindText:
		return rerank.TextValue(d.str(d.uvarint()))
	case rerank.KindNumber:
		return rerank.NumberValue(math.Float64frombits(d.u64()))
	case rerank.KindBool:
		return rerank.BoolValue(d.u8() != 0)
	case rerank.KindTime:
		seconds, nanos := d.u64(), d.u32()
		if nanos >= 1e9 {
			d.fail("%d nanoseconds", nanos)
			return rerank.Value{}
		}
		return rerank.TimeValue(time.Unix(int64(seconds), int64(nanos)))
	case rerank.KindList:
		return d.list(depth)
	default:
		d.fail("a value of %v", k)
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
