package mysql_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/notejam/notejam/platform/mysql"
)

func TestWhatWaitsForTheCommitIsCalledOnceAndOnlyThen(t *testing.T) {
	t.Parallel()
	database, admin := newAccounts(t)
	db := database.Open(t)
	var seen []int
	look := func() { seen = append(seen, balances(t, admin)["a"]) }
	err := db.WithTx(t.Context(), func(ctx context.Context, tx *mysql.Tx) error {
		tx.OnCommit(look)
		tx.OnCommit(look)
		return change("a", 1)(ctx, tx)
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{101, 101}, seen); diff != "" {
		t.Errorf("what the two saw (-want +got):\n%s", diff)
	}
	seen = nil
	failed := errors.New("no")
	err = db.WithTx(t.Context(), func(_ context.Context, tx *mysql.Tx) error {
		tx.OnCommit(look)
		return failed
	})
	if !errors.Is(err, failed) || seen != nil {
		t.Errorf("rolled back with %v, and %v was seen", err, seen)
	}
}
