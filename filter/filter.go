package filter

import (
	"maps"
	"slices"
	"time"

	"github.com/flashrerank/rerank"
)

// Filter is a condition on documents, a [rerank.Filter]. It is immutable and safe for
// concurrent use; the zero Filter matches every document.
type Filter struct {
	all conditions
}

// Match reports whether the condition holds for a document.
func (f Filter) Match(d rerank.Document) bool { return f.all.holds(d) }

// Narrow returns the filter as a search takes it: nil where every document matches whatever
// it holds, as by {"year": {"$nin": []}}, so that none has to be loaded to be asked about.
func (f Filter) Narrow() rerank.Filter {
	if holds, always := f.all.constant(); always && holds {
		return nil
	}
	return f
}

// Fields returns the names of the fields that the condition names, sorted; not those that
// every document has.
func (f Filter) Fields() []string {
	names := map[string]bool{}
	f.all.fields(names)
	for _, own := range ownNames {
		delete(names, own)
	}
	return slices.Sorted(maps.Keys(names))
}

// Comparisons returns with values of which kinds the condition compares fields, those that
// every document has too. A text that reads as a time counts as a time.
func (f Filter) Comparisons() map[string][]rerank.Kind {
	compared := map[string][]rerank.Kind{}
	f.all.relations(func(r relation) {
		for _, o := range r.values {
			k := o.Kind()
			if o.timed {
				k = rerank.KindTime
			}
			if !slices.Contains(compared[r.field], k) {
				compared[r.field] = append(compared[r.field], k)
			}
		}
	})
	return compared
}

// ownNames are what every document has.
var ownNames = [...]string{"id", "title", "text"}

// condition is one of the forms below.
type condition interface {
	holds(d rerank.Document) bool
	fields(names map[string]bool) // adds the names of the fields

	// constant returns what the condition is for every document; always is false where
	// it depends on the document.
	constant() (holds, always bool)

	relations(f func(r relation)) // calls f with each
}

// conditions hold if all of them do.
type conditions []condition

func (c conditions) holds(d rerank.Document) bool {
	for _, one := range c {
		if !one.holds(d) {
			return false
		}
	}
	return true
}

func (c conditions) fields(names map[string]bool) {
	for _, one := range c {
		one.fields(names)
	}
}

func (c conditions) constant() (holds, always bool) {
	always = true
	for _, one := range c {
		holds, known := one.constant()
		if known && !holds {
			return false, true
		}
		always = always && known
	}
	return true, always
}

func (c conditions) relations(f func(r relation)) {
	for _, one := range c {
		one.relations(f)
	}
}

// alternatives hold if one of them does.
type alternatives []condition

func (a alternatives) holds(d rerank.Document) bool {
	return slices.ContainsFunc(a, func(c condition) bool { return c.holds(d) })
}

func (a alternatives) fields(names map[string]bool) { conditions(a).fields(names) }

func (a alternatives) constant() (holds, always bool) {
	always = true
	for _, one := range a {
		holds, known := one.constant()
		if known && holds {
			return true, true
		}
		always = always && known
	}
	return false, always
}

func (a alternatives) relations(f func(r relation)) { conditions(a).relations(f) }

// negation holds if its condition does not.
type negation struct{ condition }

func (n negation) holds(d rerank.Document) bool { return !n.condition.holds(d) }

func (n negation) constant() (holds, always bool) {
	holds, always = n.condition.constant()
	return !holds, always
}

// exists holds if a document has the field, and not as null.
type exists struct{ field string }

func (e exists) holds(d rerank.Document) bool {
	v, found := value(d, e.field)
	return found && v.Kind() != rerank.KindNull
}

func (e exists) fields(names map[string]bool)   { names[e.field] = true }
func (e exists) constant() (holds, always bool) { return false, false }
func (e exists) relations(func(relation))       {}

// null holds if a document does not have the field, or as null, or as a list with a
// null in it.
type null struct{ field string }

func (n null) holds(d rerank.Document) bool {
	v, found := value(d, n.field)
	return !found || v.Kind() == rerank.KindNull || slices.ContainsFunc(v.List(), func(e rerank.Value) bool { return e.Kind() == rerank.KindNull })
}

func (n null) fields(names map[string]bool)   { names[n.field] = true }
func (n null) constant() (holds, always bool) { return false, false }
func (n null) relations(func(relation))       {}

// relation holds if the field, or an element of it, is in the relation to one of the
// values.
type relation struct {
	field  string
	holdIf func(order int) bool
	values []operand
}

func (r relation) holds(d rerank.Document) bool {
	v, found := value(d, r.field)
	if !found {
		return false
	}
	if v.Kind() != rerank.KindList {
		return r.one(v)
	}
	return slices.ContainsFunc(v.List(), r.one)
}

func (r relation) fields(names map[string]bool)   { names[r.field] = true }
func (r relation) constant() (holds, always bool) { return false, len(r.values) == 0 }
func (r relation) relations(f func(relation))     { f(r) }

func (r relation) one(v rerank.Value) bool {
	return slices.ContainsFunc(r.values, func(o operand) bool {
		order, comparable := o.compare(v)
		return comparable && r.holdIf(order)
	})
}

// operand is what a field is compared with.
type operand struct {
	rerank.Value
	time  time.Time // what a text says
	timed bool      // whether it says one
}

func operandOf(v rerank.Value) operand {
	o := operand{Value: v}
	if v.Kind() != rerank.KindText {
		return o
	}
	for _, form := range []string{time.RFC3339Nano, time.DateOnly} {
		if t, err := time.Parse(form, v.Text()); err == nil {
			o.time, o.timed = t, true
		}
	}
	return o
}

// compare returns how a field's value is to the operand, if they can be compared.
func (o operand) compare(v rerank.Value) (order int, comparable bool) {
	if v.Kind() == rerank.KindTime {
		return v.Time().Compare(o.time), o.timed
	}
	return v.Compare(o.Value)
}

// value returns what a document has under a name.
func value(d rerank.Document, name string) (rerank.Value, bool) {
	if v, ok := d.Fields.Get(name); ok {
		return v, true
	}
	switch name {
	case "id":
		return rerank.TextValue(d.ID), true
	case "title":
		return rerank.TextValue(d.Title), true
	case "text":
		return rerank.TextValue(d.Text), true
	}
	return rerank.Value{}, false
}
