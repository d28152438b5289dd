package main

import (
	"context"
	"errors"
	"testing"

	"github.com/DATA-DOG/go-sqlmock"
)

func TestProductsAreRead(t *testing.T) {
	db, mock, err := sqlmock.New()
	if err != nil {
		t.Fatal(err)
	}
	columns := []string{"id", "sku", "name", "description", "price_cents", "currency", "stock"}
	mock.ExpectQuery("SELECT id, sku, .* FROM products ORDER BY id LIMIT 100").WillReturnRows(
		sqlmock.NewRows(columns).AddRow(2, "dome", "Dome", "Turns", 990, "EUR", 0))
	found, err := products{db}.list(context.Background())
	want := product{2, "dome", "Dome", "Turns", 990, "EUR", 0}
	if err != nil || len(found) != 1 || found[0] != want {
		t.Errorf("got %v, %v", found, err)
	}
	if err := mock.ExpectationsWereMet(); err != nil {
		t.Error(err)
	}
}

func TestNoProductsAreAnEmptyList(t *testing.T) {
	db, mock, _ := sqlmock.New()
	mock.ExpectQuery("SELECT").WillReturnRows(sqlmock.NewRows([]string{"id"}))
	if found, err := (products{db}).list(context.Background()); err != nil || found == nil {
		t.Errorf("got %v, %v", found, err)
	}
}

func TestWhatTheDatabaseSaysIsPassedOn(t *testing.T) {
	no := errors.New("table is gone")
	for name, prepare := range map[string]func(sqlmock.Sqlmock){
		"query": func(mock sqlmock.Sqlmock) { mock.ExpectQuery("SELECT").WillReturnError(no) },
		"row": func(mock sqlmock.Sqlmock) {
			rows := sqlmock.NewRows([]string{"id", "sku", "name", "description", "price_cents", "currency", "stock"})
			mock.ExpectQuery("SELECT").WillReturnRows(rows.AddRow(1, "a", "A", "", 1, "EUR", 1).RowError(0, no))
		},
	} {
		t.Run(name, func(t *testing.T) {
			db, mock, _ := sqlmock.New()
			prepare(mock)
			if _, err := (products{db}).list(context.Background()); !errors.Is(err, no) {
				t.Errorf("got %v", err)
			}
		})
	}
}
