package index

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"

	rerank "github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/internal/nearest"
)

// Limits of the names of fields that a segment lists. One that has more lists none.
const (
	maxFieldNames     = 10_000
	maxFieldNameBytes = 1 << 20
)

// fieldNames collects the names of fields of stored records.
type fieldNames struct {
	names map[string]bool
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
		d.skipValue(0)
		if d.err != nil || n.names[string(name)] {
			continue
		}
		if n.names == nil {
			n.names = map[string]bool{}
		}
		n.names[string(name)] = true
		n.bytes += len(name)
	}
	n.full = len(n.names) > maxFieldNames || n.bytes > maxFieldNameBytes
}

// skipValue passes over a value.
func (d *decoder) skipValue(depth int) {
	switch d.u8() {
	case storedText:
		d.bytes(d.uvarint())
	case storedFloat:
		d.bytes(8)
	case storedBool:
		d.bytes(1)
	case storedTime:
		d.bytes(12)
	case storedList:
		for n := d.uvarint(); n > 0 && d.err == nil && depth < MaxValueDepth; n-- {
			d.skipValue(depth + 1)
		}
	case storedInt, storedUint:
		d.uvarint()
	}
}

// encode returns the section: the number of names and each of them, in their order.
func (n *fieldNames) encode() []byte {
	b := binary.AppendUvarint(nil, uint64(len(n.names)))
	for _, name := range slices.Sorted(maps.Keys(n.names)) {
		b = appendString(b, name)
	}
	return b
}

// fieldNames adds the names that a segment lists; complete is false if it lists none.
func (d *segmentData) fieldNames(names map[string]bool) (complete bool, err error) {
	s, listed := d.container.sections[sectionKey{kindFieldNames, noField}]
	if !listed {
		return false, nil
	}
	b, err := s.all()
	if err != nil {
		return false, err
	}
	r := &decoder{buf: b}
	for n := r.uvarint(); n > 0 && r.err == nil; n-- {
		names[r.str(r.uvarint())] = true
	}
	if err := r.end(); err != nil {
		return false, s.corrupt(uint64(r.off), "the names of fields: %v", err)
	}
	return true, nil
}

// FieldNames returns the names of the fields that documents have, sorted; those of
// deleted documents too, until a merge. complete is false where the index does not
// know all of them, as there are too many.
func (s *Snapshot) FieldNames() (names []string, complete bool, err error) {
	defer s.Guard(&err)()
	if err != nil {
		return nil, false, err
	}
	set := map[string]bool{}
	complete = true
	for _, g := range s.v.segments {
		listed, err := g.data.fieldNames(set)
		if err != nil {
			return nil, false, err
		}
		complete = complete && listed
	}
	return slices.Sorted(maps.Keys(set)), complete, nil
}

// FilterWarnings returns a sentence for each field that a filter names and no document
// has. The filter's method Fields tells the names; one without that method, and nil,
// gives none.
func (s *Snapshot) FilterWarnings(f rerank.Filter) ([]string, error) {
	named, ok := f.(interface{ Fields() []string })
	if !ok {
		return nil, nil
	}
	names, complete, err := s.FieldNames()
	if err != nil || !complete {
		return nil, err
	}
	const most = 20 // names that are listed
	var warnings []string
	for _, name := range named.Fields() {
		if _, found := slices.BinarySearch(names, name); !found {
			hint := nearest.Hint(name, names)
			if len(names) <= most {
				hint = nearest.Choice(name, names)
			}
			warnings = append(warnings, fmt.Sprintf("no document has the field %q of the filter%s", name, hint))
		}
	}
	return warnings, nil
}
