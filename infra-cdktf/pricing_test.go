package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// price is what AWS takes for one unit, in dollars: us-east-1 list prices as known in 2025. Nobody looked them up for an account.
type price struct {
	Unit    string
	Dollars float64
}

var prices = map[string]price{
	"fargate-cpu":      {"vCPU-hour, ARM", 0.03238},
	"fargate-memory":   {"GB-hour, ARM", 0.00356},
	"spot":             {"share of on-demand that Fargate Spot costs", 0.3},
	"balancer":         {"load balancer-hour", 0.0225},
	"address":          {"public IPv4-hour", 0.005},
	"nat":              {"NAT gateway-hour", 0.045},
	"endpoint":         {"interface endpoint-hour in one zone", 0.01},
	"acu":              {"Aurora capacity unit-hour", 0.12},
	"database-storage": {"GB-month", 0.10},
	"database-backup":  {"GB-month beyond the first day", 0.021},
	"key":              {"KMS key-month", 1},
	"secret":           {"Secrets Manager secret-month", 0.40},
	"alarm":            {"metric watched-month", 0.10},
	"composite":        {"composite alarm-month", 0.50},
	"dashboard":        {"dashboard-month, as if an account's three free ones were used up", 3},
	"metric":           {"custom metric-month", 0.30},
	"insight":          {"metric-month of enhanced Container Insights", 0.07},
	"logs":             {"GB taken in", 0.50},
	"firewall":         {"web ACL-month", 5},
	"firewall-rule":    {"rule-month", 1},
	"zone":             {"hosted zone-month", 0.50},
	"bucket":           {"GB-month", 0.023},
}

// What an environment that nobody uses is taken to do. No synthesised number says it.
const (
	hoursOfMonth   = 730.0
	weeksOfMonth   = hoursOfMonth / 24 / 7
	restingACU     = 0.5  // what a database that is awake, and may pause, has at least
	databaseGB     = 10.0 // stored
	changedDaily   = 0.5  // GB of backups for each day kept beyond the first
	logsOfTask     = 0.25 // GB a month that a running task writes, mostly health checks
	flowsRejected  = 1.0  // GB a month of flow logs, of what was refused
	flowsAll       = 10.0 // and of everything
	artifactsGB    = 10.0 // in each bucket
	insightCluster = 8.0  // metrics of Container Insights, for a cluster
	insightService = 11.0 // for a service
	insightTask    = 30.0 // for a task and its container, only of the enhanced ones
)

// entry is one line of an environment's bill.
type entry struct {
	Item    string
	Dollars float64
}

// bill prices what was written for an environment, running its fewest tasks, with nobody there.
func bill(m module) []entry {
	on := hoursOn(m)
	cpu, memory, tasks := 0.0, 0.0, 0.0
	for name, service := range m.all("aws_ecs_service") {
		definition := m.one("aws_ecs_task_definition", target(service["task_definition"]))
		fewest := amount(m.one("aws_appautoscaling_target", "scale-"+name)["min_capacity"])
		share := 1.0
		if word(each(service["capacity_provider_strategy"])[0]["capacity_provider"]) == "FARGATE_SPOT" {
			share = prices["spot"].Dollars
		}
		cpu += fewest * share * float64(atoi(definition["cpu"])) / 1024
		memory += fewest * share * float64(atoi(definition["memory"])) / 1024
		tasks += fewest
	}
	count := func(kind string) float64 { return float64(len(m.all(kind))) }
	of := func(name string, quantity float64) float64 { return prices[name].Dollars * quantity }

	return []entry{
		{"Fargate tasks", of("fargate-cpu", cpu*on) + of("fargate-memory", memory*on)},
		{"Load balancer and its addresses", balancers(m)},
		{"NAT gateways and their addresses", of("nat", count("aws_nat_gateway")*hoursOfMonth) + of("address", count("aws_eip")*hoursOfMonth)},
		{"Interface endpoints", of("endpoint", endpointZones(m)*hoursOfMonth)},
		{"Database capacity", databases(m, on)},
		{"Database storage and backups", storage(m)},
		{"Keys and secrets", of("key", count("aws_kms_key")) + of("secret", count("aws_rds_cluster"))},
		{"Alarms", of("alarm", watched(m)) + of("composite", count("aws_cloudwatch_composite_alarm"))},
		{"Dashboard", of("dashboard", count("aws_cloudwatch_dashboard"))},
		{"Metrics made from logs", of("metric", count("aws_cloudwatch_log_metric_filter")*on/hoursOfMonth)},
		{"Container Insights", insights(m, tasks, on/hoursOfMonth)},
		{"Logs", of("logs", tasks*logsOfTask*on/hoursOfMonth+flows(m))},
		{"Firewall", of("firewall", count("aws_wafv2_web_acl")) + of("firewall-rule", rules(m))},
		{"Names, buckets", of("zone", count("aws_service_discovery_private_dns_namespace")) + of("bucket", artifactsGB*count("aws_s3_bucket"))},
	}
}

