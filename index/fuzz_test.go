package index

import (
	"errors"
	"slices"
	"strings"
	"testing"

	rerank "github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/internal/testenv"
)

// demandDamage fails for errors that do not say that the file is damaged, or,
// of the manifest, of another version.
func demandDamage(t *testing.T, err error, file string) {
	t.Helper()
	var version *VersionError
	if file == manifestName && errors.As(err, &version) {
		return
	}
	if err == nil {
		t.Errorf("damage to %s went unnoticed", file)
	}
	demandCorrupt(t, err, file)
}

// demandCorrupt fails for errors that are not a CorruptError about the file.
func demandCorrupt(t *testing.T, err error, file string) {
	t.Helper()
	var corrupt *CorruptError
	if err != nil && (!errors.As(err, &corrupt) || corrupt.File != file || corrupt.Offset < 0) {
		t.Errorf("not a CorruptError about %s: %v", file, err)
	}
}

func FuzzManifest(f *testing.F) {
	m := newMemory()
	x, _ := smallIndex(f, m)
	x.Close()
	f.Add(m.files[manifestName])
	f.Add((&manifest{analyzer: "split", fields: []string{contentField}}).encode())
	f.Fuzz(func(t *testing.T, data []byte) {
		defer testenv.Bound(t, len(data))()
		if len(data) >= manifestHeader { // beyond the checksum, too
			le.PutUint32(data[12:], checksum(data[manifestHeader:]))
		}
		m, err := decodeManifest(data)
		if err != nil {
			demandDamage(t, err, manifestName)
		}
		if err == nil && !slices.Equal(m.encode(), data) {
			t.Error("the manifest does not encode to itself")
		}
	})
}

// repair makes the checksums of a segment file right, so that fuzzing reaches
// what lies behind them.
func repair(data []byte) (sum uint32) {
	at := len(data) - trailerSize
	if at < headerSize {
		return 0
	}
	end := le.Uint64(data[at:])
	if end > uint64(at) {
		return 0
	}
	pages := (int(end) + pageSize - 1) / pageSize
	if sums := at - 4*pages; sums >= int(end) {
		for p := range pages {
			le.PutUint32(data[sums+4*p:], checksum(data[p*pageSize:min((p+1)*pageSize, int(end))]))
		}
	}
	sum = checksum(data[end:at])
	le.PutUint32(data[at+8:], sum)
	return sum
}

// FuzzSegment opens a segment file whose checksums are right and reads all of
// it by every way.
func FuzzSegment(f *testing.F) {
	m := newMemory()
	x, _ := smallIndex(f, m)
	x.Close()
	for name, data := range m.files {
		if strings.HasPrefix(name, "segment-") && !strings.Contains(name, "deleted") {
			f.Add(data)
		}
	}
	const name = "segment"
	f.Fuzz(func(t *testing.T, data []byte) {
		defer testenv.Bound(t, len(data))()
		data = slices.Clone(data)
		c, err := parseContainer(name, data, uint64(len(data)), repair(data))
		if err != nil {
			demandCorrupt(t, err, name)
			return
		}
		if c.stats.documents > 1<<16 { // the walk below takes memory for each
			return
		}
		d, err := newSegmentData(c, segmentInfo{documents: c.stats.documents})
		if err != nil {
			demandCorrupt(t, err, name)
			return
		}
		walkSegment(t, newSegment(d, nil), name)
	})
}

func walkSegment(t *testing.T, g *Segment, name string) {
	for local := range min(uint32(g.Len()), 200) {
		d, err := g.document(local)
		demandCorrupt(t, err, name)
		_, err = g.Vector(local)
		demandCorrupt(t, err, name)
		_, _, err = g.data.find(d.ID)
		demandCorrupt(t, err, name)
	}
	terms, failed := g.Terms()
	for term := range terms {
		p, err := g.Postings(term)
		demandCorrupt(t, err, name)
		if p == nil {
			continue
		}
		for docs, _ := p.NextBlock(); docs != nil; docs, _ = p.NextBlock() {
			for _, doc := range docs {
				if int(doc) >= g.Len() {
					t.Fatalf("document %d of %d", doc, g.Len())
				}
			}
		}
		demandCorrupt(t, p.Err(), name)
	}
	demandCorrupt(t, failed(), name)
	demandCorrupt(t, g.verify(ctx), name)
}

