package index

import (
	"fmt"
	"slices"
	"testing"
)

// TestUnpack compares the generated loops of each width with the definition:
// value i has the bits from i·w on.
func TestUnpack(t *testing.T) {
	r := newRand(t, 2)
	for w := uint8(0); w <= 32; w++ {
		t.Run(fmt.Sprint(w), func(t *testing.T) {
			var values, got [blockLength]uint32
			for i := range values {
				values[i] = uint32(r.Uint64() & (1<<w - 1))
			}
			if w > 0 {
				values[r.IntN(blockLength)] = 1<<w - 1
			}
			if got := width(&values); got != w {
				t.Fatalf("width %d", got)
			}
			packed := appendPacked(nil, &values, w)
			if len(packed) != packedSize(w) {
				t.Fatalf("%d bytes", len(packed))
			}
			for i, v := range values {
				var bits uint64
				for j := range int(w) {
					at := i*int(w) + j
					bits |= uint64(packed[at/8]>>(at%8)&1) << j
				}
				if bits != uint64(v) {
					t.Fatalf("value %d is packed as %d instead of %d", i, bits, v)
				}
			}
			for range slack { // what follows must not matter
				packed = append(packed, byte(r.Uint32()))
			}
			unpackFreqs(&got, packed, w)
			last := int64(-1)
			if r.IntN(2) == 0 {
				last = r.Int64N(1 << 28)
			}
			var docs [blockLength]uint32
			end := unpackDeltas(&docs, packed, w, last)
			for i, v := range values {
				last += int64(v) + 1
				if got[i] != v+1 || docs[i] != uint32(last) {
					t.Fatalf("value %d: frequency %d instead of %d, document %d instead of %d", i, got[i], v+1, docs[i], uint32(last))
				}
			}
			if end != last {
				t.Errorf("the last document is %d instead of %d", end, last)
			}
		})
	}
}

// TestPostingsRoundTrip: what is encoded is decoded, at every length around
// the size of blocks and with values of any size.
func TestPostingsRoundTrip(t *testing.T) {
	r := newRand(t, 4)
	var e postingsEncoder
	for n := 1; n < 3*blockLength+2; n++ {
		var docs, freqs []uint32
		doc := r.Uint32N(3) * r.Uint32N(1<<18)
		for range n {
			docs, freqs = append(docs, doc), append(freqs, 1+r.Uint32()>>r.UintN(32)/2*2)
			doc += 1 + r.Uint32()>>(15+r.UintN(17))
		}
		for i := range docs {
			e.add(docs[i], freqs[i])
		}
		data := append(slices.Clone(e.finish()), make([]byte, slack)...)
		c := &container{name: "postings", data: data, stats: segmentStats{documents: doc}}
		c.trust()
		p, err := openPostings(section{c: c, length: len(data)}, 0)
		if err != nil {
			t.Fatal(err)
		}
		var gotDocs, gotFreqs []uint32
		for d, f := p.NextBlock(); d != nil; d, f = p.NextBlock() {
			gotDocs, gotFreqs = append(gotDocs, d...), append(gotFreqs, f...)
		}
		if p.Err() != nil || p.Len() != n || !slices.Equal(docs, gotDocs) || !slices.Equal(freqs, gotFreqs) {
			t.Fatalf("%d postings: %v", n, p.Err())
		}
		if d, f := p.NextBlock(); d != nil || f != nil {
			t.Fatal("postings after the end")
		}
	}
}