func balancers(m module) float64 {
	sum := 0.0
	for _, balancer := range m.all("aws_lb") {
		addresses := float64(len(words(balancer["subnets"])))
		sum += hoursOfMonth * (prices["balancer"].Dollars + prices["address"].Dollars*addresses)
	}
	return sum
}

func endpointZones(m module) float64 {
	zones := 0
	for _, endpoint := range m.all("aws_vpc_endpoint") {
		if word(endpoint["vpc_endpoint_type"]) == "Interface" {
			zones += len(words(endpoint["subnet_ids"]))
		}
	}
	return float64(zones)
}

// databases has one that may pause asleep whenever its tasks are: they hold connections while they run.
func databases(m module, on float64) float64 {
	least := amount(at(m.one("aws_rds_cluster", "database"), "serverlessv2_scaling_configuration")["min_capacity"])
	hours := hoursOfMonth
	if least == 0 {
		least, hours = restingACU, on
	}
	return prices["acu"].Dollars * least * hours * float64(len(m.all("aws_rds_cluster_instance")))
}

func storage(m module) float64 {
	sum := 0.0
	for _, cluster := range m.all("aws_rds_cluster") {
		days := amount(cluster["backup_retention_period"])
		sum += prices["database-storage"].Dollars*databaseGB + prices["database-backup"].Dollars*changedDaily*(days-1)
	}
	for _, plan := range m.all("aws_backup_plan") {
		for _, rule := range each(plan["rule"]) { // a month's is a whole copy
			months := amount(at(rule, "lifecycle")["delete_after"]) / 30
			sum += prices["database-backup"].Dollars * databaseGB * months
		}
	}
	return sum
}

// watched is how many metrics alarms look at.
func watched(m module) float64 {
	metrics := 0
	for _, alarm := range m.all("aws_cloudwatch_metric_alarm") {
		queried := 0
		for _, query := range each(alarm["metric_query"]) {
			if query["metric"] != nil {
				queried++
			}
		}
		metrics += max(1, queried)
	}
	for _, policy := range m.all("aws_appautoscaling_policy") {
		if word(policy["policy_type"]) == "TargetTrackingScaling" {
			metrics += 2 // AWS makes an alarm for each direction
		}
	}
	return float64(metrics)
}

func insights(m module, tasks, share float64) float64 {
	metrics := insightCluster + insightService*float64(len(m.all("aws_ecs_service")))
	switch word(at(m.one("aws_ecs_cluster", "cluster"), "setting")["value"]) {
	case "enabled":
		return prices["metric"].Dollars * metrics * share
	case "enhanced":
		return prices["insight"].Dollars * (metrics + insightTask*tasks) * share
	}
	return 0
}

func flows(m module) float64 {
	gigabytes := 0.0
	for _, flow := range m.all("aws_flow_log") {
		if word(flow["traffic_type"]) == "ALL" {
			gigabytes += flowsAll
		} else {
			gigabytes += flowsRejected
		}
	}
	return gigabytes
}

func rules(m module) float64 {
	sum := 0
	for _, acl := range m.all("aws_wafv2_web_acl") {
		sum += len(each(acl["rule"]))
	}
	return float64(sum)
}

var hourOf = regexp.MustCompile(`^cron\(\d+ (\d+) `)

// hoursOn is for how long in a month tasks run: all of it, or from waking to sleeping on workdays.
func hoursOn(m module) float64 {
	sleep := m.one("aws_appautoscaling_scheduled_action", "sleep-web")
	wake := m.one("aws_appautoscaling_scheduled_action", "wake-web")
	if len(sleep) == 0 || len(wake) == 0 {
		return hoursOfMonth
	}
	days := 7.0
	if strings.Contains(word(wake["schedule"]), "MON-FRI") {
		days = 5
	}
	return (hourIn(sleep) - hourIn(wake)) * days * weeksOfMonth
}

func hourIn(action block) float64 {
	match := hourOf.FindStringSubmatch(word(action["schedule"]))
	if match == nil {
		panic(fmt.Sprintf("no hour is in %v", action["schedule"]))
	}
	hour, err := strconv.ParseFloat(match[1], 64)
	if err != nil {
		panic(err) // it was digits before
	}
	return hour
}

// amount is a number, which JSON may have as text.
func amount(v any) float64 {
	switch v := v.(type) {
	case float64:
		return v
	case json.Number:
		n, _ := v.Float64()
		return n
	case string:
		n, _ := strconv.ParseFloat(v, 64)
		return n
	}
	return 0
}
