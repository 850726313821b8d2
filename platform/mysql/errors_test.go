package mysql_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	mysqldriver "github.com/go-sql-driver/mysql"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/mysql"
)

func TestEachErrorNumberHasItsKind(t *testing.T) {
	t.Parallel()
	for kind, numbers := range map[fault.Kind][]uint16{
		fault.Aborted:     {1205, 1213, 3572},
		fault.Timeout:     {1969, 3024},
		fault.Unavailable: {1021, 1040, 1053, 1114, 1203, 1226, 1290, 1317, 1792, 1836, 1927, 3169, 4031},
		fault.Internal:    {1048, 1062, 1064, 1146, 1366, 1406, 1452, 1586},
	} {
		for _, number := range numbers {
			cause := &mysqldriver.MySQLError{Number: number, Message: "said the server"}
			err := mysql.Translate(fmt.Errorf("insert note: %w", cause))
			_, isFault := fault.As(err)
			if fault.KindOf(err) != kind || isFault != (kind != fault.Internal) {
				t.Errorf("%d: got %v", number, err)
			}
			if !errors.Is(err, cause) || !strings.Contains(err.Error(), "insert note") {
				t.Errorf("%d: the cause is lost in %v", number, err)
			}
		}
	}
}

func TestALostConnectionIsUnavailable(t *testing.T) {
	t.Parallel()
	for _, cause := range []error{
		driver.ErrBadConn, mysqldriver.ErrInvalidConn, mysqldriver.ErrMalformPkt, mysqldriver.ErrPktSync,
		&net.OpError{Op: "dial", Err: errors.New("connection refused")},
	} {
		if got := fault.KindOf(mysql.Translate(fmt.Errorf("list notes: %w", cause))); got != fault.Unavailable {
			t.Errorf("%v: got kind %d", cause, got)
		}
	}
}

func TestWhatIsNoTroubleOfTheDatabaseStaysWhatItIs(t *testing.T) {
	t.Parallel()
	for _, err := range []error{
		nil, sql.ErrNoRows, context.Canceled, context.DeadlineExceeded, errors.New("plain"),
		fault.New(fault.NotFound, "NOTE_NOT_FOUND", "There is no such note.").With(mysqldriver.ErrInvalidConn),
	} {
		got := mysql.Translate(err)
		if got != err { //nolint:errorlint // the very same one
			t.Errorf("%v became %v", err, got)
		}
	}
}

func TestErrorsAreKnownByNumber(t *testing.T) {
	t.Parallel()
	for name, story := range map[string]struct {
		is      func(error) bool
		numbers []uint16
	}{
		"IsDuplicate": {mysql.IsDuplicate, []uint16{1062, 1586}},
		"IsDeadlock":  {mysql.IsDeadlock, []uint16{1213}},
		"IsLockWait":  {mysql.IsLockWait, []uint16{1205, 3572}},
	} {
		for _, number := range story.numbers {
			if !story.is(fmt.Errorf("wrapped: %w", &mysqldriver.MySQLError{Number: number})) {
				t.Errorf("%s does not know %d", name, number)
			}
		}
		if story.is(nil) || story.is(errors.New("Error 1062")) || story.is(&mysqldriver.MySQLError{Number: 1064}) {
			t.Errorf("%s knows what it should not", name)
		}
	}
}

func TestErrorsRepeatNothingThatPeopleEntered(t *testing.T) {
	t.Parallel()
	database, _ := newAccounts(t)
	db := database.Open(t)
	const secret = "ann' for key 'x' for column 'y'@example.com"
	add := func(name, balance, email any) error {
		return db.WithTx(t.Context(), func(ctx context.Context, tx *mysql.Tx) error {
			_, err := tx.Exec(ctx, "INSERT INTO accounts (name, balance, email) VALUES (?, ?, ?)", name, balance, email)
			return err
		})
	}
	err := add("c", 1, secret)
	if err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{
		"duplicate":           add("d", 1, secret),
		"no number":           add("e", secret, nil),
		"number and text":     add("e", "12"+secret, nil),
		"bytes that are none": add("f", 1, "ann\xff"+secret),
		"too long":            add("g", 1, strings.Repeat(secret, 10)),
	} {
		if err == nil || strings.Contains(err.Error(), "ann") || strings.Contains(err.Error(), "example") {
			t.Errorf("%s: %v", what, err)
		}
	}
	err = add("d", 1, secret)
	if !mysql.IsDuplicate(err) || !strings.Contains(err.Error(), "by_email") {
		t.Errorf("the key is not named: %v", err)
	}
}
