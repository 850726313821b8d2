package local

import (
	"context"
	"fmt"
	"strings"

	"gitlab.com/notejam/notejam/local/setup"
	"gitlab.com/notejam/notejam/platform/pki"
)

// The queues that the services share. maxReceive is 10 as on AWS: crashes
// alone must not fill the dead-letter queue.
const (
	eventQueue      = "notejam-events"
	deadLetterQueue = "notejam-events-dead"
	maxReceive      = 10
)

// makeSettings writes the environment of each service: the one place where it
// is known who listens where.
func (s *Stack) makeSettings(ctx context.Context) (map[string]map[string]string, error) {
	ca, err := pki.NewCA(s.folder.path("tls"))
	if err != nil {
		return nil, fmt.Errorf("make the certificate authority: %w", err)
	}
	ports, err := freePorts(ctx, 7)
	if err != nil {
		return nil, err
	}
	grpcAddr := map[string]string{"auth": ports[0], "notes": ports[1], "audit": ports[2]}
	debugAddr := map[string]string{"auth": ports[3], "notes": ports[4], "audit": ports[5], "web": ports[6]}

	err = s.makeAccounts(ctx)
	if err != nil {
		return nil, err
	}
	all := map[string]map[string]string{}
	for name, debug := range debugAddr {
		files, err := ca.Issue(name)
		if err != nil {
			return nil, fmt.Errorf("issue a certificate: %w", err)
		}
		all[name] = prefixed(name, map[string]string{
			"DEBUG_ADDR":  debug,
			"DRAIN_DELAY": "0s", // nobody balances load here
			"TLS_CA":      files.CA,
			"TLS_CERT":    files.Cert,
			"TLS_KEY":     files.Key,
		})
	}
	for name, addr := range grpcAddr {
		database, err := s.database(name)
		if err != nil {
			return nil, err
		}
		add(all[name], name, database)
		add(all[name], name, map[string]string{
			"GRPC_ADDR":       addr,
			"GRPC_REFLECTION": "true", // for who tries a call by hand
			"QUEUE_URL":       s.Queue.URL(eventQueue),
			"QUEUE_ENDPOINT":  s.Queue.Endpoint(),
		})
	}
	target := func(name string) string { return "dns:///" + grpcAddr[name] }
	for _, name := range []string{"notes", "audit"} {
		add(all[name], name, map[string]string{"AUTH_TARGET": target("auth")})
	}
	for _, name := range []string{"auth", "notes"} {
		add(all[name], name, map[string]string{"AUDIT_TARGET": target("audit")})
	}
	add(all["web"], "web", map[string]string{
		"ADDR":         s.Addr,
		"PUBLIC_URL":   s.URL(),
		"AUTH_TARGET":  target("auth"),
		"NOTES_TARGET": target("notes"),
		"AUDIT_TARGET": target("audit"),
	})
	add(all["auth"], "auth", map[string]string{
		"PUBLIC_URL": s.URL(),
		"MAIL_FROM":  "Notejam <notejam@localhost>",
		"MAIL_DIR":   s.MailDir(),
	})
	add(all["audit"], "audit", map[string]string{
		"QUEUE_DLQ_URL":    s.Queue.URL(deadLetterQueue),
		"CHECKPOINT_EVERY": "1m", // a person looks on
	})
	if s.options.Fast {
		// Tests sign hundreds of people up: their passwords need not resist anybody. They kill relays, and do not wait a minute for each.
		add(all["auth"], "auth", map[string]string{"HASH_MEMORY_KIB": "8", "HASH_PASSES": "1", "OUTBOX_LEASE": "3s"})
		add(all["notes"], "notes", map[string]string{"OUTBOX_LEASE": "3s"})
	}
	for service, names := range setup.Settings {
		for _, name := range names {
			value, err := s.folder.secret(service + "-" + setup.FileName(name))
			if err != nil {
				return nil, err
			}
			add(all[service], service, map[string]string{name: value})
		}
	}
	for service, values := range s.options.Settings {
		add(all[service], service, values)
	}
	return all, nil
}

func prefixed(service string, values map[string]string) map[string]string {
	into := map[string]string{}
	add(into, service, values)
	return into
}

func add(into map[string]string, service string, values map[string]string) {
	for name, value := range values {
		into[strings.ToUpper(service)+"_"+name] = value
	}
}
