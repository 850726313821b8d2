package mysql_test

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"gitlab.com/notejam/notejam/platform/mysql"
)

// recorded runs work as part of a recorded request, and gives the spans that this made, as lines.
func recorded(t *testing.T, work func(ctx context.Context)) []string {
	t.Helper()
	spans := tracetest.NewInMemoryExporter()
	ctx, root := sdk.NewTracerProvider(sdk.WithSyncer(spans)).Tracer("test").Start(t.Context(), "root")
	work(ctx)
	root.End()
	names := map[string]string{}
	for _, span := range spans.GetSpans() {
		names[span.SpanContext.SpanID().String()] = span.Name
	}
	var lines []string
	for _, span := range spans.GetSpans() {
		if span.Name == "root" {
			continue
		}
		line := names[span.Parent.SpanID().String()] + " > " + span.Name
		for _, a := range span.Attributes {
			key, value := string(a.Key), a.Value.String()
			if strings.Contains(value, secretName) {
				t.Errorf("%s tells an argument: %s", span.Name, value)
			}
			if key == "error.type" || key == "db.response.status_code" {
				line += " " + value
			}
		}
		if span.Status.Description != "" {
			t.Errorf("%s has a text: %s", span.Name, span.Status.Description)
		}
		lines = append(lines, line)
	}
	return lines
}

const secretName = "somebody's secret"

func TestATransactionAndItsStatementsArePartOfTheirCallersTrace(t *testing.T) {
	t.Parallel()
	database, _ := newAccounts(t)
	db := database.Open(t)
	got := recorded(t, func(ctx context.Context) {
		err := db.WithTx(ctx, func(ctx context.Context, tx *mysql.Tx) error {
			var balance int
			err := tx.QueryRow(ctx, `
				SELECT balance
				FROM accounts
				WHERE name = ?
				FOR UPDATE`, secretName).Scan(&balance)
			if !errors.Is(err, sql.ErrNoRows) {
				return err
			}
			_, err = tx.Exec(ctx, "INSERT INTO accounts (name, balance) VALUES (?, 1)", secretName)
			return err
		})
		if err != nil {
			t.Error(err)
		}
		err = db.WithTx(ctx, func(ctx context.Context, tx *mysql.Tx) error {
			_, err := tx.Exec(ctx, "INSERT INTO accounts (name, balance) VALUES (?, 1)", secretName)
			return err
		})
		if !mysql.IsDuplicate(err) {
			t.Errorf("a second row: %v", err)
		}
		_, err = db.ExecAutocommit(ctx, "DELETE FROM `accounts` WHERE name = ?", secretName)
		if err != nil {
			t.Error(err)
		}
		var one int
		err = db.QueryRow(ctx, "SELECT 1").Scan(&one)
		if err != nil {
			t.Error(err)
		}
	})
	want := []string{
		"transaction > SELECT accounts",
		"transaction > INSERT accounts",
		"transaction > COMMIT",
		"root > transaction",
		"transaction > INSERT accounts Internal 1062",
		"root > transaction Internal 1062",
		"root > DELETE accounts",
		"root > SELECT",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("spans (-want +got):\n%s", diff)
	}
}

func TestAReplayOfATransactionIsASpanOfItsOwn(t *testing.T) {
	t.Parallel()
	database, _ := newAccounts(t)
	db := database.Open(t)
	got := recorded(t, func(ctx context.Context) {
		oppositeIn(ctx, t, db, func(_ context.Context, _ *mysql.Tx, err error) error { return err })
	})
	ended := map[string]int{}
	for _, line := range got {
		if strings.HasPrefix(line, "root > transaction") {
			ended[strings.TrimPrefix(line, "root > transaction")]++
		}
	}
	if diff := cmp.Diff(map[string]int{"": 2, " Aborted 1213": 1}, ended); diff != "" {
		t.Errorf("transactions by their end (-want +got):\n%s", diff)
	}
}

func TestOutsideATraceNothingIsRecorded(t *testing.T) {
	t.Parallel()
	database, _ := newAccounts(t)
	db := database.Open(t)
	spans := tracetest.NewInMemoryExporter()
	tracer := sdk.NewTracerProvider(sdk.WithSyncer(spans), sdk.WithSampler(sdk.NeverSample()))
	unsampled, span := tracer.Tracer("test").Start(t.Context(), "root")
	for _, ctx := range []context.Context{t.Context(), unsampled} {
		err := db.WithTx(ctx, change("a", 1))
		if err != nil {
			t.Error(err)
		}
	}
	span.End()
	if got := spans.GetSpans(); len(got) > 0 {
		t.Errorf("there are spans: %v", got)
	}
}
