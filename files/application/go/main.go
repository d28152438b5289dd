// The Go API of the shop: the products, as the database has them.
package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus/collectors"
)

func main() {
	log := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	if err := run(log); err != nil {
		log.Error("ended", "error", err.Error())
		os.Exit(1)
	}
}

func run(log *slog.Logger) error {
	settings, err := settingsFrom(os.Getenv)
	if err != nil {
		return err
	}
	db, err := open(settings)
	if err != nil {
		return err
	}
	defer db.Close()
	listener, err := net.Listen("tcp", settings.address)
	if err != nil {
		return err
	}
	api := newAPI(products{db}, log)
	api.metrics.registry.MustRegister(collectors.NewDBStatsCollector(db, "shop"))
	told, err := net.Listen("tcp", settings.metrics)
	if err != nil {
		return err
	}
	metrics := api.metrics.server()
	defer metrics.Close()
	go func() { _ = metrics.Serve(told) }() // ends with the process
	asked, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	log.Info("serving", "address", listener.Addr().String())
	return serve(asked, listener, api, settings.drain, log)
}

// serve answers until it is asked to stop. Then it says that it is not ready, and goes on for `drain`:
// until every node has stopped sending, requests still come. (The image has no shell whose sleep a
// preStop hook could call, and Kubernetes' own sleep is newer than some clusters.)
func serve(asked context.Context, listener net.Listener, api *api, drain time.Duration, log *slog.Logger) error {
	server := &http.Server{
		Handler:           api,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      15 * time.Second,
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    1 << 16,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-asked.Done():
	}
	log.Info("draining", "for", drain.String())
	api.leave()
	time.Sleep(drain)
	patience, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := server.Shutdown(patience); err != nil {
		return err
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	log.Info("stopped")
	return nil
}
