// Package cache keeps what models computed of texts, within a bound: vectors of texts
// and scores of pairs, by a hash of all that they depend on.
//
// One [Cache] serves any number of models: give it to biencoder.Options and
// crossencoder.Options, or to a pipeline.Loader, which gives it to all models that it
// opens. What comes out of it equals to the last bit what would be computed, as a
// text's vector does not depend on the texts beside it.
package cache

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// Cache keeps values until they were not asked for for the longest time and room is
// needed. It is safe for concurrent use. A nil *Cache keeps nothing.
type Cache struct {
	mu     sync.Mutex
	most   int64
	values *simplelru.LRU[Key, Value]
	stats  Stats
}

// Value is what is kept of a text or a pair. It must not be written to.
type Value struct {
	Numbers   []float32 // a vector, or a score
	Truncated bool      // whether the text was cut for it
	Foreign   bool      // whether the text is in a language that the model does not know
}

// Key is the hash of what a value depends on, see [KeyOf].
type Key [sha256.Size]byte

// overhead is about what a value takes beside its numbers: the key twice, the entries
// of map and list.
const overhead = 200

func (v Value) bytes() int64 { return overhead + 4*int64(len(v.Numbers)) }

// Stats count what became of questions, and what is kept.
type Stats struct {
	Hits, Misses, Evictions uint64
	Values                  int
	Bytes                   int64 // about; never above the bound
}

// New returns a cache that takes up about so many bytes at most; with none or less it
// keeps nothing.
func New(bytes int64) *Cache {
	c := &Cache{most: bytes}
	c.values, _ = simplelru.NewLRU(math.MaxInt, func(_ Key, v Value) { c.stats.Bytes -= v.bytes() }) // fails for sizes below 1 only
	return c
}

// Get returns the value of a key, if it is kept.
func (c *Cache) Get(key Key) (Value, bool) {
	if c == nil {
		return Value{}, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	v, found := c.values.Get(key)
	if found {
		c.stats.Hits++
	} else {
		c.stats.Misses++
	}
	return v, found
}

// Put keeps a value, which from then on must not be written to. One that has no room
// even alone is not kept.
func (c *Cache) Put(key Key, v Value) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.values.Remove(key)
	if v.bytes() > c.most {
		return
	}
	for c.stats.Bytes+v.bytes() > c.most {
		c.values.RemoveOldest()
		c.stats.Evictions++
	}
	c.values.Add(key, v)
	c.stats.Bytes += v.bytes()
}

// Stats tells what the cache did and holds.
func (c *Cache) Stats() Stats {
	if c == nil {
		return Stats{}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.stats
	s.Values = c.values.Len()
	return s
}

// KeyOf hashes parts; different lists of parts have different keys.
func KeyOf(parts ...string) Key {
	h := sha256.New()
	var length [8]byte
	for _, p := range parts {
		binary.LittleEndian.PutUint64(length[:], uint64(len(p)))
		h.Write(length[:])
		h.Write([]byte(p))
	}
	return Key(h.Sum(nil))
}
