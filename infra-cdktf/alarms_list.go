package main

// on is what alarms and the dashboard look at, by the names that CloudWatch knows it by.
type on struct{ Balancer, Target string }

func (s *stack) balancerMetric(at on, name, stat string) metric {
	return metric{"AWS/ApplicationELB", name, stat, map[string]string{"LoadBalancer": at.Balancer}}
}

func (s *stack) targetMetric(at on, name, stat string) metric {
	return metric{"AWS/ApplicationELB", name, stat, map[string]string{"LoadBalancer": at.Balancer, "TargetGroup": at.Target}}
}

func (s *stack) taskMetric(service, name, stat string) metric {
	return metric{"AWS/ECS", name, stat, map[string]string{"ClusterName": "notejam-" + s.Env.Name, "ServiceName": service}}
}

func (s *stack) databaseMetric(name, stat string) metric {
	return metric{"AWS/RDS", name, stat, map[string]string{"DBClusterIdentifier": "notejam-" + s.Env.Name}}
}

func (s *stack) queueMetric(queue, name, stat string) metric {
	return metric{"AWS/SQS", name, stat, map[string]string{"QueueName": s.name(queue)}}
}

func (s *stack) loggedMetric(service, name string) metric {
	return metric{s.loggedNamespace(), service + name, "Sum", nil}
}

// alarmList is every alarm with what it means for a person.
func (s *stack) alarmList(at on) []alarm {
	requests := s.balancerMetric(at, "RequestCount", "Sum")
	alarms := []alarm{
		{
			Name: "site-errors", Means: "More than 1 % of requests fail. Look at web's log, then at the services that it names.",
			Of: s.balancerMetric(at, "HTTPCode_Target_5XX_Count", "Sum"), Ratio: &requests, Above: 1, For: 5, Within: 5,
		},
		{
			Name: "site-slow", Means: "One page in a hundred takes more than 1.5 s.",
			Of: s.balancerMetric(at, "TargetResponseTime", "p99"), Above: 1.5, For: 3, Within: 5,
		},
		{
			Name: "site-unhealthy", Means: "A task of web is not ready.", Always: true,
			Of: s.targetMetric(at, "UnHealthyHostCount", "Maximum"), Above: 0, For: 3, Within: 5,
		},
		{
			Name: "site-empty", Means: "Fewer tasks of web are ready than there must be.", Missing: "breaching",
			Of: s.targetMetric(at, "HealthyHostCount", "Minimum"), Below: float64(s.Env.Tasks["web"].Min), For: 3, Within: 3,
		},
		{
			Name: "balancer-errors", Means: "The load balancer itself answers with errors: it reaches no task of web.", Always: true,
			Of: s.balancerMetric(at, "HTTPCode_ELB_5XX_Count", "Sum"), Above: 4, For: 5, Within: 5,
		},
		{
			Name: "balancer-rejects", Means: "The load balancer has too many connections.",
			Of: s.balancerMetric(at, "RejectedConnectionCount", "Sum"), Above: 0, For: 1, Within: 5,
		},
		{
			Name: "events-old", Means: "Events wait for audit: people's Activity lags. See the runbook.", Always: true,
			Of: s.queueMetric("events", "ApproximateAgeOfOldestMessage", "Maximum"), Above: 120, For: 5, Within: 5,
		},
		{
			Name: "events-dead", Means: "audit failed to record an event ten times. See \"The dead-letter queue is not empty\" in the runbook.", Always: true,
			Of: s.queueMetric("events-dead", "ApproximateNumberOfMessagesVisible", "Maximum"), Above: 0, For: 1, Within: 1,
		},
		{
			Name: "database-full-capacity", Means: "The database has had nearly all the capacity that it may for a quarter of an hour. Look at slow queries, or raise it.", Missing: "missing",
			Of: s.databaseMetric("ServerlessDatabaseCapacity", "Average"), Above: 0.9 * s.Env.Database.Max, For: 15, Within: 15,
		},
		{
			Name: "database-cpu", Means: "The database computes without a pause.", Missing: "missing",
			Of: s.databaseMetric("CPUUtilization", "Average"), Above: 85, For: 10, Within: 10,
		},
		{
			Name: "database-connections", Means: "Four fifths of the database's connections are open.", Missing: "missing",
			Of: s.databaseMetric("DatabaseConnections", "Maximum"), Above: 0.8 * float64(s.Env.Database.MaxConnections), For: 5, Within: 5,
		},
		{
			Name: "database-deadlocks", Means: "Transactions block each other more than once a minute.", Missing: "missing",
			Of: s.databaseMetric("Deadlocks", "Average"), Above: 1.0 / 60, For: 5, Within: 10,
		},
		{
			Name: "certificate-old", Means: "The site's certificate was not renewed: its validation record must be in the zone.",
			Of: metric{"AWS/CertificateManager", "DaysToExpiry", "Minimum", map[string]string{"CertificateArn": "${aws_acm_certificate.certificate.arn}"}}, Below: 21, For: 1, Within: 1, Period: day,
		},
	}
	if s.Env.Database.Instances > 1 {
		alarms = append(alarms, alarm{
			Name: "database-lag", Means: "The reader is more than a second behind: a failover would take longer.", Missing: "missing",
			Of: s.databaseMetric("AuroraReplicaLagMaximum", "Maximum"), Above: 1000, For: 5, Within: 5,
		})
	}
	for _, program := range Programs() {
		alarms = append(alarms, s.serviceAlarms(program)...)
	}
	return alarms
}

