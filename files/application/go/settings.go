package main

import (
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
)

type settings struct {
	address string
	metrics string
	drain   time.Duration
	dsn     string
}

// settingsFrom reads the environment, and names everything that is missing at once.
func settingsFrom(env func(string) string) (settings, error) {
	var missing []string
	need := func(name string) string {
		value := env(name)
		if value == "" {
			missing = append(missing, name)
		}
		return value
	}
	or := func(name, usual string) string {
		if value := env(name); value != "" {
			return value
		}
		return usual
	}
	database := mysql.NewConfig()
	database.Net = "tcp"
	database.Addr = net.JoinHostPort(need("DB_HOST"), or("DB_PORT", "3306"))
	database.DBName = need("DB_DATABASE")
	database.User = need("DB_USERNAME")
	database.Passwd = need("DB_PASSWORD")
	database.Timeout = 3 * time.Second
	database.ReadTimeout = 5 * time.Second
	database.WriteTimeout = 5 * time.Second
	if len(missing) > 0 {
		return settings{}, fmt.Errorf("not set: %s", strings.Join(missing, ", "))
	}
	drain, err := time.ParseDuration(or("DRAIN", "8s"))
	if err != nil {
		return settings{}, fmt.Errorf("DRAIN: expected a duration such as 8s: %w", err)
	}
	return settings{
		address: or("LISTEN", ":8000"),
		metrics: or("METRICS_LISTEN", ":9090"),
		drain:   drain,
		dsn:     database.FormatDSN(),
	}, nil
}
