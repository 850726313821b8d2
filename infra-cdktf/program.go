package main

// Program is what infrastructure must know of a service. The services' own code says it: ports and settings stand in
// docs/configuration.md, which is made from it and which configuration_test.go holds this table to.
type Program struct {
	Name string
	// Database: it has a schema and a user there, and a migrate command.
	Database bool
	// Pools that it opens besides the one that its MAX_OPEN sets, as connections in use.
	OtherPool int
	// Sends, Receives: what it does with the queue of events.
	Sends, Receives bool
	// Mail: it talks to the mail server.
	Mail bool
	// Secrets are parameters under /notejam/ENVIRONMENT/SERVICE/, by the setting that each is given as.
	Secrets map[string]string
}

// The ports, as docs/configuration.md has them.
const (
	webPort   = 8000
	grpcPort  = 9090
	mysqlPort = 3306
	smtpPort  = 587
	httpsPort = 443
	httpPort  = 80
)

// Programs are the four services.
func Programs() []Program {
	return []Program{
		{
			Name: "auth", Database: true, OtherPool: 4, Sends: true, Mail: true,
			Secrets: map[string]string{
				"AUTH_MYSQL_PASSWORD": "db-password",
				"AUTH_SEALING_KEY":    "sealing-key",
				"AUTH_SMTP_USER":      "smtp-user",
				"AUTH_SMTP_PASSWORD":  "smtp-password",
				"AUTH_TLS_CERT":       "tls-cert",
				"AUTH_TLS_KEY":        "tls-key",
			},
		},
		{
			Name: "notes", Database: true, OtherPool: 4, Sends: true,
			Secrets: map[string]string{
				"NOTES_MYSQL_PASSWORD": "db-password",
				"NOTES_PAGE_TOKEN_KEY": "page-token-key",
				"NOTES_TLS_CERT":       "tls-cert",
				"NOTES_TLS_KEY":        "tls-key",
			},
		},
		{
			Name: "audit", Database: true, Receives: true,
			Secrets: map[string]string{
				"AUDIT_MYSQL_PASSWORD": "db-password",
				"AUDIT_PAGE_TOKEN_KEY": "page-token-key",
				"AUDIT_CHECKPOINT_KEY": "checkpoint-key",
				"AUDIT_TLS_CERT":       "tls-cert",
				"AUDIT_TLS_KEY":        "tls-key",
			},
		},
		{
			Name: "web",
			Secrets: map[string]string{
				"WEB_FORM_KEY": "form-key",
				"WEB_TLS_CERT": "tls-cert",
				"WEB_TLS_KEY":  "tls-key",
			},
		},
	}
}

// connections is how many one process may have open: each pool's idle connections, apart for transactions and for
// single statements, may be twice those in use.
func (p Program) connections(tasks Tasks) int {
	if !p.Database {
		return 0
	}
	return 2 * (tasks.MaxOpen + p.OtherPool)
}
