package server

import (
	"context"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/flashrerank/rerank/index"
)

// metrics are those of one server, in a registry of their own.
type metrics struct {
	registry *prometheus.Registry
	duration *prometheus.HistogramVec
	waited   prometheus.Histogram
	computed *prometheus.HistogramVec
	tokens   *prometheus.CounterVec
	texts    *prometheus.CounterVec
	refused  *prometheus.CounterVec
	clients  *prometheus.CounterVec
}

func newMetrics(s *Server) *metrics {
	times := prometheus.ExponentialBuckets(0.001, 2, 16) // to half a minute
	m := &metrics{
		registry: prometheus.NewRegistry(),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "rerank_request_duration_seconds", Help: "Time from a request's head to its answer.", Buckets: times}, []string{"dialect", "status"}),
		waited:   prometheus.NewHistogram(prometheus.HistogramOpts{Name: "rerank_queue_duration_seconds", Help: "Time that requests waited for their turn.", Buckets: times}),
		computed: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "rerank_compute_duration_seconds", Help: "Time that models took.", Buckets: times}, []string{"model"}),
		tokens:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "rerank_tokens_total", Help: "Tokens computed."}, []string{"model"}),
		texts:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "rerank_documents_total", Help: "Documents ranked."}, []string{"model"}),
		refused:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "rerank_refused_total", Help: "Requests that were not answered, by the status they got."}, []string{"status"}),
		clients:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "rerank_client_requests_total", Help: "Requests of clients whose keys have a name."}, []string{"client", "status"}),
	}
	m.registry.MustRegister(m.duration, m.waited, m.computed, m.tokens, m.texts, m.refused, m.clients, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "rerank_queue_requests", Help: "Requests that wait for their turn."},
		func() float64 { return float64(s.queue.length()) }))
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "rerank_running_requests", Help: "Requests whose turn it is."},
		func() float64 { return float64(s.queue.atWork()) }))
	for name, value := range map[string]func() float64{
		"hits":   func() float64 { return float64(s.models.known.Stats().Hits) },
		"misses": func() float64 { return float64(s.models.known.Stats().Misses) },
	} {
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "rerank_cache_" + name + "_total", Help: "Vectors and scores that were asked of the cache: " + name + "."}, value))
	}
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "rerank_cache_bytes", Help: "About what the cache holds."},
		func() float64 { return float64(s.models.known.Stats().Bytes) }))
	if s.corpus != nil {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "rerank_index_documents", Help: "Documents of the index."}, s.indexed))
	}
	return m
}

// indexed counts the documents of the index, NaN if it cannot be read.
func (s *Server) indexed() float64 {
	documents := math.NaN()
	_ = s.corpus.Look(context.Background(), func(snapshot *index.Snapshot) error { // searches tell
		documents = float64(snapshot.Len())
		return nil
	})
	return documents
}

// Metrics answers with the server's metrics in Prometheus's form, as Handler does at /metrics
// unless [Config.MetricsApart] is set. It asks for no key.
func (s *Server) Metrics() http.Handler {
	return promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{})
}

// observe counts a request. The names of models are those of the configuration, never
// what a client wrote.
func (m *metrics) observe(said *record, code int) {
	status := strconv.Itoa(code)
	m.duration.WithLabelValues(said.dialect, status).Observe(time.Since(said.start).Seconds())
	if said.client != "" {
		m.clients.WithLabelValues(said.client, status).Inc()
	}
	if code >= 400 {
		m.refused.WithLabelValues(status).Inc()
		return
	}
	m.waited.Observe(said.waited.Seconds())
	m.computed.WithLabelValues(said.model).Observe(said.computed.Seconds())
	m.tokens.WithLabelValues(said.model).Add(float64(said.tokens))
	m.texts.WithLabelValues(said.model).Add(float64(said.documents))
}
