package notes

import (
	"strings"
	"testing"

	"gitlab.com/notejam/notejam/platform/mysql/mysqltest"
	"gitlab.com/notejam/notejam/platform/service/servicetest"
	"gitlab.com/notejam/notejam/services/notes/migrations"
)

func TestTheOutboxCommandNeedsTheDatabasesSettingsOnly(t *testing.T) {
	t.Parallel()
	db := mysqltest.New(t, migrations.Files)
	settings := map[string]string{
		"NOTES_MYSQL_ADDR":     db.Config.Addr,
		"NOTES_MYSQL_USER":     db.Config.User,
		"NOTES_MYSQL_PASSWORD": db.Config.Password.Reveal(),
		"NOTES_MYSQL_DB":       db.Config.Database,
	}
	for args, want := range map[string]string{"outbox status": "EVENTS", "outbox unpark --all": "Unparked events: 0\n"} {
		result := servicetest.Run(t, Program(), settings, strings.Fields(args)...)
		if result.Code != 0 || !strings.HasPrefix(result.Stdout, want) || result.Stderr != "" {
			t.Errorf("%s: %+v", args, result)
		}
	}
}
