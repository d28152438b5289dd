package main

import (
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
)

func from(values map[string]string) func(string) string {
	return func(name string) string { return values[name] }
}

func TestEverythingThatIsMissingIsNamedAtOnce(t *testing.T) {
	_, err := settingsFrom(from(map[string]string{"DB_HOST": "mysql"}))
	if err == nil || err.Error() != "not set: DB_DATABASE, DB_USERNAME, DB_PASSWORD" {
		t.Errorf("got %v", err)
	}
}

func TestAPasswordMayHoldAnything(t *testing.T) {
	password := "p@ss:w/rd?&=%"
	got, err := settingsFrom(from(map[string]string{
		"DB_HOST": "mysql", "DB_DATABASE": "shop", "DB_USERNAME": "u", "DB_PASSWORD": password,
	}))
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := mysql.ParseDSN(got.dsn)
	if err != nil || parsed.Passwd != password || parsed.Addr != "mysql:3306" || parsed.Timeout == 0 {
		t.Errorf("got %+v, %v", parsed, err)
	}
	if got.address != ":8000" || got.drain != 8*time.Second {
		t.Errorf("got %+v", got)
	}
}

func TestADurationThatIsNoneIsRefused(t *testing.T) {
	_, err := settingsFrom(from(map[string]string{
		"DB_HOST": "h", "DB_DATABASE": "d", "DB_USERNAME": "u", "DB_PASSWORD": "p", "DRAIN": "soon",
	}))
	if err == nil || !strings.Contains(err.Error(), "DRAIN") {
		t.Errorf("got %v", err)
	}
}
