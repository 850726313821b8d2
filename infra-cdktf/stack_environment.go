package main

import (
	"strconv"

	"github.com/hashicorp/terraform-cdk-go/cdktf"
)

// environment is the stack of one environment, as a parts list.
func environment(app cdktf.App, account Account, env Environment, calls []Call) {
	s := newStack(app, env.Name, account)
	s.Env, s.Calls = env, calls

	s.made = s.keys()
	network := s.network()
	groups := s.groups(network)
	edge := s.edge(network, groups)
	s.firewall(edge.Balancer.Arn())
	database := s.database(network, groups)
	s.vault(database.Arn())
	queues := s.queues()
	s.secretParameters()
	s.taskLogs()
	tasks := s.tasks(places{
		DatabaseAddr: *database.Endpoint() + ":" + strconv.Itoa(mysqlPort),
		AdminSecret:  adminSecret(database),
		QueueURL:     *queues.Events.Url(),
		DeadQueueURL: *queues.Dead.Url(),
	})

	topic := s.topic()
	s.databaseEvents(topic)
	s.events(topic)
	s.budget()
	s.logMetrics()
	seen := on{Balancer: *edge.Balancer.ArnSuffix(), Target: *edge.Target.ArnSuffix()}
	alarms := s.alarms(topic, s.alarmList(seen))
	objective := s.objective(alarms, topic)
	s.dashboard(seen, alarms)

	services := s.services(around{
		Network: network, Groups: groups, Cluster: s.cluster(network), Tasks: tasks, Edge: edge, Watch: watch(alarms),
	})
	s.scaling(services, strf("%s/%s", *edge.Balancer.ArnSuffix(), *edge.Target.ArnSuffix()))

	s.builds(network, groups)
	connection := s.source()
	s.pipeline(connection, topic, objective)
	s.drift(connection, topic)
	s.output("callers", "who may call each service, by the names in certificates", *text(certificates(calls)))
	s.output("site", "where people reach it", "https://"+env.Host)
}
