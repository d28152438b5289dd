package main

import (
	"context"
	"database/sql"
	"time"
)

type product struct {
	ID          int64  `json:"id"`
	SKU         string `json:"sku"`
	Name        string `json:"name"`
	Description string `json:"description"`
	PriceCents  int64  `json:"price_cents"`
	Currency    string `json:"currency"`
	Stock       int64  `json:"stock"`
}

// products reads the table that Laravel's migrations make.
type products struct{ db *sql.DB }

func open(from settings) (*sql.DB, error) {
	db, err := sql.Open("mysql", from.dsn)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(10)
	db.SetMaxIdleConns(5)
	// A database that was restarted has forgotten its connections.
	db.SetConnMaxLifetime(3 * time.Minute)
	return db, nil
}

func (p products) ping(ctx context.Context) error { return p.db.PingContext(ctx) }

func (p products) list(ctx context.Context) ([]product, error) {
	rows, err := p.db.QueryContext(ctx, `SELECT id, sku, name, description, price_cents, currency, stock
		FROM products ORDER BY id LIMIT 100`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := []product{}
	for rows.Next() {
		var one product
		if err := rows.Scan(&one.ID, &one.SKU, &one.Name, &one.Description, &one.PriceCents,
			&one.Currency, &one.Stock); err != nil {
			return nil, err
		}
		found = append(found, one)
	}
	return found, rows.Err()
}
