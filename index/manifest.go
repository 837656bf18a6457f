package index

import (
	"errors"
	"fmt"
	"io/fs"
	"math"

	rerank "github.com/flashrerank/rerank"
)

// The manifest says what the index holds as of one commit: docs/formats/index.md.
const (
	manifestMagic  = "RRIXMANI"
	manifestHeader = 8 + 4 + 4 // magic, version, checksum of the rest
	manifestLimit  = 64 << 20
	segmentEntry   = 8 + 8 + 4 + 4 + 4 + 8 + 8 + 4

	// formatVersion stands in every file of an index.
	formatVersion = 2

	contentField = "content"
)

// manifest is one commit.
type manifest struct {
	generation  uint64
	nextSegment uint64 // the ID that the next segment gets
	analyzer    string
	fingerprint string // of the analyzer's behavior
	model       rerank.ModelInfo
	fields      []string // indexed fields; this version knows "content"
	segments    []segmentInfo
}

// segmentInfo is what the manifest says about a segment.
type segmentInfo struct {
	id        uint64
	size      uint64 // of the segment file
	checksum  uint32 // of its footer
	documents uint32

	deleted    uint32 // how many documents the tombstones mark
	tombstones uint64 // generation of the tombstone file; 0: none
	tombSize   uint64
	tombSum    uint32 // checksum of the whole tombstone file
}

func (s segmentInfo) file() string { return fmt.Sprintf("segment-%016x", s.id) }

func (s segmentInfo) tombstoneFile() string {
	return fmt.Sprintf("segment-%016x-deleted-%016x", s.id, s.tombstones)
}

func (m *manifest) encode() []byte {
	b := append([]byte(manifestMagic), 0, 0, 0, 0, 0, 0, 0, 0)
	le.PutUint32(b[8:], formatVersion)
	b = le.AppendUint64(b, m.generation)
	b = le.AppendUint64(b, m.nextSegment)
	b = appendString32(b, m.analyzer)
	b = appendString32(b, m.fingerprint)
	b = appendString32(b, m.model.Name)
	b = appendString32(b, m.model.Fingerprint)
	b = le.AppendUint32(b, uint32(m.model.Dimensions))
	b = appendString32(b, string(m.model.Similarity))
	b = le.AppendUint32(b, uint32(m.model.MaxTokens))
	b = appendString32(b, m.model.Precision)
	b = le.AppendUint32(b, uint32(len(m.fields)))
	for _, f := range m.fields {
		b = appendString32(b, f)
	}
	b = le.AppendUint32(b, uint32(len(m.segments)))
	for _, s := range m.segments {
		b = le.AppendUint64(b, s.id)
		b = le.AppendUint64(b, s.size)
		b = le.AppendUint32(b, s.checksum)
		b = le.AppendUint32(b, s.documents)
		b = le.AppendUint32(b, s.deleted)
		b = le.AppendUint64(b, s.tombstones)
		b = le.AppendUint64(b, s.tombSize)
		b = le.AppendUint32(b, s.tombSum)
	}
	le.PutUint32(b[12:], checksum(b[manifestHeader:]))
	return b
}

func decodeManifest(b []byte) (*manifest, error) {
	d := &decoder{file: manifestName, buf: b}
	switch version, err := header(d, manifestMagic); {
	case err != nil:
		return nil, err
	case version != formatVersion:
		return nil, &VersionError{version}
	}
	if sum := d.u32(); d.err == nil && sum != checksum(b[manifestHeader:]) {
		return nil, &CorruptError{File: manifestName, Offset: 12, Reason: "checksum does not match"}
	}
	m := &manifest{generation: d.u64(), nextSegment: d.u64(), analyzer: d.str(uint64(d.u32())), fingerprint: d.str(uint64(d.u32()))}
	m.model.Name = d.str(uint64(d.u32()))
	m.model.Fingerprint = d.str(uint64(d.u32()))
	m.model.Dimensions = int(d.limited(MaxDimensions, "dimensions"))
	m.model.Similarity = rerank.Similarity(d.str(uint64(d.u32())))
	m.model.MaxTokens = int(d.limited(math.MaxInt32, "tokens"))
	m.model.Precision = d.str(uint64(d.u32()))
	for n := d.count(4); n > 0; n-- {
		m.fields = append(m.fields, d.str(uint64(d.u32())))
	}
	for n := d.count(segmentEntry); n > 0; n-- {
		m.segments = append(m.segments, segmentInfo{
			id: d.u64(), size: d.u64(), checksum: d.u32(), documents: d.u32(),
			deleted: d.u32(), tombstones: d.u64(), tombSize: d.u64(), tombSum: d.u32(),
		})
	}
	if err := d.end(); err != nil {
		return nil, err
	}
	return m, m.check()
}

