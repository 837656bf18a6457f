package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/index"
	"github.com/flashrerank/rerank/internal/count"
)

// inventory is what an index holds before it is brought in line with folders:
// for every document what tells whether it has changed.
type inventory struct {
	snapshot  *index.Snapshot
	documents map[string]*stored // by ID
	unchanged int
}

// stored is a document of the index.
type stored struct {
	whole, content digest
	seen           bool // a document with its ID has been read
	same           bool // and it is counted as unchanged
}

// digest stands for what it was made of.
type digest [16]byte

func digestOf(parts ...string) digest {
	h := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return digest(h.Sum(nil))
}

// contentDigest stands for what a document's vector is made of.
func contentDigest(d rerank.Document) digest { return digestOf(d.Title, d.Text) }

// wholeDigest stands for all of a document but its ID.
func wholeDigest(d rerank.Document) digest {
	parts := []string{d.Title, d.Text, string(d.Meta), strconv.FormatBool(d.Meta == nil)}
	for _, f := range d.Fields {
		parts = appendValue(append(parts, f.Name), f.Value)
	}
	return digestOf(parts...)
}

// appendValue appends what tells a value from others, of another kind too.
func appendValue(parts []string, v rerank.Value) []string {
	list := v.List()
	parts = append(parts, v.Kind().String(), strconv.Itoa(len(list)))
	if v.Kind() != rerank.KindList {
		return append(parts, v.String())
	}
	for _, e := range list {
		parts = appendValue(parts, e)
	}
	return parts
}

// takeInventory reads all documents of a snapshot, which must stay open.
func takeInventory(ctx context.Context, s *index.Snapshot) (*inventory, error) {
	v := &inventory{snapshot: s, documents: make(map[string]*stored, s.Len())}
	for d, err := range s.Documents(ctx) {
		if err != nil {
			return nil, err
		}
		v.documents[d.ID] = &stored{whole: wholeDigest(d), content: contentDigest(d)}
	}
	return v, nil
}

// has notes that a document has been read and says whether the index holds it
// as it is. What is read twice under one ID is written, so that the last counts.
func (v *inventory) has(d rerank.Document) bool {
	known, ok := v.documents[d.ID]
	if !ok {
		return false
	}
	before := *known
	known.seen, known.same = true, !before.seen && wholeDigest(d) == known.whole
	switch {
	case known.same:
		v.unchanged++
	case before.same:
		v.unchanged--
	}
	return known.same
}

// gone returns the IDs of the documents that were not read.
func (v *inventory) gone() []string {
	var ids []string
	for id, d := range v.documents {
		if !d.seen {
			ids = append(ids, id)
		}
	}
	return ids
}

// reuse gives entries the vectors of stored documents with the same content.
func (v *inventory) reuse(entries []index.Entry) error {
	wanted := map[digest][]int{}
	for i, e := range entries {
		content := contentDigest(e.Document)
		wanted[content] = append(wanted[content], i)
	}
	for id, d := range v.documents {
		list := wanted[d.content]
		if len(list) == 0 {
			continue
		}
		number, found, err := v.snapshot.Find(id)
		if err != nil || !found {
			return err
		}
		vector, err := v.snapshot.Vector(number)
		if err != nil {
			return err
		}
		for _, i := range list {
			entries[i].Vector = vector
		}
		delete(wanted, d.content)
	}
	return nil
}

// renamed counts the entries under new IDs whose content was that of documents
// which are gone.
func (v *inventory) renamed(entries []index.Entry) int {
	gone := map[digest]int{}
	for _, d := range v.documents {
		if !d.seen {
			gone[d.content]++
		}
	}
	added := map[string]digest{} // by ID; the last counts
	for _, e := range entries {
		if _, known := v.documents[e.Document.ID]; !known {
			added[e.Document.ID] = contentDigest(e.Document)
		}
	}
	n := 0
	for _, content := range added {
		if gone[content] > 0 {
			gone[content]--
			n++
		}
	}
	return n
}

// inLine writes, in one commit, what was read and differs from the index, and
// deletes what was not read. Where something could not be read nothing is
// deleted, as it may be that.
func (in *ingest) inLine(ctx context.Context) error {
	out := &in.outcome
	out.Unchanged = in.old.unchanged
	gone := in.old.gone()
	switch {
	case out.Bad > 0 && len(gone) > 0:
		in.app.remark("%s kept although not found, because something could not be read", count.Of(len(gone), "document"))
		gone = nil
	case len(in.entries) == 0 && out.Unchanged == 0 && len(gone) > 0:
		return fmt.Errorf("there is nothing to index, and %s in the index: replace it with --overwrite if it is to be empty", count.Of(len(gone), "document"))
	}
	for _, s := range in.empty {
		if n := s.among(gone); n > 0 {
			return fmt.Errorf("there is nothing to index in %s, and %s of it in the index: leave it out of the command if they are to be deleted", s.name, count.Of(n, "document"))
		}
	}
	if gone != nil {
		out.Renamed = in.old.renamed(in.entries)
	}
	if in.embed != nil {
		if err := in.old.reuse(in.entries); err != nil {
			return fmt.Errorf("taking over vectors: %w", err)
		}
	}
	if err := in.commit(ctx, gone); err != nil {
		return err
	}
	out.Added -= out.Renamed
	out.Deleted = len(gone) - out.Renamed
	return nil
}

// among counts the IDs of documents from a folder.
func (s source) among(ids []string) (n int) {
	if info, err := os.Stat(s.name); s.folder == "" || err == nil && !info.IsDir() {
		return 0
	}
	for _, id := range ids {
		if strings.HasPrefix(id, s.options.Folder.Name+"/") {
			n++
		}
	}
	return n
}
