package main

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestTellsOfRequestsButNotOfKubelets(t *testing.T) {
	made := newAPI(fake{}, quiet())
	for _, path := range []string{"/api/products", "/api/products", "/healthz", "/readyz", "/a", "/b"} {
		get(t, made, "GET", path)
	}
	made.store = fake{err: errors.New("away")}
	get(t, made, "GET", "/api/products")
	told := figures(made)
	for _, wanted := range []string{
		`http_request_duration_seconds_count{code="200",path="/api/products"} 2`,
		`http_request_duration_seconds_count{code="503",path="/api/products"} 1`,
		`http_request_duration_seconds_count{code="404",path="other"} 2`,
		"\ngo_goroutines ",
		"\nprocess_resident_memory_bytes ",
	} {
		if !strings.Contains(told, wanted) {
			t.Errorf("expected %s in:\n%s", wanted, told)
		}
	}
	if strings.Contains(told, "healthz") || strings.Contains(told, "readyz") {
		t.Errorf("kubelet's questions are counted:\n%s", told)
	}
}

func TestVisitorsDoNotReachTheFigures(t *testing.T) {
	if answer, _ := get(t, newAPI(fake{}, quiet()), "GET", "/metrics"); answer.StatusCode != 404 {
		t.Errorf("expected 404, came %d", answer.StatusCode)
	}
}

func figures(made *api) string {
	recorder := httptest.NewRecorder()
	made.metrics.server().Handler.ServeHTTP(recorder, httptest.NewRequest("GET", "/metrics", nil))
	return recorder.Body.String()
}