func (s *stack) serviceAlarms(p Program) []alarm {
	alarms := []alarm{
		{
			Name: p.Name + "-cpu", Means: p.Name + " computes without a pause, and has no more tasks to start.", Missing: "missing",
			Of: s.taskMetric(p.Name, "CPUUtilization", "Average"), Above: 85, For: 10, Within: 10,
		},
		{
			Name: p.Name + "-memory", Means: p.Name + " is about to be killed for its memory.", Missing: "missing", Always: true,
			Of: s.taskMetric(p.Name, "MemoryUtilization", "Maximum"), Above: 85, For: 5, Within: 5,
		},
		{
			Name: p.Name + "-panic", Means: p.Name + " met a bug that it did not expect. Its log has the stack.", Always: true,
			Of: s.loggedMetric(p.Name, "Panics"), Above: 0, For: 1, Within: 1,
		},
		{
			Name: p.Name + "-errors", Means: p.Name + " logs errors, more than ten in five minutes each.",
			Of: s.loggedMetric(p.Name, "Errors"), Above: 10, For: 5, Within: 5,
		},
		{
			Name: p.Name + "-chatty", Means: p.Name + " logs so much that it costs.", Always: true,
			Of: metric{"AWS/Logs", "IncomingBytes", "Sum", map[string]string{"LogGroupName": s.path(p.Name)}}, Above: 5e6, For: 30, Within: 60,
		},
	}
	if p.Sends {
		alarms = append(alarms, alarm{
			Name: p.Name + "-parked", Means: "The queue refuses an event of " + p.Name + " for good. See \"Events are parked\" in the runbook.", Always: true,
			Of: s.loggedMetric(p.Name, "Parked"), Above: 0, For: 1, Within: 1,
		}, alarm{
			Name: p.Name + "-held", Means: "The queue takes no events of " + p.Name + ". See \"The outbox is old\" in the runbook.",
			Of: s.loggedMetric(p.Name, "Held"), Above: 0, For: 1, Within: 1,
		})
	}
	if p.Receives {
		alarms = append(alarms, alarm{
			Name: p.Name + "-unsigned", Means: "The trail is not signed. See \"Nothing is signed\" in the runbook.",
			Of: s.loggedMetric(p.Name, "Unsigned"), Above: 0, For: 1, Within: 1,
		})
	}
	return alarms
}

// watch is which alarms, of those that there are, take a deployment of a service back.
func watch(names map[string]*string) map[string][]*string {
	watched := map[string][]*string{}
	for service, alarms := range map[string][]string{
		"auth":  {"auth-errors", "auth-panic"},
		"notes": {"notes-errors", "notes-panic"},
		"audit": {"events-old", "audit-panic"},
		"web":   {"site-errors", "site-slow", "site-unhealthy"},
	} {
		for _, alarm := range alarms {
			if names[alarm] != nil {
				watched[service] = append(watched[service], names[alarm])
			}
		}
	}
	return watched
}
