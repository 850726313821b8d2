package audit

import "gitlab.com/notejam/notejam/platform/mysql"

// grants are what the service's database user may do. It can add to what is
// recorded and read it, and neither change it nor take it away.
var grants = []mysql.Grant{
	{Rights: "SELECT, INSERT", Table: "events"},
	{Rights: "SELECT, INSERT", Table: "chain"},
	{Rights: "SELECT, INSERT", Table: "checkpoints"},
	{Rights: "SELECT, INSERT, UPDATE", Table: "heads"},
	{Rights: "SELECT, INSERT, UPDATE (replayed_at)", Table: "quarantine"},
	{Rights: "SELECT", Table: "schema_migrations"},
}
