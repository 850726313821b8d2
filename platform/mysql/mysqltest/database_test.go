package mysqltest_test

import (
	"os"
	"testing"
	"testing/fstest"
	"time"

	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/mysql/mysqltest"
)

var migrations = fstest.MapFS{"0001_create_n.sql": {Data: []byte("CREATE TABLE IF NOT EXISTS n (id INT PRIMARY KEY)")}}

func TestEachTestHasItsOwnMigratedSchema(t *testing.T) {
	t.Parallel()
	first, second := mysqltest.New(t, migrations), mysqltest.New(t, migrations)
	err := write(t.Context(), first.Open(t), "INSERT INTO n VALUES (1)")
	if err != nil {
		t.Fatal(err)
	}
	db := second.Open(t)
	version, err := mysql.SchemaVersion(t.Context(), db)
	if err != nil || version != 1 {
		t.Errorf("version %d, %v", version, err)
	}
	var n int
	err = db.QueryRow(t.Context(), "SELECT COUNT(*) FROM n").Scan(&n)
	if err != nil || n != 0 {
		t.Errorf("it holds %d rows, %v", n, err)
	}
}

func TestTheCodeUnderTestMayNotChangeTables(t *testing.T) {
	t.Parallel()
	database := mysqltest.New(t, migrations)
	err := write(t.Context(), database.Open(t), "DROP TABLE n")
	if err == nil {
		t.Error("it did")
	}
	_, err = database.OpenAdmin(t).ExecContext(t.Context(), "DROP TABLE n")
	if err != nil {
		t.Errorf("the administrator: %v", err)
	}
}

func TestTheSchemaEndsWithItsTest(t *testing.T) {
	t.Parallel()
	var gone string
	t.Run("a test", func(t *testing.T) {
		gone = mysqltest.New(t, migrations).Config.Database
	})
	var left int
	err := mysqltest.New(t, nil).OpenAdmin(t).QueryRowContext(t.Context(),
		"SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = ?", gone).Scan(&left)
	if err != nil || left != 0 {
		t.Errorf("%d left, %v", left, err)
	}
}

// The limit is for the private server: one that is given may sync each table to its disk.
func TestASchemaIsMadeQuickly(t *testing.T) {
	mysqltest.New(t, nil) // the first one starts the server
	begin := time.Now()
	const rounds = 5
	for range rounds {
		mysqltest.New(t, migrations)
	}
	each := time.Since(begin) / rounds
	if os.Getenv("NOTEJAM_TEST_MYSQL_ADDR") == "" && each > 300*time.Millisecond {
		t.Errorf("each took %v", each)
	}
	t.Logf("each took %v", each)
}
