package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"
)

// store is what the API needs of a database.
type store interface {
	ping(context.Context) error
	list(context.Context) ([]product, error)
}

type api struct {
	http.Handler
	store   store
	log     *slog.Logger
	metrics *metrics
	leaving atomic.Bool
}

const patience = 5 * time.Second

func newAPI(store store, log *slog.Logger) *api {
	made := &api{store: store, log: log, metrics: newMetrics()}
	routes := http.NewServeMux()
	routes.HandleFunc("GET /healthz", made.health)
	routes.HandleFunc("GET /readyz", made.ready)
	routes.HandleFunc("GET /api/products", made.products)
	routes.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		made.fail(w, r, http.StatusNotFound, "there is nothing at this address", nil)
	})
	// Without a method these catch what the ones above do not.
	for _, path := range []string{"/healthz", "/readyz", "/api/products"} {
		routes.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Allow", "GET, HEAD")
			made.fail(w, r, http.StatusMethodNotAllowed, "only GET is answered here", nil)
		})
	}
	made.Handler = made.recovered(made.logged(routes))
	return made
}

// leave makes the API say that it is not ready any more; it answers all the same.
func (a *api) leave() { a.leaving.Store(true) }

// health is about this process alone: a database that is away is no reason to restart it.
func (a *api) health(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]string{"status": "ok"})
}

func (a *api) ready(w http.ResponseWriter, r *http.Request) {
	if a.leaving.Load() {
		a.fail(w, r, http.StatusServiceUnavailable, "stopping", nil)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	if err := a.store.ping(ctx); err != nil {
		a.fail(w, r, http.StatusServiceUnavailable, "the database does not answer", err)
		return
	}
	answer(w, http.StatusOK, map[string]string{"status": "ready"})
}

func (a *api) products(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	found, err := a.store.list(ctx)
	if err != nil {
		a.fail(w, r, http.StatusServiceUnavailable, "the products cannot be read right now", err)
		return
	}
	answer(w, http.StatusOK, map[string][]product{"products": found})
}

// fail tells the caller what went wrong, and the log why.
func (a *api) fail(w http.ResponseWriter, r *http.Request, status int, message string, why error) {
	if why != nil {
		a.log.Error(message, "path", r.URL.Path, "error", why.Error())
	}
	answer(w, status, map[string]string{"error": message})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // whoever asked may be gone
}

type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

func (a *api) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun, seen := time.Now(), &recorder{w, http.StatusOK}
		next.ServeHTTP(seen, r)
		took, level := time.Since(begun), slog.LevelInfo
		if r.URL.Path == "/healthz" || r.URL.Path == "/readyz" {
			level = slog.LevelDebug // kubelet asks every few seconds
		} else {
			a.metrics.answered(r.URL.Path, seen.status, took)
		}
		a.log.Log(r.Context(), level, "request", "method", r.Method, "path", r.URL.Path,
			"status", seen.status, "ms", took.Milliseconds())
	})
}

func (a *api) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if what := recover(); what != nil {
				a.log.Error("panic", "path", r.URL.Path, "what", what)
				a.fail(w, r, http.StatusInternalServerError, "something went wrong", nil)
			}
		}()
		next.ServeHTTP(w, r)
	})
}