func FuzzTombstones(f *testing.F) {
	set := newBitset(100_000)
	for i := uint32(0); i < 100_000; i += 1 + i/3 {
		set.set(i)
	}
	data, err := encodeTombstones(1, set)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data, set.count())
	f.Fuzz(func(t *testing.T, data []byte, count uint32) {
		defer testenv.Bound(t, len(data))()
		info := segmentInfo{id: 1, documents: 100_000, deleted: count, tombSize: uint64(len(data)), tombSum: checksum(data)}
		set, err := decodeTombstones("tombstones", data, info)
		demandCorrupt(t, err, "tombstones")
		if err == nil && set.count() != count {
			t.Errorf("%d tombstones instead of %d", set.count(), count)
		}
	})
}

// FuzzPostings decodes an entry that may be anything.
func FuzzPostings(f *testing.F) {
	var e postingsEncoder
	for i := range uint32(300) {
		e.add(i*i/7+i, 1+i%5)
	}
	f.Add(slices.Clone(e.finish()), uint16(13_200))
	e.add(5, 1<<32-1)
	f.Add(slices.Clone(e.finish()), uint16(6))
	f.Fuzz(func(t *testing.T, entry []byte, documents uint16) {
		defer testenv.Bound(t, len(entry))()
		data := append(slices.Clone(entry), make([]byte, slack)...)
		c := &container{name: "postings", data: data, stats: segmentStats{documents: uint32(documents)}}
		c.trust()
		p, err := openPostings(section{c: c, length: len(data)}, 0)
		if err != nil {
			demandCorrupt(t, err, "postings")
			return
		}
		last, n := -1, 0
		for docs, freqs := p.NextBlock(); docs != nil; docs, freqs = p.NextBlock() {
			for i, doc := range docs {
				if int(doc) <= last || doc >= uint32(documents) {
					t.Fatalf("document %d after %d, of %d", doc, last, documents)
				}
				last = int(doc)
				_ = freqs[i]
			}
			n += len(docs)
		}
		demandCorrupt(t, p.Err(), "postings")
		if p.Err() == nil && n != p.Len() {
			t.Errorf("%d postings of %d", n, p.Len())
		}
	})
}

// trust gives a container checksums that match.
func (c *container) trust() {
	pages := (len(c.data) + pageSize - 1) / pageSize
	c.sums = make([]byte, 4*pages)
	for p := range pages {
		le.PutUint32(c.sums[4*p:], checksum(c.data[p*pageSize:min((p+1)*pageSize, len(c.data))]))
	}
	c.checked = make([]atomicWord, (pages+31)/32)
}

func FuzzDocument(f *testing.F) {
	r := newRand(f, 1)
	for range 8 {
		e := randomEntry(r, "id")
		b, err := appendDocument(nil, &e.Document)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		defer testenv.Bound(t, len(data))()
		d, err := decodeDocument(&decoder{file: "documents", buf: data}, "id")
		demandCorrupt(t, err, "documents")
		if err != nil {
			return
		}
		b, err := appendDocument(nil, &d)
		if err != nil {
			t.Fatal(err)
		}
		again, err := decodeDocument(&decoder{file: "documents", buf: b}, "id")
		if err != nil || !sameDocument(d, again) {
			t.Errorf("%+v\nbecame\n%+v: %v", d, again, err)
		}
	})
}

// FuzzBlock decompresses stored documents that may be anything.
func FuzzBlock(f *testing.F) {
	w, err := newBlocksWriter(newContainerWriter(discard{}))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(w.zstd.EncodeAll([]byte(strings.Repeat("text ", 100)), nil), 500)
	f.Add(w.zstd.EncodeAll(make([]byte, 3*smallBlock), nil), 3*smallBlock)
	f.Fuzz(func(t *testing.T, packed []byte, size int) {
		defer testenv.Bound(t, len(packed))()
		if size < 0 || size > 1<<24 {
			return
		}
		if b, err := decompress(nil, packed, size); err == nil && len(b) != size {
			t.Errorf("%d bytes instead of %d", len(b), size)
		}
	})
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) Sync() error                 { return nil }
func (discard) Close() error                { return nil }

// sameDocument compares what NaN would make unequal by encoding.
func sameDocument(a, b rerank.Document) bool {
	x, err1 := appendDocument(nil, &a)
	y, err2 := appendDocument(nil, &b)
	return err1 == nil && err2 == nil && slices.Equal(x, y) && a.ID == b.ID
}
