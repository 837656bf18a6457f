package server

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"

	"github.com/flashrerank/rerank/internal/exactjson"
)

// Limits of a body beside max_body. They bound what reading it costs: with them, the
// memory of a request is about four times its body (docs/server.md).
const (
	maxNesting     = 100 // arrays and objects within each other
	leastMembers   = 10_000
	valuesEach     = 100 // values for each document that a request may have
	valueCost      = 64  // bytes that a value is counted with beside its own
	firstRoom      = 64 << 10
	maxRatio       = 100     // of a body to what it was sent as
	freeExpansion  = 1 << 20 // bytes of it that may have any ratio
	maxQuery       = 1 << 20 // bytes
	maxTokenize    = 4 << 20 // bytes of texts whose tokens are asked for
	maxTokensGiven = 200_000
)

// bounds are the limits on the shape of a body.
func (s *Server) bounds() exactjson.Bounds {
	members := max(s.config.MaxDocuments, leastMembers)
	return exactjson.Bounds{Depth: maxNesting, Members: members, Values: valuesEach * members}
}

// bodies bounds what the bodies of all requests hold together.
type bodies struct {
	most int64

	mu   sync.Mutex
	used int64
}

var (
	errCrowded = &failure{http.StatusTooManyRequests, "Overloaded", "the server is overloaded: the bodies of other requests take too much memory"}
	errHeavy   = &failure{http.StatusRequestEntityTooLarge, "Validation", "invalid request: the body has more values than there is memory for"}
)

// grow lets a body that holds some bytes have n more. While there are others, none may
// hold more than what is free: a few large ones leave room for many small ones.
func (b *bodies) grow(held, n int64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch alone := b.used == held; {
	case held+n > b.most:
		return errHeavy
	case !alone && held+n > b.most-b.used-n:
		return errCrowded
	}
	b.used += n
	return nil
}

// free gives back what a body held.
func (b *bodies) free(n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used -= n
}

// body has the body of a request read. What it held is free when the request is answered.
func (s *Server) body(w http.ResponseWriter, r *http.Request, read func(data []byte) error) error {
	data, err := s.load(w, r)
	if err != nil {
		return err
	}
	if err := read(data); err != nil {
		return unreadable(err)
	}
	return r.Context().Err()
}

// load reads a body into memory and looks at its shape while it arrives.
func (s *Server) load(w http.ResponseWriter, r *http.Request) (_ []byte, err error) {
	from, err := s.plain(w, r)
	if err != nil {
		return nil, err
	}
	most := int(s.config.MaxBody) + 1
	if r.ContentLength >= 0 && r.Header.Get("Content-Encoding") == "" {
		most = int(min(r.ContentLength, s.config.MaxBody)) + 1
	}
	defer func() { leftover(from, err) }()
	held := &note(r).held
	meter := exactjson.Meter{Bounds: s.bounds()}
	data := make([]byte, 0, min(most, firstRoom))
	for {
		weight := int64(cap(data)) + valueCost*int64(meter.Seen)
		if weight > *held {
			if err := s.bodies.grow(*held, weight-*held); err != nil {
				return nil, err
			}
			*held = weight
		}
		n, err := from.Read(data[len(data):min(cap(data), len(data)+firstRoom)])
		if _, refused := meter.Write(data[len(data) : len(data)+n]); refused != nil {
			return nil, unreadable(refused)
		}
		data = data[:len(data)+n]
		switch {
		case int64(len(data)) > s.config.MaxBody:
			return nil, oversized(s.config.MaxBody)
		case err == io.EOF:
			return data, nil
		case err != nil:
			return nil, s.unreceived(err)
		case r.Context().Err() != nil:
			return nil, r.Context().Err()
		case len(data) == cap(data): // the new one is counted before it is filled
			data = append(make([]byte, 0, min(2*cap(data), most)), data...)
		}
	}
}

// leftover reads what a client still sends of a body that is refused, as many would else
// see a broken connection and not why. It keeps nothing of it, and there is at most
// max_body of it.
func leftover(from io.Reader, err error) {
	var f *failure
	if errors.As(err, &f) && f.status != http.StatusRequestTimeout {
		_, _ = io.Copy(io.Discard, from)
	}
}

func oversized(most int64) *failure {
	return &failure{http.StatusRequestEntityTooLarge, "Validation", fmt.Sprintf("invalid request: the body has more than %d bytes", most)}
}

// unreceived tells why a body did not arrive.
func (s *Server) unreceived(err error) error {
	var large *http.MaxBytesError
	var f *failure
	switch {
	case errors.As(err, &f):
		return f
	case errors.As(err, &large):
		return oversized(s.config.MaxBody)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return &failure{http.StatusRequestTimeout, "Validation", "the body did not arrive in time"}
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return err
	}
	return invalid("invalid request: the body ends early or cannot be decompressed")
}

// plain returns the body as it was before it was compressed.
func (s *Server) plain(w http.ResponseWriter, r *http.Request) (io.Reader, error) {
	sent := http.MaxBytesReader(w, r.Body, s.config.MaxBody)
	switch kind := strings.ToLower(strings.TrimSpace(r.Header.Get("Content-Encoding"))); kind {
	case "", "identity":
		return sent, nil
	case "gzip", "x-gzip":
		e := &expanding{sent: &counted{Reader: sent}}
		var err error
		if e.Reader, err = gzip.NewReader(e.sent); err != nil {
			return nil, s.unreceived(err)
		}
		return e, nil
	}
	w.Header().Set("Accept-Encoding", "gzip")
	return nil, &failure{http.StatusUnsupportedMediaType, "Validation", "invalid request: the only Content-Encoding that is read is gzip"}
}

// short refuses a query that no model could read. Queries are never cut.
func short(query string) error {
	if len(query) > maxQuery {
		return &failure{http.StatusRequestEntityTooLarge, "Validation", fmt.Sprintf("invalid request: the query has %d bytes, more than %d", len(query), maxQuery)}
	}
	return nil
}

// counted counts what is read.
type counted struct {
	io.Reader
	n int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += int64(n)
	return n, err
}

// expanding refuses what grows too much.
type expanding struct {
	*gzip.Reader
	sent *counted
	n    int64
}

func (e *expanding) Read(p []byte) (int, error) {
	n, err := e.Reader.Read(p)
	if e.n += int64(n); e.n > freeExpansion+maxRatio*e.sent.n {
		return n, &failure{http.StatusRequestEntityTooLarge, "Validation", fmt.Sprintf("invalid request: the body is more than %d times what was sent", maxRatio)}
	}
	return n, err
}
