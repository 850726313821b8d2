package main

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// places are addresses that are known once the stack is applied.
type places struct {
	DatabaseAddr, AdminSecret, QueueURL, DeadQueueURL string
}

// setting is the name of one of a service's settings.
func (p Program) setting(name string) string { return strings.ToUpper(p.Name) + "_" + name }

// heapShare is how much of a task's memory, in percent, Go may use before it collects garbage whatever that costs. The rest
// is for what is not its heap: a task that uses more than all is killed.
const heapShare = 80

// settings are the environment variables of a service that hold no secret, as docs/configuration.md names them. Whom it
// calls it learns from the contracts.
func (s *stack) settings(p Program, at places) map[string]string {
	settings := map[string]string{
		p.setting("LOG_LEVEL"): "info",
		"GOMEMLIMIT":           strconv.Itoa(s.Env.Tasks[p.Name].Memory*heapShare/100) + "MiB",
	}
	for _, callee := range callees(s.Calls, p.Name) {
		settings[p.setting(strings.ToUpper(callee)+"_TARGET")] = "dns:///" + s.peer(callee) + ":" + strconv.Itoa(grpcPort)
	}
	if provides(s.Calls, p.Name) {
		settings[p.setting("GRPC_ADDR")] = "0.0.0.0:" + strconv.Itoa(grpcPort)
	}
	if p.Database {
		settings[p.setting("MYSQL_ADDR")] = at.DatabaseAddr
		settings[p.setting("MYSQL_MAX_OPEN")] = strconv.Itoa(s.Env.Tasks[p.Name].MaxOpen)
	}
	if p.Sends || p.Receives {
		settings[p.setting("QUEUE_URL")] = at.QueueURL
		settings[p.setting("QUEUE_REGION")] = s.Account.Region
	}
	if p.Mail {
		settings[p.setting("PUBLIC_URL")] = "https://" + s.Env.Host
		settings[p.setting("MAIL_FROM")] = s.Account.MailFrom
		settings[p.setting("SMTP_ADDR")] = "email-smtp." + s.Account.Region + ".amazonaws.com:" + strconv.Itoa(smtpPort)
	}
	if p.Name == "web" {
		settings["WEB_ADDR"] = "0.0.0.0:" + strconv.Itoa(webPort)
		settings["WEB_PUBLIC_URL"] = "https://" + s.Env.Host
		settings["WEB_TRUSTED_PROXIES"] = "1" // the load balancer
	}
	return settings
}

// migrateSettings are those of the command that migrates a service's schema.
func (s *stack) migrateSettings(p Program, at places) map[string]string {
	settings := map[string]string{
		p.setting("MYSQL_ADDR"): at.DatabaseAddr,
		p.setting("MYSQL_USER"): p.Name + "_migrate",
	}
	if p.Name == "audit" { // which may only add to its trail
		settings["AUDIT_MYSQL_GRANT_TO"] = "audit"
	}
	return settings
}

// secretsOf are a service's settings that come from parameters, with the authorities of its peers.
func (s *stack) secretsOf(p Program) map[string]string {
	secrets := map[string]string{p.setting("TLS_CA"): s.secret(tlsCA)}
	for setting, name := range p.Secrets {
		secrets[setting] = s.secret(p.Name + "/" + name)
	}
	if p.Database {
		secrets[p.setting("MYSQL_CA")] = s.secret(mysqlCA)
	}
	return secrets
}

// peer is the name under which a service's tasks are found.
func (s *stack) peer(service string) string { return service + "." + s.domain() }

// domain is the private zone of the environment's services.
func (s *stack) domain() string { return "notejam-" + s.Env.Name + ".internal" }

// pairs renders settings as ECS wants them, in one order.
func pairs(values map[string]string, value string) array {
	rendered := array{}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		rendered = append(rendered, object{"name": key, value: values[key]})
	}
	return rendered
}
