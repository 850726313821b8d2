package audit

import (
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/mysql/mysqltest"
	"gitlab.com/notejam/notejam/platform/service"
)

func TestProgram_NamesEveryMistakeInItsSettingsAtOnce(t *testing.T) {
	err := service.Run(t.Context(), Program(), env.Map(map[string]string{
		"AUDIT_DEBUG_ADDR": "127.0.0.1:0", "AUDIT_GRPC_ADDR": "nowhere", "AUDIT_QUEUE_VISIBILITY": "1h",
	}), service.Options{LogOutput: io.Discard})
	var mistakes env.Mistakes
	if !errors.As(err, &mistakes) {
		t.Fatalf("got %v", err)
	}
	for _, name := range []string{
		"AUDIT_GRPC_ADDR", "AUDIT_AUTH_TARGET", "AUDIT_TLS_CA", "AUDIT_TLS_CERT", "AUDIT_TLS_KEY", "AUDIT_MYSQL_PASSWORD",
		"AUDIT_QUEUE_URL", "AUDIT_QUEUE_VISIBILITY", "AUDIT_PAGE_TOKEN_KEY",
	} {
		if !slices.ContainsFunc(mistakes, func(m string) bool { return strings.HasPrefix(m, name+" ") }) {
			t.Errorf("%s is not named in %v", name, err)
		}
	}
}

func TestProgram_RefusesAKeyThatCouldBeGuessed(t *testing.T) {
	s := newSystem(t)
	s.settings["AUDIT_GRPC_ADDR"], s.settings["AUDIT_PAGE_TOKEN_KEY"] = "127.0.0.1:0", "short"
	err := service.Run(t.Context(), Program(), env.Map(s.settings), service.Options{LogOutput: s.log})
	if err == nil || !strings.Contains(err.Error(), "AUDIT_PAGE_TOKEN_KEY") || strings.Contains(err.Error(), "short") {
		t.Errorf("got %v", err)
	}
}

func TestProgram_RefusesAKeyOfCheckpointsThatIsNone(t *testing.T) {
	s := newSystem(t)
	s.settings["AUDIT_GRPC_ADDR"], s.settings["AUDIT_CHECKPOINT_KEY"] = "127.0.0.1:0", "short"
	err := service.Run(t.Context(), Program(), env.Map(s.settings), service.Options{LogOutput: s.log})
	if err == nil || !strings.Contains(err.Error(), "AUDIT_CHECKPOINT_KEY") || strings.Contains(err.Error(), "short") {
		t.Errorf("got %v", err)
	}
}

func TestMigrate_MakesTheSchemaAndIsHarmlessTwice(t *testing.T) {
	s := newSystem(t)
	empty := mysqltest.New(t, nil)
	s.settings["AUDIT_MYSQL_DB"] = empty.Config.Database
	err := service.RunCommand(t.Context(), Program(), "migrate", nil, env.Map(s.settings), s.log)
	if err == nil {
		t.Error("the service's own user may change tables")
	}
	// A migrator as it should be, with rights on its own schema; the schemas of tests begin so, and so do their users.
	migrator := empty.Config.Database
	for _, statement := range []string{
		"CREATE USER `" + migrator + "`@'%' IDENTIFIED BY 'a password'",
		"GRANT ALL ON `" + empty.Config.Database + "`.* TO `" + migrator + "`@'%' WITH GRANT OPTION",
	} {
		_, err = s.admin.ExecContext(t.Context(), statement)
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		_, err := s.admin.ExecContext(context.Background(), "DROP USER `"+migrator+"`@'%'")
		if err != nil {
			t.Error(err)
		}
	})
	own := s.schema.Config // which has no right to this schema yet
	settings := maps.Clone(s.settings)
	settings["AUDIT_MYSQL_USER"], settings["AUDIT_MYSQL_PASSWORD"], settings["AUDIT_MYSQL_GRANT_TO"] = migrator, "a password", own.User
	for range 2 {
		err = service.RunCommand(t.Context(), Program(), "migrate", nil, env.Map(settings), s.log)
		if err != nil {
			t.Fatal(err)
		}
	}
	empty.Config.User, empty.Config.Password = own.User, own.Password
	db := empty.Open(t)
	err = NewStore(db).Check(t.Context())
	if err != nil {
		t.Error(err)
	}
	_, err = db.ExecAutocommit(t.Context(), "DELETE FROM events")
	if err == nil || !strings.Contains(err.Error(), "Error 1142") {
		t.Errorf("the service's user can delete events: %v", err)
	}
}
