package index

import (
	"bytes"
	"errors"
	"fmt"
	"sync"

	"github.com/blevesearch/vellum"
)

// dictionary maps the terms of a field to where their postings are. The whole
// section is checked when it is first used. The library may panic on forged
// bytes, which checksums do not keep out: such a panic becomes an error here.
type dictionary struct {
	section  section
	postings section
	terms    uint32

	once sync.Once
	fst  *vellum.FST // nil where there is no term
	err  error
}

func (d *dictionary) load() (*vellum.FST, error) {
	d.once.Do(func() {
		d.err = d.section.corrupt(0, "dictionary: it could not be read before") // unless it is
		d.fst, d.err = d.open()
	})
	return d.fst, d.err
}

func (d *dictionary) open() (fst *vellum.FST, err error) {
	if d.terms == 0 {
		return nil, nil
	}
	b, err := d.section.all()
	if err != nil {
		return nil, err
	}
	defer d.guard(&err)
	fst, err = vellum.Load(b)
	if err == nil && uint32(fst.Len()) != d.terms {
		err = fmt.Errorf("%d terms instead of %d", fst.Len(), d.terms)
	}
	if err != nil {
		return nil, d.section.corrupt(0, "dictionary: %v", err)
	}
	return fst, nil
}

// guard turns a panic of the library into an error. That a file cannot be read
// is for the callers to see.
func (d *dictionary) guard(err *error) {
	if r := recover(); r != nil {
		if _, fault := r.(interface{ Addr() uintptr }); fault {
			panic(r)
		}
		*err = d.section.corrupt(0, "dictionary: %v", r)
	}
}

// get returns where the postings of a term are.
func (d *dictionary) get(term string) (offset uint64, found bool, err error) {
	fst, err := d.load()
	if fst == nil || err != nil {
		return 0, false, err
	}
	defer d.guard(&err)
	offset, found, err = fst.Get([]byte(term))
	if err != nil {
		return 0, false, d.section.corrupt(0, "dictionary: %v", err)
	}
	return offset, found, nil
}

// termIterator walks a dictionary in the order of its terms.
type termIterator struct {
	d      *dictionary
	it     *vellum.FSTIterator
	term   []byte // valid until the next call of next
	offset uint64
	seen   uint32
}

// next goes to the next term, the first one at first.
func (t *termIterator) next() (ok bool, err error) {
	fst, err := t.d.load()
	if fst == nil || err != nil {
		return false, err
	}
	defer t.d.guard(&err)
	if t.it == nil {
		t.it, err = fst.Iterator(nil, nil)
	} else {
		err = t.it.Next()
	}
	if errors.Is(err, vellum.ErrIteratorDone) {
		if t.seen != t.d.terms {
			return false, t.d.section.corrupt(0, "dictionary: %d terms instead of %d", t.seen, t.d.terms)
		}
		return false, nil
	}
	if err != nil {
		return false, t.d.section.corrupt(0, "dictionary: %v", err)
	}
	term, offset := t.it.Current()
	if t.seen > 0 && bytes.Compare(term, t.term) <= 0 || len(term) > MaxTermLength || t.seen == t.d.terms {
		return false, t.d.section.corrupt(0, "dictionary: term %d is out of order or too long", t.seen)
	}
	t.seen++
	t.term, t.offset = append(t.term[:0], term...), offset
	return true, nil
}
