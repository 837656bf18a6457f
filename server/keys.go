package server

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Client is somebody who may ask. Its name is in the log and the metrics, its keys never are.
type Client struct {
	Name string   `yaml:"name"`
	Keys []string `yaml:"keys,omitempty"` // each of them lets it in

	Concurrent int `yaml:"concurrent,omitempty"` // requests at once, those that wait included; 0 means Config.KeyConcurrent
	PerMinute  int `yaml:"per_minute,omitempty"` // requests in a minute; 0 means Config.KeyPerMinute
}

// Keyed reports whether a request needs a key.
func (c Config) Keyed() bool { return len(c.Keys)+len(c.Clients) > 0 }

// checkKeys tells what is wrong with keys, without telling them.
func (c Config) checkKeys() []error {
	var errs []error
	seen := map[string]bool{}
	check := func(where, key string) {
		switch {
		case strings.TrimSpace(key) == "":
			errs = append(errs, fmt.Errorf("%s: it is empty", where))
		case seen[key]:
			errs = append(errs, fmt.Errorf("%s: the key appears twice", where))
		}
		seen[key] = true
	}
	for i, key := range c.Keys {
		check(fmt.Sprintf("keys[%d]", i), key)
	}
	names := map[string]bool{}
	for i, client := range c.Clients {
		where := fmt.Sprintf("clients[%d]", i)
		switch {
		case !fitForLog(client.Name):
			errs = append(errs, fmt.Errorf("%s: the name %q is not 1 to 64 letters, digits, dashes, underscores, dots and colons", where, client.Name))
		case names[client.Name]:
			errs = append(errs, fmt.Errorf("%s: there are two clients called %s", where, client.Name))
		case len(client.Keys) == 0:
			errs = append(errs, fmt.Errorf("%s: %s has no keys", where, client.Name))
		case client.Concurrent < 0 || client.PerMinute < 0:
			errs = append(errs, fmt.Errorf("%s: a limit of %s is negative", where, client.Name))
		}
		names[client.Name] = true
		for j, key := range client.Keys {
			check(fmt.Sprintf("%s: keys[%d]", where, j), key)
		}
	}
	if c.KeyConcurrent < 0 || c.KeyPerMinute < 0 {
		errs = append(errs, errors.New("key_concurrent and key_per_minute must not be negative"))
	}
	if !c.Keyed() && (c.ProtectAll || c.KeyConcurrent > 0 || c.KeyPerMinute > 0) {
		errs = append(errs, errors.New("protect_all, key_concurrent and key_per_minute have no effect without keys"))
	}
	return errs
}

// holder is who has a key, or one of several, and what is counted of its requests.
type holder struct {
	name       string // "" where the key has none
	sums       [][sha256.Size]byte
	concurrent int // 0: no limit
	perMinute  int // likewise

	mu     sync.Mutex
	atWork int
	left   float64 // requests that may still come, at the time of
	since  time.Time
}

// newHolders returns those who have the keys of a configuration.
func newHolders(c Config) []*holder {
	var list []*holder
	add := func(client Client) {
		h := &holder{name: client.Name, concurrent: client.Concurrent, perMinute: client.PerMinute}
		if h.concurrent == 0 {
			h.concurrent = c.KeyConcurrent
		}
		if h.perMinute == 0 {
			h.perMinute = c.KeyPerMinute
		}
		h.left = float64(h.perMinute)
		for _, key := range client.Keys {
			h.sums = append(h.sums, sha256.Sum256([]byte(key)))
		}
		list = append(list, h)
	}
	for _, key := range c.Keys {
		add(Client{Keys: []string{key}})
	}
	for _, client := range c.Clients {
		add(client)
	}
	return list
}

// keyHeaders are those that have a key by itself: Azure's and others'.
var keyHeaders = [...]string{"X-Api-Key", "Api-Key"}

// admit checks the key of a request, and returns who has it, nil where none is asked for.
func (s *Server) admit(r *http.Request) (*holder, *failure) {
	if len(s.holders) == 0 {
		return nil, nil
	}
	supplied := false
	if header := r.Header.Get("Authorization"); header != "" {
		supplied = true
		if kind, given, _ := strings.Cut(header, " "); strings.EqualFold(kind, "bearer") {
			if h := s.holderOf(strings.TrimSpace(given)); h != nil {
				return h, nil
			}
		}
	}
	for _, name := range keyHeaders {
		if given := r.Header.Get(name); given != "" {
			supplied = true
			if h := s.holderOf(given); h != nil {
				return h, nil
			}
		}
	}
	if !supplied {
		return nil, &failure{http.StatusUnauthorized, "Validation", "no api key supplied"}
	}
	return nil, &failure{http.StatusUnauthorized, "Validation", "invalid api token"}
}

// holderOf returns who has a key, nil if nobody has. Sums of equal length are compared with
// all keys, so that the time tells nothing of them.
func (s *Server) holderOf(key string) *holder {
	var found *holder
	sum := sha256.Sum256([]byte(key))
	for _, h := range s.holders {
		for _, other := range h.sums {
			if subtle.ConstantTimeCompare(sum[:], other[:]) == 1 {
				found = h
			}
		}
	}
	return found
}

// enter counts a request, which must leave, unless that is more than its holder may have; then
// it returns how many seconds to wait. A nil holder has no limits.
func (h *holder) enter(now time.Time) (wait int, err *failure) {
	if h == nil {
		return 0, nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.concurrent > 0 && h.atWork >= h.concurrent {
		return 1, &failure{http.StatusTooManyRequests, "Overloaded", fmt.Sprintf("this key has %d requests at work, and may have no more at once", h.concurrent)}
	}
	if h.perMinute > 0 {
		most, each := float64(h.perMinute), float64(h.perMinute)/60
		if !h.since.IsZero() {
			h.left = min(most, h.left+each*now.Sub(h.since).Seconds())
		}
		h.since = now
		if h.left < 1 {
			return int(math.Ceil((1 - h.left) / each)), &failure{http.StatusTooManyRequests, "Overloaded", fmt.Sprintf("this key may send %d requests a minute", h.perMinute)}
		}
		h.left--
	}
	h.atWork++
	return 0, nil
}

func (h *holder) leave() {
	if h == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.atWork--
}

// keyed lets in those who have a key and are within its limits.
func (s *Server) keyed(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		h, f := s.admit(r)
		if f != nil {
			w.Header().Set("WWW-Authenticate", "Bearer")
			s.refuse(w, r, dialectOfPath(r.URL.Path), f)
			return
		}
		if h != nil {
			note(r).client = h.name
		}
		wait, f := h.enter(time.Now())
		if f != nil {
			w.Header().Set("Retry-After", strconv.Itoa(wait))
			s.refuse(w, r, dialectOfPath(r.URL.Path), f)
			return
		}
		defer h.leave()
		next(w, r)
	}
}
