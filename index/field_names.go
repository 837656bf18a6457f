package index

import (
	"encoding/binary"
	"maps"
	"slices"

	rerank "github.com/flashrerank/rerank"
)

// Limits of the names of fields that a segment lists. One that has more lists none.
const (
	maxFieldNames     = 10_000
	maxFieldNameBytes = 1 << 20
)

// kinds is a set of kinds of values, a bit for each: 1<<rerank.KindText and so on. A list
// is of the kinds of its elements.
type kinds uint8

const (
	noKinds  = kinds(0)
	allKinds = ^kinds(0)
)

func setOf(k rerank.Kind) kinds { return 1 << k }

// fieldNames collects the names of fields of stored records, and what they hold.
type fieldNames struct {
	names map[string]kinds
	bytes int
	full  bool
}

// add takes the names of one record, which appendDocument has made.
func (n *fieldNames) add(record []byte) {
	if n.full {
		return
	}
	d := &decoder{buf: record}
	for range 2 { // title and text
		d.bytes(d.uvarint())
	}
	if meta := d.uvarint(); meta > 0 {
		d.bytes(meta - 1)
	}
	for fields := d.uvarint(); fields > 0 && d.err == nil; fields-- {
		name := d.bytes(d.uvarint())
		holds := d.skipValue(0)
		before, known := n.names[string(name)]
		if d.err != nil || known && before|holds == before {
			continue
		}
		if n.names == nil {
			n.names = map[string]kinds{}
		}
		if n.names[string(name)] = before | holds; !known {
			n.bytes += len(name)
		}
	}
	n.full = len(n.names) > maxFieldNames || n.bytes > maxFieldNameBytes
}

// skipValue passes over a value and returns of which kinds it is.
func (d *decoder) skipValue(depth int) kinds {
	switch d.u8() {
	case storedText:
		d.bytes(d.uvarint())
		return setOf(rerank.KindText)
	case storedFloat:
		d.bytes(8)
		return setOf(rerank.KindNumber)
	case storedBool:
		d.bytes(1)
		return setOf(rerank.KindBool)
	case storedTime:
		d.bytes(12)
		return setOf(rerank.KindTime)
	case storedList:
		holds := noKinds
		for n := d.uvarint(); n > 0 && d.err == nil && depth < MaxValueDepth; n-- {
			holds |= d.skipValue(depth + 1)
		}
		if depth > 0 { // a list within a list, which nothing equals
			holds = setOf(rerank.KindList)
		}
		return holds
	case storedNull:
		return setOf(rerank.KindNull)
	case storedInt, storedUint:
		d.uvarint()
		return setOf(rerank.KindNumber)
	}
	return noKinds
}

// encode returns the section: the number of names and each of them, in their order.
func (n *fieldNames) encode() []byte {
	b := binary.AppendUvarint(nil, uint64(len(n.names)))
	for _, name := range slices.Sorted(maps.Keys(n.names)) {
		b = appendString(b, name)
	}
	return b
}

// encodeKinds returns the section of what fields hold: a byte for each, in the order of
// their names.
func (n *fieldNames) encodeKinds() []byte {
	b := make([]byte, 0, len(n.names))
	for _, name := range slices.Sorted(maps.Keys(n.names)) {
		b = append(b, byte(n.names[name]))
	}
	return b
}

// fieldNames adds the names that a segment lists, and what they hold; complete is false
// if it lists none.
func (d *segmentData) fieldNames(fields map[string]kinds) (complete bool, err error) {
	s, listed := d.container.sections[sectionKey{kindFieldNames, noField}]
	if !listed {
		return false, nil
	}
	b, err := s.all()
	if err != nil {
		return false, err
	}
	holds := func(uint64) kinds { return allKinds } // nothing is known
	if s, listed := d.container.sections[sectionKey{kindFieldKinds, noField}]; listed {
		list, err := s.all()
		if err != nil {
			return false, err
		}
		holds = func(i uint64) kinds {
			if i < uint64(len(list)) {
				return kinds(list[i])
			}
			return allKinds
		}
	}
	r := &decoder{buf: b}
	for i, n := uint64(0), r.uvarint(); i < n && r.err == nil; i++ {
		fields[r.str(r.uvarint())] |= holds(i)
	}
	if err := r.end(); err != nil {
		return false, s.corrupt(uint64(r.off), "the names of fields: %v", err)
	}
	return true, nil
}

// fields returns the names of fields with what they hold.
func (s *Snapshot) fields() (fields map[string]kinds, complete bool, err error) {
	defer s.Guard(&err)()
	if err != nil {
		return nil, false, err
	}
	fields, complete = map[string]kinds{}, true
	for _, g := range s.v.segments {
		listed, err := g.data.fieldNames(fields)
		if err != nil {
			return nil, false, err
		}
		complete = complete && listed
	}
	return fields, complete, nil
}

// FieldNames returns the names of the fields that documents have, sorted; those of
// deleted documents too, until a merge. complete is false where the index does not
// know all of them, as there are too many.
func (s *Snapshot) FieldNames() (names []string, complete bool, err error) {
	fields, complete, err := s.fields()
	return slices.Sorted(maps.Keys(fields)), complete, err
}
