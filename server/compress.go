package server

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
)

// leastCompressed is the size in bytes of the smallest answer that is compressed: the
// smaller ones fit into a packet anyway.
const leastCompressed = 1400

// compressed sends answers as gzip to those who take it.
func compressed(next http.Handler) http.Handler {
	pool := &sync.Pool{New: func() any {
		w, _ := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed) // the level is one
		return w
	}}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Accept-Encoding")
		if r.Method == http.MethodHead || !takesGzip(r.Header.Values("Accept-Encoding")) {
			next.ServeHTTP(w, r)
			return
		}
		c := &compressor{ResponseWriter: w, pool: pool}
		defer c.end()
		next.ServeHTTP(c, r)
	})
}

// takesGzip reports whether an Accept-Encoding names gzip, or anything, and does not
// refuse it with q=0.
func takesGzip(accepted []string) bool {
	takes := false
	for one := range strings.SplitSeq(strings.Join(accepted, ","), ",") {
		name, options, _ := strings.Cut(one, ";")
		name = strings.ToLower(strings.TrimSpace(name))
		if name != "gzip" && name != "x-gzip" && name != "*" {
			continue
		}
		_, q, weighed := strings.Cut(strings.ReplaceAll(options, " ", ""), "q=")
		weight, err := strconv.ParseFloat(q, 64)
		wanted := !weighed || err == nil && weight > 0
		if name != "*" {
			return wanted
		}
		takes = wanted
	}
	return takes
}

// compressor decides by the first part of an answer whether it is compressed.
type compressor struct {
	http.ResponseWriter
	pool    *sync.Pool
	code    int // 0: not said yet
	started bool
	gzip    *gzip.Writer // nil: the answer goes as it is
}

// WriteHeader keeps the status until it is known how the body goes.
func (c *compressor) WriteHeader(code int) {
	if c.code == 0 {
		c.code = code
	}
}

// start sends the head.
func (c *compressor) start(first int) {
	c.started = true
	h := c.Header()
	if c.code == 0 {
		c.code = http.StatusOK
	}
	if first >= leastCompressed && h.Get("Content-Encoding") == "" {
		h.Set("Content-Encoding", "gzip")
		h.Del("Content-Length")
		c.gzip = c.pool.Get().(*gzip.Writer)
		c.gzip.Reset(c.ResponseWriter)
	}
	c.ResponseWriter.WriteHeader(c.code)
}

// Write sends a part of the body.
func (c *compressor) Write(p []byte) (int, error) {
	if !c.started {
		c.start(len(p))
	}
	if c.gzip != nil {
		return c.gzip.Write(p)
	}
	return c.ResponseWriter.Write(p)
}

// FlushError sends what there is, for http.ResponseController.
func (c *compressor) FlushError() error {
	if !c.started {
		c.start(0)
	}
	if c.gzip != nil {
		if err := c.gzip.Flush(); err != nil {
			return err
		}
	}
	return http.NewResponseController(c.ResponseWriter).Flush()
}

// Unwrap is for http.ResponseController.
func (c *compressor) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// end sends what is left.
func (c *compressor) end() {
	if !c.started && c.code != 0 {
		c.start(0)
	}
	if c.gzip != nil {
		_ = c.gzip.Close() // a client that has gone cannot be told
		c.pool.Put(c.gzip)
	}
}
