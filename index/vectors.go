package index

import "math/bits"

// vectors are the vectors of a segment, one after another, of the documents
// that have one. If not all have, held says which: for every 64 documents a
// word of bits, and behind all words for each how many vectors come before.
type vectors struct {
	dimensions int
	count      uint32
	data       section
	held       []byte
	words      int
}

func (d *segmentData) openVectors() error {
	stats := d.container.stats
	if stats.vectors == 0 {
		return nil
	}
	v := vectors{dimensions: int(stats.dimensions), count: stats.vectors, words: int((stats.documents + 63) / 64)}
	var err error
	if v.data, err = d.container.section(kindVectors, noField); err != nil {
		return err
	}
	if v.dimensions == 0 || uint64(v.data.length) != 4*uint64(v.dimensions)*uint64(v.count) {
		return v.data.corrupt(0, "%d bytes for %d vectors of %d dimensions", v.data.length, v.count, v.dimensions)
	}
	if v.count < stats.documents {
		held, err := d.container.section(kindVectorsHeld, noField)
		if err != nil {
			return err
		}
		if v.held, err = held.all(); err != nil {
			return err
		}
		if len(v.held) != 12*v.words {
			return held.corrupt(0, "%d bytes for %d documents", len(v.held), stats.documents)
		}
	}
	d.vectors = v
	return nil
}

// at returns the vector of a document as a view, and nil if it has none.
func (v *vectors) at(local uint32) ([]float32, error) {
	if v.count == 0 {
		return nil, nil
	}
	n := local
	if v.held != nil {
		i := int(local / 64)
		word, before := le.Uint64(v.held[8*i:]), le.Uint32(v.held[8*v.words+4*i:])
		bit := uint64(1) << (local % 64)
		if word&bit == 0 {
			return nil, nil
		}
		n = before + uint32(bits.OnesCount64(word&(bit-1)))
	}
	size := 4 * uint64(v.dimensions)
	b, err := v.data.view(uint64(n)*size, size)
	if err != nil {
		return nil, err
	}
	return words[float32](b), nil
}

// encodeHeld makes the section that says which documents have a vector.
func encodeHeld(held bitset) []byte {
	b := make([]byte, 0, 12*len(held))
	for _, w := range held {
		b = le.AppendUint64(b, w)
	}
	before := 0
	for _, w := range held {
		b = le.AppendUint32(b, uint32(before))
		before += bits.OnesCount64(w)
	}
	return b
}
