package transformer

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"path/filepath"
	"runtime"

	"github.com/flashrerank/rerank/internal/durable"
	"github.com/flashrerank/rerank/internal/mapped"
	"github.com/flashrerank/rerank/internal/safetensors"
)

// Cache is where int8 weights that were made of others are kept, ready to be
// mapped into memory: the next process that loads the model neither reads the
// others nor makes them again.
type Cache struct {
	// Folder is made if need be; empty means none. One that cannot be written is
	// no error: weights are made again each time.
	Folder string

	// Key tells these weights and this config.json from any others, as a hash of
	// their files does. Without one nothing is kept.
	Key string

	disk durable.Disk
}

// keyKey is the name of the key in a file's metadata.
const keyKey = "rerank.key"

// usable tells whether a model loaded by these options may come from its cache.
func (o Options) usable() bool {
	return o.Precision == INT8 && o.Cache.Folder != "" && o.Cache.Key != "" && len(o.Float32) == 0
}

// path names a file by scheme and key; its content tells both again.
func (c Cache) path() string {
	sum := crc32.Checksum([]byte(c.Key), castagnoli)
	name := c.Key
	if len(name) > 80 || filepath.Base(name) != name {
		name = fmt.Sprintf("%.40x", c.Key)
	}
	return filepath.Join(c.Folder, fmt.Sprintf("%s-%08x-%s.safetensors", name, sum, scheme1))
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// trailer is the size of the checksum of all before it, which ends a file.
const trailer = crc32.Size

// loadCached makes the model of its cache's file. Whatever is wrong with that,
// it is as if it were not there.
func (m *Model) loadCached(o Options) bool {
	c := o.Cache
	file, err := mapped.Open(c.path())
	if err != nil {
		return false
	}
	m.file = file
	if err := m.loadMapped(o); err != nil {
		m.file = nil
		file.Close() // only read: nothing to lose
		return false
	}
	// The weights are views of the file; see KeepAlive in the methods that use
	// them.
	runtime.AddCleanup(m, func(f *mapped.File) { f.Close() }, file)
	return true
}

func (m *Model) loadMapped(o Options) (err error) {
	defer m.file.Recover(&err, mapped.Watch())
	t, err := cachedTensors(m.file.Bytes(), o.Cache.Key)
	if err != nil {
		return err
	}
	return m.load(t, Options{Precision: INT8, Wide: o.Wide, Answers: o.Answers})
}

// cachedTensors checks a file and parses it.
func cachedTensors(data []byte, key string) (*tensors, error) {
	if len(data) < trailer {
		return nil, errors.New("too short")
	}
	body, sum := data[:len(data)-trailer], binary.LittleEndian.Uint32(data[len(data)-trailer:])
	if crc32.Checksum(body, castagnoli) != sum {
		return nil, errors.New("the checksum is wrong")
	}
	f, err := safetensors.Parse(body)
	if err != nil {
		return nil, err
	}
	if f.Metadata[keyKey] != key || f.Metadata[schemeKey] != scheme1 {
		return nil, errors.New("the weights are of another model or scheme")
	}
	return &tensors{files: []*safetensors.File{f}, from: []string{"cached weights"}, metadata: f.Metadata, seen: map[string]bool{}}, nil
}

// keep writes the weights where loadCached finds them: to a file of its own,
// which then takes its name. Processes that do so at the same time write the
// same.
func (m *Model) keep(c Cache) error {
	if err := c.disk.MakeFolder(c.Folder); err != nil {
		return err
	}
	return c.disk.Replace(c.path(), func(w io.Writer) error { return m.writeCached(w, c.Key) })
}

func (m *Model) writeCached(w io.Writer, key string) error {
	buffered := bufio.NewWriterSize(w, 1<<16)
	sum := crc32.New(castagnoli)
	metadata := m.metadata()
	metadata[keyKey] = key
	if err := safetensors.Write(io.MultiWriter(buffered, sum), m.tensors(), metadata); err != nil {
		return err
	}
	if err := binary.Write(buffered, binary.LittleEndian, sum.Sum32()); err != nil {
		return err
	}
	return buffered.Flush()
}