// check finds what no writer would have written.
func (m *manifest) check() error {
	bad := func(format string, args ...any) error {
		return &CorruptError{File: manifestName, Offset: manifestHeader, Reason: fmt.Sprintf(format, args...)}
	}
	if len(m.fields) != 1 || m.fields[0] != contentField {
		return bad("indexed fields %q; this program knows only %q", m.fields, contentField)
	}
	var documents uint64
	seen := map[uint64]bool{}
	for _, s := range m.segments {
		documents += uint64(s.documents)
		switch {
		case seen[s.id] || s.id >= m.nextSegment:
			return bad("segment %d is listed twice or newer than the index", s.id)
		case s.documents == 0 || s.documents > MaxSegmentDocuments || s.deleted >= s.documents:
			return bad("segment %d has %d documents, %d of them deleted", s.id, s.documents, s.deleted)
		case (s.deleted == 0) != (s.tombstones == 0):
			return bad("segment %d has %d deleted documents and tombstone file %d", s.id, s.deleted, s.tombstones)
		}
		seen[s.id] = true
	}
	if documents > MaxDocuments {
		return bad("%d documents", documents)
	}
	return nil
}

// limited reads a u32 of at most limit.
func (d *decoder) limited(limit uint32, what string) uint32 {
	v := d.u32()
	if v > limit {
		d.fail("%d %s", v, what)
		return 0
	}
	return v
}

// header reads magic and version.
func header(d *decoder, magic string) (version uint32, err error) {
	if got := d.bytes(uint64(len(magic))); d.err == nil && string(got) != magic {
		return 0, &CorruptError{File: d.file, Reason: fmt.Sprintf("begins with %q, not with %q", got, magic)}
	}
	return d.u32(), d.err
}

// checkHeader reads magic and version of a file that the manifest names, whose
// version is the manifest's.
func checkHeader(d *decoder, magic string) error {
	version, err := header(d, magic)
	if err == nil && version != formatVersion {
		return &CorruptError{File: d.file, Offset: int64(len(magic)),
			Reason: fmt.Sprintf("format version %d; the manifest has version %d", version, formatVersion)}
	}
	return err
}

// readManifest reads the latest commit; raw tells commits apart.
func readManifest(s store) (m *manifest, raw []byte, err error) {
	raw, err = s.read(manifestName, manifestLimit)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, ErrNotExist
	}
	if err != nil {
		return nil, nil, fmt.Errorf("index: reading the manifest: %w", err)
	}
	m, err = decodeManifest(raw)
	return m, raw, err
}

// errUnknownOutcome marks a commit that failed after its manifest may have
// taken the old one's place.
type errUnknownOutcome struct{ error }

func (e errUnknownOutcome) Unwrap() error { return e.error }

// writeManifest makes m the latest commit. All files that it names must be
// durable, their names in the directory included.
func writeManifest(s locked, m *manifest) error {
	f, err := s.create(manifestTemp)
	if err != nil {
		return err
	}
	if err := writeAndClose(f, m.encode()); err != nil {
		_ = s.remove(manifestTemp) // the next writer would remove it too
		return err
	}
	if err := s.rename(manifestTemp, manifestName); err != nil {
		return errUnknownOutcome{err}
	}
	if err := s.sync(); err != nil {
		return errUnknownOutcome{err}
	}
	return nil
}

// writeAndClose writes a whole file and makes its content durable.
func writeAndClose(f file, b []byte) error {
	_, err := f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}

// tombstonesOf returns the generation of a segment's tombstones.
func (m *manifest) tombstonesOf(id uint64) uint64 {
	for _, s := range m.segments {
		if s.id == id {
			return s.tombstones
		}
	}
	return 0
}
