package main

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics is what Prometheus is told: of requests, of the connections to the database, of this process.
type metrics struct {
	registry *prometheus.Registry
	seconds  *prometheus.HistogramVec
}

func newMetrics() *metrics {
	made := &metrics{prometheus.NewRegistry(), prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "http_request_duration_seconds",
		Help:    "How long requests took, but for those of kubelet.",
		Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
	}, []string{"path", "code"})}
	made.registry.MustRegister(
		made.seconds,
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return made
}

// answered counts a request. What nobody has defined is one path: visitors must not fill the memory.
func (m *metrics) answered(path string, status int, took time.Duration) {
	if path != "/api/products" {
		path = "other"
	}
	m.seconds.WithLabelValues(path, strconv.Itoa(status)).Observe(took.Seconds())
}

// server tells at a port of its own: the other one is open to everybody.
func (m *metrics) server() *http.Server {
	routes := http.NewServeMux()
	routes.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	return &http.Server{Handler: routes, ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 15 * time.Second}
}
