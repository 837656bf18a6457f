package cache_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/flashrerank/rerank/cache"
)

func Example() {
	c := cache.New(1 << 20)
	key := cache.KeyOf("model", "a text")
	if _, found := c.Get(key); !found {
		c.Put(key, cache.Value{Numbers: []float32{0.6, 0.8}})
	}
	v, found := c.Get(key)
	fmt.Println(v.Numbers, found)
	// Output: [0.6 0.8] true
}

func key(i int) cache.Key { return cache.KeyOf(fmt.Sprint(i)) }

// TestAgainstAList holds the cache against a list that is searched from its end.
func TestAgainstAList(t *testing.T) {
	type kept struct {
		i int
		v cache.Value
	}
	random := rand.New(rand.NewPCG(3, 1))
	const most = 5000
	c := cache.New(most)
	var list []kept // the latest last
	var want cache.Stats
	size := func() (n int64) {
		for _, k := range list {
			n += 200 + 4*int64(len(k.v.Numbers))
		}
		return n
	}
	for range 20_000 {
		i := random.IntN(30)
		at := slices.IndexFunc(list, func(k kept) bool { return k.i == i })
		if random.IntN(2) == 0 {
			got, found := c.Get(key(i))
			if found != (at >= 0) || found && (got.Truncated != list[at].v.Truncated || !slices.Equal(got.Numbers, list[at].v.Numbers)) {
				t.Fatalf("%d: %v, %v", i, got, found)
			}
			if found {
				want.Hits++
				list = append(slices.Delete(slices.Clone(list), at, at+1), list[at])
			} else {
				want.Misses++
			}
			continue
		}
		if at >= 0 {
			list = slices.Delete(list, at, at+1)
		}
		v := cache.Value{Numbers: make([]float32, random.IntN(1400)), Truncated: random.IntN(2) == 0}
		c.Put(key(i), v)
		if 200+4*len(v.Numbers) > most {
			continue
		}
		for size()+200+4*int64(len(v.Numbers)) > most {
			list = list[1:]
			want.Evictions++
		}
		list = append(list, kept{i, v})
		want.Values, want.Bytes = len(list), size()
		got := c.Stats()
		got.Hits, got.Misses = want.Hits, want.Misses
		if got != want {
			t.Fatalf("%+v, want %+v", got, want)
		}
	}
	if s := c.Stats(); s.Hits != want.Hits || s.Misses != want.Misses || want.Hits == 0 || want.Evictions == 0 {
		t.Errorf("%+v, want %+v", s, want)
	}
}

func TestNoRoom(t *testing.T) {
	for _, c := range []*cache.Cache{nil, cache.New(0), cache.New(-1), cache.New(100)} {
		c.Put(key(1), cache.Value{Numbers: []float32{1}})
		if _, found := c.Get(key(1)); found || c.Stats().Bytes != 0 {
			t.Errorf("%+v", c.Stats())
		}
	}
}

func TestKeys(t *testing.T) {
	seen := map[cache.Key][]string{}
	for _, parts := range [][]string{nil, {""}, {"", ""}, {"ab"}, {"a", "b"}, {"", "ab"}, {"ab", ""}, {"a\x00b"}} {
		k := cache.KeyOf(parts...)
		if other, found := seen[k]; found {
			t.Errorf("%q and %q have one key", parts, other)
		}
		seen[k] = parts
	}
}

func TestAtOnce(t *testing.T) {
	c := cache.New(2000)
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(g)))
			for range 2000 {
				i := random.IntN(20)
				if v, found := c.Get(key(i)); found && v.Numbers[0] != float32(i) {
					t.Errorf("%d: %v", i, v)
				}
				c.Put(key(i), cache.Value{Numbers: []float32{float32(i)}})
			}
		})
	}
	all.Wait()
	if s := c.Stats(); s.Bytes > 2000 || s.Hits+s.Misses != 16_000 {
		t.Errorf("%+v", s)
	}
}
