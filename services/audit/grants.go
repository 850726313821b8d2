package audit

// Grants are what the service's database user needs once the schema is migrated,
// each as in GRANT … TO. It can add to what is recorded and read it, and neither
// change it nor take it away.
func Grants(schema string) []string {
	table := func(name string) string { return "`" + schema + "`." + name }
	return []string{
		"SELECT, INSERT ON " + table("*"),
		"UPDATE ON " + table("heads"),
		"UPDATE (replayed_at) ON " + table("quarantine"),
	}
}
