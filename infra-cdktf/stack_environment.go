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
	database := s.database(network, groups)
	queues := s.queues()
	s.secretParameters(s.made.App)
	s.taskLogs()
	tasks := s.tasks(places{
		DatabaseAddr: *database.Endpoint() + ":" + strconv.Itoa(mysqlPort),
		QueueURL:     *queues.Events.Url(),
		DeadQueueURL: *queues.Dead.Url(),
	}, s.rights(s.made.App))
	services := s.services(around{
		Network: network, Groups: groups, Cluster: s.cluster(network), Tasks: tasks, Edge: edge,
	})
	s.scaling(services, strf("%s/%s", *edge.Balancer.ArnSuffix(), *edge.Target.ArnSuffix()))
}
