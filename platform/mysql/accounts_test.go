package mysql_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/mysql/mysqltest"
)

const readerFile = `
-- Somebody who reads; and a comment that ends so;
CREATE USER IF NOT EXISTS 'NAME'@'%' IDENTIFIED BY 'password of a/db-password';
ALTER USER 'NAME'@'%' IDENTIFIED BY 'password of a/db-password';
GRANT SELECT
	ON ` + "`NAME`" + `.*
	TO 'NAME'@'%';
`

func TestRunAccountsMakesUsersAgainAndAgainWithThePasswordsThatItIsGiven(t *testing.T) {
	t.Parallel()
	database := mysqltest.New(t, steps(createNotes))
	file := strings.ReplaceAll(readerFile, "NAME", database.Config.Database)
	admin := database.Admin
	admin.Database = ""
	t.Cleanup(func() {
		_, err := database.OpenAdmin(t).ExecContext(context.Background(), "DROP USER '"+database.Config.Database+"'@'%'")
		if err != nil {
			t.Error(err)
		}
	})
	user := database.Config
	user.User = database.Config.Database
	for _, password := range []string{"one", `an'other \`} {
		err := mysql.RunAccounts(t.Context(), admin, file, func(string) (env.Secret, error) { return env.NewSecret(password), nil }, discard)
		if err != nil {
			t.Fatal(err)
		}
		user.Password = env.NewSecret(password)
		db := open(t, user, prometheus.NewRegistry())
		var n int
		err = db.QueryRow(t.Context(), "SELECT COUNT(*) FROM notes").Scan(&n)
		if err != nil {
			t.Error(err)
		}
		_, err = db.ExecAutocommit(t.Context(), "DELETE FROM notes")
		if err == nil {
			t.Error("it may do more than the file says")
		}
	}
	user.Password = env.NewSecret("one")
	err := mysql.Reach(t.Context(), user, discard)
	if !mysql.IsAccessDenied(err) {
		t.Errorf("with the password of before: %v", err)
	}
}

func TestRunAccountsSaysWhichStatementFailedAndNoPassword(t *testing.T) {
	t.Parallel()
	database := mysqltest.New(t, nil)
	admin := database.Admin
	admin.Database = ""
	secret := func(string) (env.Secret, error) { return env.NewSecret("hush' hush"), nil }
	err := mysql.RunAccounts(t.Context(), admin, "CREATE USERS 'x' 'password of a/b';\n", secret, discard)
	if err == nil || !strings.Contains(err.Error(), "CREATE USERS 'x' 'password of a/b': error 1064") || strings.Contains(err.Error(), "hush") {
		t.Errorf("got %v", err)
	}
	missing := func(string) (env.Secret, error) { return env.Secret{}, errors.New("there is no such file") }
	err = mysql.RunAccounts(t.Context(), admin, "CREATE USER 'x'@'%' IDENTIFIED BY 'password of a/b';\n", missing, discard)
	if err == nil || !strings.Contains(err.Error(), "there is no such file") {
		t.Errorf("got %v", err)
	}
}
