package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

type fake struct {
	found []product
	err   error
	panic string
	asked func(context.Context)
}

func (f fake) ping(context.Context) error { return f.err }

func (f fake) list(ctx context.Context) ([]product, error) {
	if f.asked != nil {
		f.asked(ctx)
	}
	if f.panic != "" {
		panic(f.panic)
	}
	return f.found, f.err
}

func quiet() *slog.Logger { return slog.New(slog.NewJSONHandler(io.Discard, nil)) }

func get(t *testing.T, api *api, method, path string) (*http.Response, string) {
	t.Helper()
	recorder := httptest.NewRecorder()
	api.ServeHTTP(recorder, httptest.NewRequest(method, path, nil))
	return recorder.Result(), strings.TrimSpace(recorder.Body.String())
}

func TestAnswers(t *testing.T) {
	lens := product{ID: 1, SKU: "lens", Name: "Lens", PriceCents: 1250, Currency: "EUR", Stock: 3}
	away := errors.New("dial tcp 10.0.0.1:3306: secret-host refused")
	for _, one := range []struct {
		name, method, path string
		store              fake
		status             int
		body               string
	}{
		{"alive without a database", "GET", "/healthz", fake{err: away}, 200, `{"status":"ok"}`},
		{"ready", "GET", "/readyz", fake{}, 200, `{"status":"ready"}`},
		{"not ready", "GET", "/readyz", fake{err: away}, 503, `{"error":"the database does not answer"}`},
		{"products", "GET", "/api/products", fake{found: []product{lens}}, 200,
			`{"products":[{"id":1,"sku":"lens","name":"Lens","description":"","price_cents":1250,"currency":"EUR","stock":3}]}`},
		{"database away", "GET", "/api/products", fake{err: away}, 503, `{"error":"the products cannot be read right now"}`},
		{"panic", "GET", "/api/products", fake{panic: "x"}, 500, `{"error":"something went wrong"}`},
		{"nothing there", "GET", "/x", fake{}, 404, `{"error":"there is nothing at this address"}`},
		{"method", "POST", "/api/products", fake{}, 405, `{"error":"only GET is answered here"}`},
		{"method of health", "DELETE", "/healthz", fake{}, 405, `{"error":"only GET is answered here"}`},
	} {
		t.Run(one.name, func(t *testing.T) {
			response, body := get(t, newAPI(one.store, quiet()), one.method, one.path)
			if response.StatusCode != one.status || body != one.body {
				t.Errorf("got %d %s, want %d %s", response.StatusCode, body, one.status, one.body)
			}
			if kind := response.Header.Get("Content-Type"); kind != "application/json" {
				t.Errorf("Content-Type %q", kind)
			}
		})
	}
}

func TestTheDatabaseIsNotWaitedForForEver(t *testing.T) {
	asked := false
	get(t, newAPI(fake{asked: func(ctx context.Context) {
		until, set := ctx.Deadline()
		asked = set && time.Until(until) <= patience
	}}, quiet()), "GET", "/api/products")
	if !asked {
		t.Error("the query has no deadline")
	}
}

func TestTheLogSaysWhyInOneLineEach(t *testing.T) {
	var out bytes.Buffer
	api := newAPI(fake{err: errors.New("refused")}, slog.New(slog.NewJSONHandler(&out, nil)))
	get(t, api, "GET", "/api/products")
	get(t, api, "GET", "/healthz")
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 2 {
		t.Fatalf("lines: %q", lines)
	}
	var why, request map[string]any
	if json.Unmarshal([]byte(lines[0]), &why) != nil || why["error"] != "refused" {
		t.Errorf("no reason: %s", lines[0])
	}
	if json.Unmarshal([]byte(lines[1]), &request) != nil || request["status"] != 503.0 {
		t.Errorf("no request: %s", lines[1])
	}
}

func TestAStopLosesNoRequest(t *testing.T) {
	begun, finish := make(chan struct{}), make(chan struct{})
	slow := fake{asked: func(context.Context) { close(begun); <-finish }}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	asked, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- serve(asked, listener, newAPI(slow, quiet()), 300*time.Millisecond, quiet()) }()
	at := "http://" + listener.Addr().String()
	status := func(path string) int {
		response, err := http.Get(at + path)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			return 0
		}
		response.Body.Close()
		return response.StatusCode
	}
	inFlight := make(chan int, 1)
	go func() { inFlight <- status("/api/products") }()
	<-begun
	if status("/readyz") != 200 {
		t.Error("not ready before the stop")
	}
	stop()
	for deadline := time.Now().Add(250 * time.Millisecond); status("/readyz") != 503; {
		if time.Now().After(deadline) {
			t.Fatal("still ready after the stop")
		}
	}
	if status("/healthz") != 200 {
		t.Error("a request while draining failed")
	}
	time.Sleep(400 * time.Millisecond)
	select {
	case err := <-ended:
		t.Fatalf("ended with a request in flight: %v", err)
	default:
	}
	close(finish)
	if got := <-inFlight; got != 200 {
		t.Errorf("the request in flight got %d", got)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
